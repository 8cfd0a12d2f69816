import type { ErrorData } from '../errors';
import type { ModelSpec } from '../models/model-spec';
import type { Stage } from '../telemetry/stages';
import type { TransformOptions } from '../transforms/definition';
import type { Json, RequestParams } from '../transforms/sample';

export type { Json, RequestParams };

/** One piece of work for a worker thread: plain JSON, paths instead of bytes. */
export interface Job {
  /** The request's id; also Triton's request id. */
  id: string;
  spec: ModelSpec;
  /** Version of the model in Triton's repository that belongs to `spec`. */
  modelVersion: string;
  /** The models that a pipeline calls, by name. */
  related?: Record<string, { spec: ModelSpec; modelVersion: string }>;
  /** The image the client sent: where it lies and what the client called it. */
  image: { path: string; name: string };
  params: RequestParams;
  /** Folder for the result file; the caller removes it. */
  directory: string;
  options: TransformOptions;
}

/** The encoded result of a job. */
export interface ResultFile {
  path: string;
  /** ASCII name for the client, for example `result.nii.gz`. */
  name: string;
  contentType: string;
  bytes: number;
}

export interface JobResult {
  file?: ResultFile;
  /** JSON for the part `params`. */
  json: Record<string, Json>;
  stages: Stage[];
}

/** What the main thread tells a worker. */
export type ToWorker = { kind: 'run'; job: Job } | { kind: 'cancel' } | { kind: 'close' };

/** What a worker tells the main thread. */
export type FromWorker =
  | { kind: 'done'; result: JobResult }
  | { kind: 'failed'; error: ErrorData; stack?: string }
  | { kind: 'log'; level: 'info' | 'warn' | 'error' | 'debug'; message: string; facts: Record<string, unknown> };
