import type { TransformDefinition } from '../../transforms/definition';
import type { InferRequest, TensorMap } from '../../triton/inference-client';

/** What an inferer needs of the world: the network and the wish to stop. */
export interface InferenceContext {
  infer(request: InferRequest): Promise<TensorMap>;
  /** How many requests of a model the server computes at a time. */
  instances(model: string, version: string): Promise<number>;
  signal: AbortSignal;
  /** @throws CANCELLED when the client is gone; called between steps and windows, where the thread cannot hear messages */
  throwIfCancelled(): void;
  /** Makes the memory of arrays free that nothing refers to any more, if there may be much of it; called behind each step. */
  dropGarbage(): Promise<void>;
  /** A transform that a model author brought, by the name `module.Class`. */
  ownTransform(name: string): Promise<TransformDefinition | undefined>;
}
