import { type Datatype, type TensorData, allocateUnsetData, bytesPerElement, fromWire } from './datatypes';

/** Type and shape of a tensor, without its elements. */
export interface TensorType {
  datatype: Datatype;
  /** Row-major (last axis fastest), batch axis included when the model has one. */
  shape: readonly number[];
}

/** A tensor as Triton takes and gives it. */
export interface Tensor extends TensorType {
  name: string;
  /** Exactly as many elements as `shape` says, in an array that carries `datatype`. */
  data: TensorData;
}

/** An input whose elements are made while they are sent, so that they never lie in memory all at once. */
export interface TensorInParts extends TensorType {
  name: string;
  /** All elements in their order, in arrays that carry `datatype`; each may change when the one after the next is asked for. */
  parts(): Iterable<TensorData>;
}

export type InputTensor = Tensor | TensorInParts;

/** An output that is read where it lies. */
export interface TensorReader extends TensorType {
  /** Fills `into` with the elements from number `at` on. */
  read(at: number, into: TensorData): void;
}

export const partsOf = (tensor: InputTensor): Iterable<TensorData> =>
  'data' in tensor ? [tensor.data] : tensor.parts();

/** Reads a tensor that is in memory. */
export function readerOf({ datatype, shape, data }: Tensor): TensorReader {
  const read = (at: number, into: TensorData) => {
    // Both are of the type that carries the tensor's.
    (into as Float32Array).set(data.subarray(at, at + into.length) as Float32Array);
  };
  return { datatype, shape, read };
}

/**
 * Number of elements of a shape.
 * @throws RangeError for a length that is not an integer ≥ 0, or a product that no buffer can hold. Triton itself
 * multiplies in int64 and lets [2^62, 4] pass as zero elements, which kills the backend.
 */
export function elementCount(shape: readonly number[]): number {
  let count = 1n;
  for (const length of shape) {
    if (!Number.isSafeInteger(length) || length < 0) throw new RangeError(`${length} is not the length of an axis`);
    count *= BigInt(length);
  }
  if (count > BigInt(Number.MAX_SAFE_INTEGER)) throw new RangeError(`[${shape.join(', ')}] has ${count} elements`);
  return Number(count);
}

/** Bytes of a tensor as Triton holds it: elements × element size, without padding. @throws RangeError as {@link elementCount} */
export function byteLength({ datatype, shape }: TensorType): number {
  const bytes = BigInt(elementCount(shape)) * BigInt(bytesPerElement(datatype));
  if (bytes > BigInt(Number.MAX_SAFE_INTEGER))
    throw new RangeError(`[${shape.join(', ')}] of ${datatype} has ${bytes} bytes`);
  return Number(bytes);
}

/** Fills `into` (or a new array) from the bytes of a whole tensor. */
export function tensorFromWire(name: string, type: TensorType, bytes: Uint8Array, into?: TensorData): Tensor {
  const data = into ?? allocateUnsetData(type.datatype, elementCount(type.shape));
  fromWire(type.datatype, bytes, data);
  return { name, datatype: type.datatype, shape: type.shape, data };
}

/** `FP32 [1, 2, 3]`, as messages name a tensor. */
export function describeType({ datatype, shape }: { datatype: string; shape: readonly number[] }): string {
  return `${datatype} [${shape.join(', ')}]`;
}
