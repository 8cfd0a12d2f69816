/** What the history says of a span of time. Times are ISO 8601, percentiles are exact (nearest rank) over all requests of their line. */
export interface HistoryReport {
  from: string;
  to: string;
  endpoints: EndpointLine[];
  models: ModelLine[];
  stages: StageLine[];
  /** Hits by hour (UTC) over the span, at least a week; hours without are left out. */
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
  /** Answers of 400 and above; what was cancelled is no error. */
  errors: number;
  last: string;
}

export interface EndpointLine extends Latency {
  endpoint: string;
  method: string;
}

export interface ModelLine extends Latency {
  model: string;
}

export interface StageLine {
  stage: string;
  hits: number;
  median_ms: number;
  p95_ms: number;
  /** Sum over all requests. */
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
  stages: Record<string, number>;
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
  /** Sentence of the last one. */
  message: string;
  count: number;
  last: string;
  /** Id of the last request that met it. */
  request: string;
}

export interface Series {
  /** Length of one point's span: a minute up to a day, longer for more. */
  step_s: number;
  /** Spans without a request are left out. */
  points: SeriesPoint[];
}

export interface SeriesPoint {
  time: string;
  hits: number;
  errors: number;
  median_ms: number;
  p95_ms: number;
  /** Mean over the requests that have the stage. */
  stages: Record<string, number>;
}
