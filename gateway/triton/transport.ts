import type { TensorData } from './datatypes';
import type { ModelInferResponse } from './protocol';
import type { InputTensor, Tensor, TensorReader, TensorType } from './tensor';

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
  inputs: readonly InputTensor[];
  outputs: readonly WantedOutput[];
  signal?: AbortSignal;
  receive?: Receive;
}

/** Reads the outputs, by name, where Triton has put them. They are gone when it returns, or when its promise is settled. */
export type Receive = (outputs: ReadonlyMap<string, TensorReader>) => void | Promise<void>;

/** Sends an encoded `ModelInferRequest`. */
export type Send = (message: Buffer) => Promise<ModelInferResponse>;

/** A way for tensors to get to Triton and back. All ways give the same results. */
export interface TensorTransport {
  /** @returns the outputs by name; none where the request has a `receive` */
  exchange(request: CheckedRequest, send: Send): Promise<Map<string, Tensor>>;
}
