import { fail } from '../../errors';
import { sizeOf } from '../../imaging/volume';
import { allocateUnsetData } from '../../triton/datatypes';
import type { Tensor } from '../../triton/tensor';

/** Tensors of one shape, each with a batch axis of 1, as one batch. A single one is itself. */
export function stackTensors(tensors: readonly Tensor[]): Tensor {
  const [first] = tensors;
  if (tensors.length === 1) return first;
  const odd = tensors.find(({ shape }) => shape.some((length, d) => length !== first.shape[d]));
  if (odd) {
    const what = `images of one call have the shapes [${first.shape.join(', ')}] and [${odd.shape.join(', ')}]`;
    throw fail('BAD_TENSOR', { tensor: first.name, model: 'the config', what });
  }
  const size = sizeOf(first.shape);
  const data = allocateUnsetData(first.datatype, size * tensors.length);
  // All are of the type of the first.
  tensors.forEach((tensor, at) => (data as Float32Array).set(tensor.data as Float32Array, at * size));
  return { ...first, shape: [tensors.length * first.shape[0], ...first.shape.slice(1)], data };
}

/** Item `at` of a batch of `count`, with a batch axis of 1; a view. */
export function itemOf(tensor: Tensor, at: number, count: number): Tensor {
  if (count === 1) return tensor;
  const size = sizeOf(tensor.shape) / count;
  const data = tensor.data.subarray(at * size, (at + 1) * size) as Tensor['data'];
  return { ...tensor, shape: [tensor.shape[0] / count, ...tensor.shape.slice(1)], data };
}
