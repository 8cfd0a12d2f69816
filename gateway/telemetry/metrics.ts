import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { RecentFigures } from '../contract/dashboard';
import type { RequestRecord } from './request-record';

/** Numbers that are read only when somebody asks for the metrics. */
export interface MetricSources {
  load(): { active: number; queued: number };
  /** The same by class. */
  classes(): Record<string, { running: number; queued: number }>;
  /** Bytes of the budget and of what jobs have taken of it, and the jobs that wait for some. */
  memory(): { limit: number; used: number; waiting: number };
  workers: number;
  queueSize: number;
  cache(): { hits: number; misses: number; bytes: number };
  sessions(): { count: number; bytes: number };
  /** Bytes of tensors by the way they went. */
  tensorBytes(): { inline: number; shared_memory: number };
  models(): readonly { name: string; state: string }[];
  /** Whether each Triton answers. */
  tritons(): Promise<{ server: string; live: boolean }[]>;
}

const STATES = ['loading', 'ready', 'failed', 'damaged'];
/** Seconds. From a list of models to a large volume on a CPU. */
const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300];
/** HTTP methods that are a label of their own; a client may send any. */
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];
/** Gauges of prom-client whose names end as those of counters do. */
const MISNAMED = ['nodejs_active_handles_total', 'nodejs_active_requests_total', 'nodejs_active_resources_total'];

/** Numbers by their labels. */
type Values = (readonly [labels: Record<string, string>, value: number])[];

/** The gateway's own metrics, in a registry of their own. All labels have few values, whatever clients send: route templates, not paths. */
export class Metrics {
  readonly registry = new Registry();
  private readonly registers = [this.registry];
  private readonly requests = this.counter('aiaa_http_requests_total', 'Requests that were answered; 499 is a client that hung up or a job that was cancelled.', ['endpoint', 'method', 'status']); // prettier-ignore
  private readonly duration = this.histogram('aiaa_http_request_duration_seconds', 'From the head of a request to the end of its answer.', ['endpoint', 'method']); // prettier-ignore
  private readonly stages = this.histogram('aiaa_stage_duration_seconds', 'Time of each stage of an inference: queue, decode, cache, pre, window, triton, seeds, post, write.', ['stage']); // prettier-ignore
  private readonly errors = this.counter('aiaa_errors_total', 'Answers with an error, by the code of the error catalogue.', ['code']); // prettier-ignore
  private readonly received = this.counter('aiaa_http_received_bytes_total', 'Bytes of request bodies, uploads among them.', ['endpoint']); // prettier-ignore
  private readonly sent = this.counter('aiaa_http_sent_bytes_total', 'Bytes of answers.', ['endpoint']);

  constructor({
    load,
    classes,
    memory,
    workers,
    queueSize,
    cache,
    sessions,
    tensorBytes,
    models,
    tritons,
  }: MetricSources) {
    this.read(Gauge, 'aiaa_queue_jobs', 'Jobs that wait for a worker.', () => load().queued);
    const byClass = (): Values =>
      Object.entries(classes()).flatMap(([name, { running, queued }]) => [
        [{ class: name, state: 'running' }, running] as const,
        [{ class: name, state: 'waiting' }, queued] as const,
      ]);
    this.read(Gauge, 'aiaa_class_jobs', 'Jobs by class (click, image, batch) that run, and that wait for a worker.', byClass, ['class', 'state']); // prettier-ignore
    this.read(Gauge, 'aiaa_queue_limit_jobs', 'Jobs that may wait; more are refused.', () => queueSize);
    this.read(Gauge, 'aiaa_workers_busy', 'Worker threads that run a job.', () => load().active);
    this.read(Gauge, 'aiaa_workers', 'Worker threads there may be.', () => workers);
    this.read(Gauge, 'aiaa_memory_budget_bytes', 'Memory that all jobs may take together.', () => memory().limit);
    this.read(Gauge, 'aiaa_memory_stated_bytes', 'Memory that the jobs under way have stated, and that idle threads keep.', () => memory().used); // prettier-ignore
    this.read(Gauge, 'aiaa_memory_waiting_jobs', 'Jobs that wait for memory.', () => memory().waiting);
    this.read(Gauge, 'aiaa_prepared_cache_bytes', 'Memory of prepared images of sessions.', () => cache().bytes);
    this.read(Gauge, 'aiaa_sessions', 'Images that clients uploaded once.', () => sessions().count);
    this.read(Gauge, 'aiaa_sessions_bytes', 'Disk space of sessions.', () => sessions().bytes);
    const up = async (): Promise<Values> => (await tritons()).map(({ server, live }) => [{ server }, Number(live)]);
    this.read(
      Gauge,
      'aiaa_triton_up',
      'Whether Triton answers: triton, or tensorflow where that has one of its own.',
      up,
      ['server'],
    );
    const states = (): Values =>
      models().flatMap(({ name: model, state: now }) =>
        STATES.map((state) => [{ model, state }, Number(state === now)] as const),
      );
    this.read(Gauge, 'aiaa_model_state', '1 for the state that a model is in.', states, ['model', 'state']);
    const lookups = (): Values => [
      [{ result: 'hit' }, cache().hits],
      [{ result: 'miss' }, cache().misses],
    ];
    this.read(Counter, 'aiaa_prepared_cache_lookups_total', 'Calls on a session whose prepared image was at hand (hit), or not (miss).', lookups, ['result']); // prettier-ignore
    const bytes = (): Values => Object.entries(tensorBytes()).map(([transport, bytes]) => [{ transport }, bytes]);
    this.read(Counter, 'aiaa_tensor_bytes_total', 'Bytes of tensors to and from Triton, by the way they went: inline in gRPC messages, or shared_memory.', bytes, ['transport']); // prettier-ignore
    collectDefaultMetrics({ register: this.registry });
    for (const name of MISNAMED) this.registry.removeSingleMetric(name);
  }

  observe({ endpoint, method: sentMethod, status, code, ms, stages, bytes_in, bytes_out }: RequestRecord): void {
    const method = METHODS.includes(sentMethod) ? sentMethod : 'other';
    this.requests.inc({ endpoint, method, status: String(status) });
    this.duration.observe({ endpoint, method }, ms / 1000);
    for (const stage of stages) this.stages.observe({ stage: stage.name }, stage.ms / 1000);
    if (code) this.errors.inc({ code });
    this.received.inc({ endpoint }, bytes_in);
    this.sent.inc({ endpoint }, bytes_out);
  }

  private counter(name: string, help: string, labelNames: string[]): Counter {
    return new Counter({ name, help, labelNames, registers: this.registers });
  }

  private histogram(name: string, help: string, labelNames: string[]): Histogram {
    return new Histogram({ name, help, labelNames, buckets: BUCKETS, registers: this.registers });
  }

  /** A metric whose numbers are kept elsewhere. */
  private read(
    Kind: typeof Gauge | typeof Counter,
    name: string,
    help: string,
    values: () => number | Values | Promise<Values>,
    labelNames: string[] = [],
  ): void {
    new Kind({
      name,
      help,
      labelNames,
      registers: this.registers,
      async collect() {
        this.reset();
        const found = await values();
        for (const [labels, value] of typeof found === 'number' ? [[{}, found] as const] : found)
          this.inc(labels, value);
      },
    });
  }
}

/** Names and meanings, for the generated reference. */
export async function listMetrics(): Promise<{ name: string; type: string; help: string; labels: string[] }[]> {
  const nothing = () => ({ hits: 0, misses: 0, bytes: 0, count: 0, active: 0, queued: 0, inline: 0, shared_memory: 0, limit: 0, used: 0, waiting: 0 }); // prettier-ignore
  const sources = { load: nothing, classes: () => ({}), memory: nothing, cache: nothing, sessions: nothing, tensorBytes: nothing, models: () => [], tritons: () => Promise.resolve([]) }; // prettier-ignore
  const { registry } = new Metrics({ ...sources, workers: 0, queueSize: 0 });
  const metrics = await registry.getMetricsAsJSON();
  return metrics.map(({ name, type, help }) => {
    const { labelNames = [] } = registry.getSingleMetric(name) as unknown as { labelNames?: string[] };
    return { name, type: String(type), help, labels: labelNames };
  });
}

interface Call {
  at: number;
  ms: number;
  failed: boolean;
}

const MINUTE_MS = 60_000;
const KEPT_MS = 5 * MINUTE_MS;
const MOST_KEPT = 20_000;

/** The inferences of the last five minutes, in memory. */
export class RecentCalls {
  private calls: Call[] = [];

  add(ms: number, failed: boolean): void {
    this.calls.push({ at: Date.now(), ms, failed });
    if (this.calls.length > 2 * MOST_KEPT) this.calls = this.calls.slice(-MOST_KEPT);
  }

  figures(now = Date.now()): RecentFigures {
    const first = this.calls.findIndex(({ at }) => now - at <= KEPT_MS);
    this.calls = first < 0 ? [] : this.calls.slice(first);
    const durations = this.calls.map(({ ms }) => ms).sort((a, b) => a - b);
    const failed = this.calls.filter((call) => call.failed).length;
    return {
      calls_per_min: this.calls.filter(({ at }) => now - at <= MINUTE_MS).length,
      p95_ms: durations.length ? durations[Math.ceil(durations.length * 0.95) - 1] : null,
      error_rate: durations.length ? failed / durations.length : 0,
    };
  }
}
