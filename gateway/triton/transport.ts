import type { TensorData } from './datatypes';
import type { ModelInferResponse } from './protocol';
import type { Tensor, TensorType } from './tensor';

/** An output that is asked for. */
export interface WantedOutput {
  name: string;
  /** Its exact type and shape, when known before the answer. */
  expected?: TensorType;
  /** Filled with the result instead of a new array; made for the expected type and length. */
  into?: TensorData;
}

/** An inference that passed the checks: every input has the type, shape and number of elements the model takes. */
export interface CheckedRequest {
  model: string;
  version: string;
  id: string;
  inputs: readonly Tensor[];
  outputs: readonly WantedOutput[];
  signal?: AbortSignal;
}

/** Sends an encoded `ModelInferRequest`. */
export type Send = (message: Buffer) => Promise<ModelInferResponse>;

/** A way for tensors to get to Triton and back. All ways give the same results. */
export interface TensorTransport {
  /** @returns the outputs by name */
  exchange(request: CheckedRequest, send: Send): Promise<Map<string, Tensor>>;
}
