import { firstAxisFastest, reorderAxes, sizeOf, type Axes, type NumericArray, type Volume } from '../../volume';
import { allocateUnset, type ArrayConstructor } from '../../../arena';
import { copyBox, copyElements } from '../../simd/copy';

/** An array of the type of `data`; its elements hold anything. */
export function allocateLike<T extends NumericArray>(data: T, length: number): T {
  return allocateUnset(data.constructor as ArrayConstructor<T>, length);
}

/** An array cut into `count` equal parts, such as channels that are slowest in memory. Nothing is copied. */
export function partsOf<T extends NumericArray>(data: T, count: number): T[] {
  const size = data.length / count;
  return Array.from({ length: count }, (_, n) => data.subarray(n * size, (n + 1) * size) as T);
}

/** The arrays one after the other, as float32 where their types differ; a single one is not copied. */
export function joined(parts: readonly NumericArray[]): NumericArray {
  const [first] = parts;
  if (parts.length === 1) return first;
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const sameType = parts.every((part) => part.constructor === first.constructor);
  const out: NumericArray = sameType ? allocateLike(first, length) : allocateUnset(Float32Array, length);
  parts.reduce((at, part) => (copyElements(part, out, at), at + part.length), 0);
  return out;
}

/** An array of `blocks` equal parts (channels, slowest in memory) with each part `times` times in a row: numpy's `repeat`. */
export function repeatBlocks<T extends NumericArray>(data: T, blocks: number, times: number): T {
  const out = allocateLike(data, data.length * times);
  const size = data.length / blocks;
  for (const [block, part] of partsOf(data, blocks).entries())
    for (let copy = 0; copy < times; copy++) copyElements(part, out, (block * times + copy) * size);
  return out;
}

/** A packed copy (first axis fastest) of elements `first + Σ index[d]*strides[d]` over all indices of `shape`; strides may be negative. */
export function copyStrided<T extends NumericArray>(
  data: T,
  first: number,
  shape: readonly number[],
  strides: readonly number[],
): T {
  const out = allocateLike(data, sizeOf(shape));
  copyBox(shape, { data, at: first, strides }, { data: out, at: 0, strides: firstAxisFastest(shape) });
  return out;
}

/**
 * The volume with its voxels in file order (x fastest, then y, z) and its channels one after the other, whatever the order of its axes: voxels
 * of two packed volumes of one grid lie at the same places. Nothing is copied when it lies so.
 */
export function packed<T extends NumericArray>(volume: Volume<T>): Volume<T> {
  const spatial = [...volume.axes].filter((axis) => axis !== 'C').sort();
  const ordered = reorderAxes(volume, (spatial.join('') + (volume.axes.includes('C') ? 'C' : '')) as Axes);
  const { shape } = ordered;
  const strides = firstAxisFastest(shape);
  const isPacked = shape.every((length, d) => length === 1 || ordered.strides[d] === strides[d]);
  const data = isPacked ? volume.data.subarray(0, sizeOf(shape)) : copyStrided(volume.data, 0, shape, ordered.strides);
  return reorderAxes({ ...ordered, data, strides }, volume.axes) as Volume<T>;
}
