import type { InferenceContext } from '../../gateway/pipeline/model-run';
import type { TensorData } from '../../gateway/triton/datatypes';
import type { InferRequest, TensorMap } from '../../gateway/triton/inference-client';
import { elementCount, partsOf, readerOf, type InputTensor, type Tensor } from '../../gateway/triton/tensor';

/** A request whose inputs are in memory. */
export type WholeRequest = Omit<InferRequest, 'inputs'> & { inputs: readonly Tensor[] };

/** Stands in for the network. */
export type Predictor = (request: WholeRequest) => Promise<TensorMap>;

/** The world of a job without a server: nobody cancels, nothing is kept. */
export function offlineContext(infer: Predictor, more: Partial<InferenceContext> = {}): InferenceContext {
  return {
    infer(request) {
      const { receive } = request;
      const answer = infer({ ...request, inputs: request.inputs.map(whole) });
      if (!receive) return answer;
      return answer.then(async (tensors) => {
        await receive(new Map([...tensors].map(([name, tensor]) => [name, readerOf(tensor)])));
        return new Map();
      });
    },
    instances: () => Promise.resolve(1),
    confirmed: () => Promise.resolve(),
    signal: new AbortController().signal,
    throwIfCancelled: () => undefined,
    ownTransform: () => Promise.resolve(undefined),
    reserve: () => Promise.resolve(undefined),
    ...more,
  };
}

function whole(input: InputTensor): Tensor {
  if ('data' in input) return input;
  let data: TensorData | undefined;
  let at = 0;
  for (const part of partsOf(input)) {
    data ??= new (part.constructor as new (length: number) => TensorData)(elementCount(input.shape));
    (data as Float32Array).set(part as Float32Array, at);
    at += part.length;
  }
  return { ...input, data: data! };
}
