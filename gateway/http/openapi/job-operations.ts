import { z } from 'zod';
import type { Operation } from './operation';

export const job = z.object({
  id: z.string().describe('The X-Request-Id of the request.'),
  endpoint: z.string(),
  model: z.string().nullable(),
  client: z.string().describe('Address of the client.'),
  state: z.enum(['queued', 'running', 'done', 'failed', 'cancelled']),
  position: z.number().nullable().describe('Place among the waiting jobs, from 1.'),
  stage: z
    .string()
    .nullable()
    .describe(
      '`upload`, `decode`, `cache`, `pre`, `window`, `triton`, `seeds`, `polygons`, `post`, `write`, `answer`.',
    ),
  progress: z.number().describe('0 to 1.'),
  windows: z
    .object({ done: z.number(), total: z.number() })
    .nullable()
    .describe('Windows through the network; slices for a pipeline.'),
  created: z.string().describe('ISO 8601.'),
  queued_ms: z.number(),
  running_ms: z.number(),
  error: z.object({ code: z.string(), message: z.string() }).nullable(),
  warnings: z.array(z.string()).describe('What its client is told beside the result, one sentence each.'),
});

export const jobOperations: readonly Operation[] = [
  {
    method: 'get',
    path: '/v1/jobs',
    tag: 'jobs',
    summary: 'Inferences under way, and the last that ended',
    answer: {
      description: 'Those under way from the oldest on, then the ended ones from the newest on.',
      content: { 'application/json': z.object({ jobs: z.array(job) }) },
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
