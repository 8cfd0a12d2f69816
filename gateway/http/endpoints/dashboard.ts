import { z } from 'zod';
import { dashboardData, tick } from '../../contract/dashboard';
import { dashboardQuery } from '../../contract/queries';
import { access } from '../../contract/server';
import { messageOf } from '../../errors';
import { endpoint, type Endpoint } from '../endpoint';
import { openEventStream } from '../handlers/event-stream';
import { fileErrors, sendPage } from '../handlers/pages';

const TICK_MS = 2000;

const operators = { method: 'get', access: 'operators', realm: 'dashboard', tag: 'dashboard' } as const;

export const dashboardEndpoints: readonly Endpoint[] = [
  endpoint({
    ...operators,
    path: '/v1/dashboard',
    summary: 'Page of the dashboard',
    answer: { description: 'The page.', content: { 'text/html': z.string() } },
    errors: fileErrors,
    curl: '-u admin:admin "$SERVER/v1/dashboard/"',
    handler: (call, services) => sendPage(call, services, 'dashboard'),
  }),
  endpoint({
    ...operators,
    path: '/v1/dashboard/access',
    summary: 'Whether the password of the dashboard is the one that everybody knows',
    answer: { description: 'It is, until one is set.', content: { 'application/json': access } },
    curl: '-u admin:admin "$SERVER/v1/dashboard/access"',
    handler: async ({ response }, { users }) => {
      response.json({ default_password: await users.isDefault() });
    },
  }),
  endpoint({
    ...operators,
    path: '/v1/dashboard/data',
    polled: true,
    summary: 'History of requests, and the server as it is now',
    description:
      'Percentiles are exact, over all requests of their line. Not in the history: health, metrics, the log, files of pages, `GET /v1/jobs` and the dashboard itself.',
    query: dashboardQuery,
    answer: { description: 'All of it.', content: { 'application/json': dashboardData } },
    curl: '-u admin:PASSWORD "$SERVER/v1/dashboard/data?hours=24"',
    handler: async ({ response, query: { hours } }, { history, live }) => {
      const report = history.report(hours).catch((error: unknown) => ({ history_error: messageOf(error) }));
      response.setHeader('Cache-Control', 'no-store');
      response.json({ hours, ...(await report), live: await live.now() });
    },
  }),
  endpoint({
    ...operators,
    path: '/v1/dashboard/events',
    polled: true,
    summary: 'The server as it is now, every two seconds',
    description: 'Events `tick` with `{"live", "jobs"}`.',
    answer: { description: 'Server-sent events.', content: { 'text/event-stream': tick } },
    curl: '-N -u admin:PASSWORD "$SERVER/v1/dashboard/events"',
    handler: async ({ response }, { live, jobs }) => {
      const stream = openEventStream(response);
      const send = async () => {
        const state = await live.now();
        if (!stream.ended.aborted) stream.send('tick', { live: state, jobs: jobs.list() });
      };
      const timer = setInterval(() => void send(), TICK_MS);
      stream.ended.addEventListener('abort', () => clearInterval(timer));
      await send();
    },
  }),
];
