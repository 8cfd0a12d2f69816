import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Stage } from './stages';

/** What is read when somebody asks for the metrics, and not before. */
export interface MetricSources {
  load(): { active: number; queued: number };
  workers: number;
  queueSize: number;
  cache(): { hits: number; misses: number; bytes: number };
  sessions(): { count: number; bytes: number };
  /** Bytes of tensors by the way they went. */
  tensorBytes(): { inline: number; shared_memory: number };
  models(): readonly { name: string; state: string }[];
  tritonLive(): Promise<boolean>;
}

/** Of an answered request. */
export interface MeasuredRequest {
  endpoint: string;
  method: string;
  status: number;
  code: string | null;
  ms: number;
  stages: readonly Stage[];
  bytesIn: number;
  bytesOut: number;
}

const STATES = ['loading', 'ready', 'failed'];
/** Seconds. From a list of models to a large volume on a CPU. */
const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300];
/** HTTP methods that are a label of their own; a client may send any. */
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];
/** Gauges of prom-client whose names end as those of counters do. */
const MISNAMED = ['nodejs_active_handles_total', 'nodejs_active_requests_total', 'nodejs_active_resources_total'];

/** The gateway's own metrics, in a registry of their own. All labels have few values, whatever clients send: route templates, not paths. */
export class Metrics {
  readonly registry = new Registry();
  private readonly requests: Counter;
  private readonly duration: Histogram;
  private readonly stages: Histogram;
  private readonly errors: Counter;
  private readonly received: Counter;
  private readonly sent: Counter;

  constructor(sources: MetricSources) {
    const registers = [this.registry];
    const counter = (name: string, help: string, labelNames: string[] = []) => new Counter({ name, help, labelNames, registers }); // prettier-ignore
    const histogram = (name: string, help: string, labelNames: string[]) => new Histogram({ name, help, labelNames, buckets: BUCKETS, registers }); // prettier-ignore
    this.requests = counter('aiaa_http_requests_total', 'Requests that were answered; 499 is a client that hung up or a job that was cancelled.', ['endpoint', 'method', 'status']); // prettier-ignore
    this.duration = histogram('aiaa_http_request_duration_seconds', 'From the head of a request to the end of its answer.', ['endpoint', 'method']); // prettier-ignore
    this.stages = histogram('aiaa_stage_duration_seconds', 'Time of each stage of an inference: queue, decode, cache, pre, window, triton, seeds, post, write.', ['stage']); // prettier-ignore
    this.errors = counter('aiaa_errors_total', 'Answers with an error, by the code of the error catalogue.', ['code']);
    this.received = counter('aiaa_http_received_bytes_total', 'Bytes of request bodies, uploads among them.', ['endpoint']); // prettier-ignore
    this.sent = counter('aiaa_http_sent_bytes_total', 'Bytes of answers.', ['endpoint']);
    this.addGauges(sources);
    this.addReadCounters(sources);
    collectDefaultMetrics({ register: this.registry });
    for (const name of MISNAMED) this.registry.removeSingleMetric(name);
  }

  observe({ endpoint, method: sentMethod, status, code, ms, stages, bytesIn, bytesOut }: MeasuredRequest): void {
    const method = METHODS.includes(sentMethod) ? sentMethod : 'other';
    this.requests.inc({ endpoint, method, status: String(status) });
    this.duration.observe({ endpoint, method }, ms / 1000);
    for (const stage of stages) this.stages.observe({ stage: stage.name }, stage.ms / 1000);
    if (code) this.errors.inc({ code });
    this.received.inc({ endpoint }, bytesIn);
    this.sent.inc({ endpoint }, bytesOut);
  }

  private addGauges({ load, workers, queueSize, sessions, cache, models, tritonLive }: MetricSources): void {
    const gauge = (name: string, help: string, read: () => number) =>
      new Gauge({
        name,
        help,
        registers: [this.registry],
        collect() {
          this.set(read());
        },
      });
    gauge('aiaa_queue_jobs', 'Jobs that wait for a worker.', () => load().queued);
    gauge('aiaa_queue_limit_jobs', 'Jobs that may wait; more are refused.', () => queueSize);
    gauge('aiaa_workers_busy', 'Worker threads that run a job.', () => load().active);
    gauge('aiaa_workers', 'Worker threads there may be.', () => workers);
    gauge('aiaa_prepared_cache_bytes', 'Memory of prepared images of sessions.', () => cache().bytes);
    gauge('aiaa_sessions', 'Images that clients uploaded once.', () => sessions().count);
    gauge('aiaa_sessions_bytes', 'Disk space of sessions.', () => sessions().bytes);
    new Gauge({
      name: 'aiaa_triton_up',
      help: 'Whether Triton answers.',
      registers: [this.registry],
      async collect() {
        this.set(Number(await tritonLive()));
      },
    });
    new Gauge({
      name: 'aiaa_model_state',
      help: '1 for the state that a model is in.',
      labelNames: ['model', 'state'],
      registers: [this.registry],
      collect() {
        this.reset();
        for (const { name: model, state: now } of models())
          for (const state of STATES) this.set({ model, state }, Number(state === now));
      },
    });
  }

  /** Counters whose numbers are kept elsewhere. */
  private addReadCounters({ cache, tensorBytes }: MetricSources): void {
    const read = (name: string, help: string, labelNames: string[], values: () => [Record<string, string>, number][]) =>
      new Counter({
        name,
        help,
        labelNames,
        registers: [this.registry],
        collect() {
          this.reset();
          for (const [labels, value] of values()) this.inc(labels, value);
        },
      });
    read('aiaa_prepared_cache_lookups_total', 'Calls on a session whose prepared image was at hand (hit), or not (miss).', ['result'], () => [[{ result: 'hit' }, cache().hits], [{ result: 'miss' }, cache().misses]]); // prettier-ignore
    read('aiaa_tensor_bytes_total', 'Bytes of tensors to and from Triton, by the way they went: inline in gRPC messages, or shared_memory.', ['transport'], () => Object.entries(tensorBytes()).map(([transport, bytes]) => [{ transport }, bytes])); // prettier-ignore
  }
}

/** Names and meanings, for the generated reference. */
export async function listMetrics(): Promise<{ name: string; type: string; help: string; labels: string[] }[]> {
  const nothing = () => ({ hits: 0, misses: 0, bytes: 0, count: 0, active: 0, queued: 0, inline: 0, shared_memory: 0 });
  const sources = { load: nothing, cache: nothing, sessions: nothing, tensorBytes: nothing, models: () => [], tritonLive: () => Promise.resolve(false) }; // prettier-ignore
  const { registry } = new Metrics({ ...sources, workers: 0, queueSize: 0 });
  const metrics = await registry.getMetricsAsJSON();
  return metrics.map(({ name, type, help }) => {
    const { labelNames = [] } = registry.getSingleMetric(name) as unknown as { labelNames?: string[] };
    return { name, type: String(type), help, labels: labelNames };
  });
}
