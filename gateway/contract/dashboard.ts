import { z } from 'zod';
import { job } from './jobs';

const count = z.number();
const time = z.string().describe('ISO 8601.');
const byStage = z.record(z.string(), z.number()).describe('Milliseconds by stage.');

const latency = z.object({
  hits: count,
  median_ms: count,
  p95_ms: count,
  p99_ms: count,
  errors: count.describe('Answers of 400 and above; cancelled requests do not count.'),
  last: time,
});
export type Latency = z.infer<typeof latency>;

const gpu = z.object({
  uuid: z.string(),
  utilisation: count.describe('0 to 1.'),
  memory_used: count,
  memory_total: count,
});
export type Gpu = z.infer<typeof gpu>;

const liveModel = z.object({
  name: z.string(),
  version: z.string(),
  state: z.string(),
  reason: z.string(),
  triton: z
    .object({ inferences: count, failures: count, queue_ms: count, compute_ms: count, pending: count.nullable() })
    .nullable()
    .describe("What Triton counted since it loaded the model; mean times. `pending` needs Triton's metrics."),
});
export type LiveModel = z.infer<typeof liveModel>;

const advisory = z.object({
  ids: z.array(z.string()).describe('CVE numbers; none for a fault that only release notes name.'),
  what: z.string(),
  certain: z.boolean().describe('False where it is not known whether this release has it still.'),
  source: z.string(),
});

const advisories = z
  .array(advisory)
  .nullable()
  .describe('What is publicly known to be wrong with this version of Triton; null where the version is not known.');

const problem = z.object({ since: time, sentence: z.string(), next_step: z.string() });
export type Problem = z.infer<typeof problem>;

/** Figures of the inferences that ended a short time ago. */
export const recentFigures = z.object({
  calls_per_min: count.describe('Inferences that ended in the last minute.'),
  p95_ms: count.nullable().describe('Of the inferences of the last five minutes.'),
  error_rate: count.describe('Part of them that failed, 0 to 1.'),
});
export type RecentFigures = z.infer<typeof recentFigures>;

/** The server as it is now. */
export const live = recentFigures.extend({
  queue: z.object({ running: count, queued: count, limit: count }),
  classes: z
    .record(z.string(), z.object({ running: count, queued: count }))
    .describe('Jobs by class: click, image, batch.'),
  sessions: z.object({ count, bytes: count }),
  cache: z.object({ hits: count, misses: count, bytes: count }).describe('Prepared images of sessions.'),
  models: z.array(liveModel),
  gpu: z.array(gpu),
  versions: z.object({ gateway: z.string(), node: z.string(), triton: z.string().nullable() }),
  advisories,
  tensorflow_triton: z
    .object({ url: z.string(), live: z.boolean(), version: z.string().nullable(), advisories })
    .optional()
    .describe('Where TensorFlow models have a Triton of their own.'),
  uptime_s: count,
  problems: z.array(problem).describe('What is wrong now, the oldest first.'),
});
export type Live = z.infer<typeof live>;

const slowRequest = z.object({
  time,
  request: z.string(),
  endpoint: z.string(),
  model: z.string().nullable(),
  client: z.string(),
  status: count,
  ms: count,
  stages: byStage,
});

const clientLine = z.object({
  client: z.string(),
  agent: z.string(),
  hits: count,
  errors: count,
  median_ms: count,
  last: time,
});

const errorLine = z.object({
  code: z.string(),
  status: count,
  message: z.string().describe('Of the last one.'),
  count,
  last: time,
  request: z.string().describe('Id of the last one.'),
});

const seriesPoint = z.object({
  time,
  hits: count,
  errors: count,
  median_ms: count,
  p95_ms: count,
  stages: byStage.describe('Mean milliseconds by stage.'),
});
export type SeriesPoint = z.infer<typeof seriesPoint>;

const series = z.object({
  step_s: count.describe('Length of the span of each point: a minute up to a day, longer for more.'),
  points: z.array(seriesPoint).describe('Spans without a request are left out.'),
});
export type Series = z.infer<typeof series>;

/** The answered requests of a span of time. Percentiles are exact (nearest rank) over all requests of their line. */
export const history = z.object({
  from: time,
  to: time,
  endpoints: z.array(latency.extend({ endpoint: z.string(), method: z.string() })),
  models: z.array(latency.extend({ model: z.string() })),
  stages: z.array(z.object({ stage: z.string(), hits: count, median_ms: count, p95_ms: count, total_ms: count })),
  heat: z
    .array(z.object({ hour: time, hits: count, errors: count }))
    .describe('Hours (UTC) with requests, of a week at least.'),
  slowest: z.array(slowRequest),
  clients: z.array(clientLine),
  errors: z.array(errorLine),
  series,
});
export type HistoryReport = z.infer<typeof history>;

/** `GET /v1/dashboard/data`. */
export const dashboardData = history.partial().extend({
  hours: count,
  history_error: z.string().optional().describe('Why the history cannot be read; then only `live` is there.'),
  live,
});
export type DashboardData = z.infer<typeof dashboardData>;

/** The event `tick` of `GET /v1/dashboard/events`. */
export const tick = z.object({ live, jobs: z.array(job) });
export type Tick = z.infer<typeof tick>;
