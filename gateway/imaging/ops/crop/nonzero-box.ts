import type { NumericArray } from '../../volume';
import { perType } from '../copy/per-type';

/** A box of an array: first index and length per axis. */
export interface NonzeroBox {
  start: readonly number[];
  size: readonly number[];
}

/**
 * The smallest box that holds every voxel which is not 0 in one of the channels (NaN is not 0); the whole array where there is none.
 * Looks from each side inwards until it meets such a voxel, so that an image without an empty border costs nothing.
 * @param channels arrays of one shape and strides
 * @param shape three lengths
 */
export function boundsOfNonzero(
  channels: readonly NumericArray[],
  shape: readonly number[],
  strides: readonly number[],
): NonzeroBox {
  const [start, end] = [[0, 0, 0], [...shape]];
  for (const axis of [0, 1, 2]) {
    const [u, v] = [0, 1, 2].filter((d) => d !== axis).sort((a, b) => strides[a] - strides[b]);
    const isEmpty = (index: number) => {
      const at = index * strides[axis] + start[u] * strides[u] + start[v] * strides[v];
      const [nu, nv] = [end[u] - start[u], end[v] - start[v]];
      return channels.every((data) => planeIsZero(data)(data, at, nu, strides[u], nv, strides[v]));
    };
    while (start[axis] < end[axis] && isEmpty(start[axis])) start[axis]++;
    if (start[axis] === end[axis]) return { start: [0, 0, 0], size: [...shape] };
    while (isEmpty(end[axis] - 1)) end[axis]--;
  }
  return { start, size: start.map((first, d) => end[d] - first) };
}

const planeIsZero = perType(
  (data: NumericArray, at: number, nu: number, stepU: number, nv: number, stepV: number): boolean => {
    for (let j = 0, row = at; j < nv; j++, row += stepV)
      for (let i = 0, voxel = row; i < nu; i++, voxel += stepU) if (data[voxel] !== 0) return false;
    return true;
  },
);
