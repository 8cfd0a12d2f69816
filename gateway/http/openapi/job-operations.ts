import { z } from 'zod';
import { job, jobList } from '../../contract/jobs';
import type { Operation } from './operation';

export const jobOperations: readonly Operation[] = [
  {
    method: 'get',
    path: '/v1/jobs',
    tag: 'jobs',
    summary: 'Inferences under way, and the last that ended',
    answer: {
      description: 'Those under way from the oldest on, then the ended ones from the newest on.',
      content: { 'application/json': jobList },
    },
    errors: ['DASHBOARD_UNAUTHORIZED', 'TOO_MANY_ATTEMPTS'],
    curl: '-u admin:PASSWORD "$SERVER/v1/jobs"',
  },
  {
    method: 'get',
    path: '/v1/jobs/:job',
    tag: 'jobs',
    summary: 'How far an inference is',
    description:
      'With `Accept: text/event-stream` an event `job` at once and with each change, at most ten a second; the last one when the job has ended. A job that is not there yet is waited for, 5 s.',
    answer: { description: 'The job.', content: { 'application/json': job, 'text/event-stream': z.string() } },
    errors: ['JOB_NOT_FOUND'],
    curl: '-N -H "Accept: text/event-stream" "$SERVER/v1/jobs/REQUEST_ID"',
  },
  {
    method: 'delete',
    path: '/v1/jobs/:job',
    tag: 'jobs',
    summary: 'Cancel an inference',
    description: 'Its client is answered with CANCELLED.',
    answer: { description: 'It had ended already.', content: { 'application/json': job } },
    others: { 202: 'It ends as soon as it can be stopped: within one window. The body is the job.' },
    errors: ['JOB_NOT_FOUND'],
    curl: '-X DELETE "$SERVER/v1/jobs/REQUEST_ID"',
  },
];
