import { dashboardData, tick } from '../../contract/dashboard';
import { dashboardQuery } from '../handlers/dashboard/data';
import type { Operation } from './operation';

export const dashboardOperations: readonly Operation[] = [
  {
    method: 'get',
    path: '/v1/dashboard/data',
    tag: 'dashboard',
    summary: 'History of requests, and the server as it is now',
    description:
      'Percentiles are exact, over all requests of their line. Not in the history: health, metrics, the log, files of pages, `GET /v1/jobs` and the dashboard itself.',
    query: dashboardQuery,
    answer: { description: 'All of it.', content: { 'application/json': dashboardData } },
    errors: ['BAD_PARAMS', 'DASHBOARD_UNAUTHORIZED', 'TOO_MANY_ATTEMPTS'],
    curl: '-u admin:PASSWORD "$SERVER/v1/dashboard/data?hours=24"',
  },
  {
    method: 'get',
    path: '/v1/dashboard/events',
    tag: 'dashboard',
    summary: 'The server as it is now, every two seconds',
    description: 'Events `tick` with `{"live", "jobs"}`.',
    answer: {
      description: 'Server-sent events.',
      content: { 'text/event-stream': tick },
    },
    errors: ['DASHBOARD_UNAUTHORIZED', 'TOO_MANY_ATTEMPTS'],
    curl: '-N -u admin:PASSWORD "$SERVER/v1/dashboard/events"',
  },
];
