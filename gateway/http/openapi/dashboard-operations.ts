import { z } from 'zod';
import { dashboardQuery } from '../handlers/dashboard/data';
import { job } from './job-operations';
import type { Operation } from './operation';

const count = z.number();
const time = z.string().describe('ISO 8601.');
const byStage = z.record(z.string(), z.number()).describe('Milliseconds by stage.');
const latency = {
  hits: count,
  median_ms: count,
  p95_ms: count,
  p99_ms: count,
  errors: count.describe('Answers of 400 and above; what was cancelled is none.'),
  last: time,
};

const live = z.object({
  calls_per_min: count.describe('Inferences that ended in the last minute.'),
  p95_ms: count.nullable().describe('Of the inferences of the last five minutes.'),
  error_rate: count.describe('Part of them that failed, 0 to 1.'),
  queue: z.object({ running: count, queued: count, limit: count }),
  sessions: z.object({ count, bytes: count }),
  cache: z.object({ hits: count, misses: count, bytes: count }).describe('Prepared images of sessions.'),
  models: z.array(
    z.object({
      name: z.string(),
      version: z.string(),
      state: z.string(),
      reason: z.string(),
      triton: z
        .object({ inferences: count, failures: count, queue_ms: count, compute_ms: count, pending: count.nullable() })
        .nullable()
        .describe("What Triton counted since it loaded the model; mean times. `pending` needs Triton's metrics."),
    }),
  ),
  gpu: z.array(
    z.object({ uuid: z.string(), utilisation: count.describe('0 to 1.'), memory_used: count, memory_total: count }),
  ),
  versions: z.object({ gateway: z.string(), node: z.string(), triton: z.string().nullable() }),
  uptime_s: count,
  problems: z
    .array(z.object({ since: time, sentence: z.string(), next_step: z.string() }))
    .describe('What is wrong now, the oldest first.'),
});

const data = z.object({
  hours: count,
  from: time,
  to: time,
  endpoints: z.array(z.object({ endpoint: z.string(), method: z.string(), ...latency })),
  models: z.array(z.object({ model: z.string(), ...latency })),
  stages: z.array(z.object({ stage: z.string(), hits: count, median_ms: count, p95_ms: count, total_ms: count })),
  heat: z
    .array(z.object({ hour: time, hits: count, errors: count }))
    .describe('Hours (UTC) with requests, of a week at least.'),
  slowest: z.array(
    z.object({
      time,
      request: z.string(),
      endpoint: z.string(),
      model: z.string().nullable(),
      client: z.string(),
      status: count,
      ms: count,
      stages: byStage,
    }),
  ),
  clients: z.array(
    z.object({ client: z.string(), agent: z.string(), hits: count, errors: count, median_ms: count, last: time }),
  ),
  errors: z.array(
    z.object({
      code: z.string(),
      status: count,
      message: z.string(),
      count,
      last: time,
      request: z.string().describe('Id of the last one.'),
    }),
  ),
  series: z.object({
    step_s: count,
    points: z.array(z.object({ time, hits: count, errors: count, median_ms: count, p95_ms: count, stages: byStage })),
  }),
  history_error: z.string().optional().describe('Why the history cannot be read; then only `live` is there.'),
  live,
});

export const dashboardOperations: readonly Operation[] = [
  {
    method: 'get',
    path: '/v1/dashboard/data',
    tag: 'dashboard',
    summary: 'History of requests, and the server as it is now',
    description:
      'Percentiles are exact, over all requests of their line. Not in the history: health, metrics, the log, files of pages, `GET /v1/jobs` and the dashboard itself.',
    query: dashboardQuery,
    answer: { description: 'All of it.', content: { 'application/json': data } },
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
      content: { 'text/event-stream': z.object({ live, jobs: z.array(job) }) },
    },
    errors: ['DASHBOARD_UNAUTHORIZED', 'TOO_MANY_ATTEMPTS'],
    curl: '-N -u admin:PASSWORD "$SERVER/v1/dashboard/events"',
  },
];
