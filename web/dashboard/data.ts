import type { StageTimes } from '../stages/stages';

/** `GET /v1/dashboard/data` and the events `tick` of `GET /v1/dashboard/events`, as docs/openapi.json describes them. Times are ISO 8601. */
export interface DashboardData extends Partial<History> {
  hours: number;
  /** Why there is no history. */
  history_error?: string;
  live: Live;
}

export interface History {
  from: string;
  to: string;
  endpoints: (Latency & { endpoint: string; method: string })[];
  models: (Latency & { model: string })[];
  stages: StageLine[];
  heat: { hour: string; hits: number; errors: number }[];
  slowest: SlowRequest[];
  clients: ClientLine[];
  errors: ErrorLine[];
  series: Series;
}

export interface Latency {
  hits: number;
  median_ms: number;
  p95_ms: number;
  p99_ms: number;
  errors: number;
  last: string;
}

export interface StageLine {
  stage: string;
  hits: number;
  median_ms: number;
  p95_ms: number;
  total_ms: number;
}

export interface SlowRequest {
  time: string;
  request: string;
  endpoint: string;
  model: string | null;
  client: string;
  status: number;
  ms: number;
  stages: StageTimes;
}

export interface ClientLine {
  client: string;
  agent: string;
  hits: number;
  errors: number;
  median_ms: number;
  last: string;
}

export interface ErrorLine {
  code: string;
  status: number;
  message: string;
  count: number;
  last: string;
  request: string;
}

export interface Series {
  step_s: number;
  points: SeriesPoint[];
}

export interface SeriesPoint {
  time: string;
  hits: number;
  errors: number;
  median_ms: number;
  p95_ms: number;
  stages: StageTimes;
}

export interface Live {
  calls_per_min: number;
  p95_ms: number | null;
  error_rate: number;
  queue: { running: number; queued: number; limit: number };
  sessions: { count: number; bytes: number };
  cache: { hits: number; misses: number; bytes: number };
  models: LiveModel[];
  gpu: { uuid: string; utilisation: number; memory_used: number; memory_total: number }[];
  versions: Record<string, string | null>;
  uptime_s: number;
  problems: { since: string; sentence: string; next_step: string }[];
}

export interface LiveModel {
  name: string;
  version: string;
  state: string;
  reason: string;
  triton: { inferences: number; failures: number; queue_ms: number; compute_ms: number; pending: number | null } | null;
}

export interface Job {
  id: string;
  endpoint: string;
  model: string | null;
  client: string;
  state: 'queued' | 'running' | 'done' | 'failed' | 'cancelled';
  position: number | null;
  stage: string | null;
  progress: number;
  windows: { done: number; total: number } | null;
  created: string;
  queued_ms: number;
  running_ms: number;
  error: { code: string; message: string } | null;
}

export interface Tick {
  live: Live;
  jobs: Job[];
}
