import { releaseAfter } from '../arena';
import type { StageClock } from '../telemetry/stages';
import type { TransformDefinition } from '../transforms/definition';
import type { Sample } from '../transforms/sample';
import type { InferRequest, TensorMap } from '../triton/inference-client';
import type { Job } from './job';

/** The surroundings that a job needs. */
export interface InferenceContext {
  infer(request: InferRequest): Promise<TensorMap>;
  /** How many requests of a model the server computes at a time. */
  instances(model: string, version: string): Promise<number>;
  /** Before anyone outside hears of the job: settles when the upload of its image is whole. @throws when the job is to begin anew, then or later */
  confirmed(): Promise<void>;
  signal: AbortSignal;
  /** @throws CANCELLED when the client is gone; called between steps and windows, where the thread cannot hear messages */
  throwIfCancelled(): void;
  /** A transform that a model author brought, by the name `module.Class`. */
  ownTransform(name: string): Promise<TransformDefinition | undefined>;
  /** Memory that outlives the job, for a prepared image; undefined when there is no room. */
  reserve(bytes: number): Promise<Uint8Array | undefined>;
}

/** One model at work on one sample: given to everything that a job goes through. */
export interface ModelRun {
  job: Job;
  sample: Sample;
  context: InferenceContext;
  clock: StageClock;
}

/** Runs a step on the sample of a run. The memory of what the step replaced or made for itself is given back, but for what a sample of the request holds. */
export function inStep<T>({ sample }: ModelRun, work: () => T | Promise<T>): Promise<T> {
  return releaseAfter(sample.holds, () => [...sample.relatives].map(({ holds }) => holds), work);
}
