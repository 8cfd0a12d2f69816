import { rowsOf } from '../../simd/rows';
import { simdCode, typeNumber } from '../../simd/simd-code';
import type { NumericArray, Volume } from '../../volume';
import { memoryOrder } from '../copy/layout';
import { perType } from '../copy/per-type';

/** First and last index with a value above zero, per axis. */
export interface Bounds {
  first: number[];
  last: number[];
}

/** The smallest box around the voxels above zero, if any. @param volume without channel axis, two or three axes in any memory order */
export function foregroundBox(volume: Volume): Bounds | undefined {
  const { data, shape, strides } = volume;
  const order = memoryOrder(volume);
  const [nx, ny, nz = 1] = order.map((d) => shape[d]);
  const [sx, sy, sz = 0] = order.map((d) => strides[d]);
  const rows = rowsOf(data, nx, sx, sy);
  const { code, blocks } = simdCode({
    source: [data.constructor as Float32ArrayConstructor, rows.room(ny)],
    bounds: [Int32Array, 4],
  });
  blocks.bounds.array.set([nx, -1, ny, -1]);
  const planes: number[] = [];
  for (let k = 0; k < nz; k++) {
    const source = rows.place(k * sz, ny, blocks.source);
    if (code.boundsOfPlane(typeNumber(data), source, sx, nx, rows.step, ny, blocks.bounds.at)) planes.push(k);
  }
  if (planes.length === 0) return undefined;
  const [firstX, lastX, firstY, lastY] = blocks.bounds.array;
  const inFileOrder = (ends: readonly number[]) => shape.map((_, d) => ends[order.indexOf(d)]);
  return { first: inFileOrder([firstX, firstY, planes[0]]), last: inFileOrder([lastX, lastY, planes.at(-1)!]) };
}

/**
 * For each axis a voxel above zero with the lowest index and one with the highest: min0, max0, min1, max1[, min2, max2].
 * Of several candidates the first in C order (last axis fastest) is taken, so that a mask always gives the same points.
 * @param volume without channel axis, two or three axes in any memory order
 * @returns no points when no voxel is above zero
 */
export function extremePoints(volume: Volume): number[][] {
  const box = foregroundBox(volume);
  if (!box) return [];
  return volume.shape.flatMap((_, axis) =>
    [box.first[axis], box.last[axis]].map((index) => {
      const low = box.first.with(axis, index);
      const high = box.last.with(axis, index);
      return firstInBox(volume, low, high);
    }),
  );
}

/** First voxel above zero in C order within a box that is known to hold one. */
function firstInBox({ data, strides }: Volume, low: readonly number[], high: readonly number[]): number[] {
  const [sx, sy, sz = 0] = strides;
  const [firstK = 0, lastK = 0] = [low[2], high[2]];
  const find = firstAbove(data);
  for (let i = low[0]; i <= high[0]; i++) {
    for (let j = low[1]; j <= high[1]; j++) {
      const k = find(data, i * sx + j * sy, sz, firstK, lastK);
      if (k <= lastK) return [i, j, k].slice(0, strides.length);
    }
  }
  throw new Error('a face of the bounding box holds no foreground');
}

/** First index from `low` to `high` with a value above zero, or one after them. */
const firstAbove = perType((data: NumericArray, at: number, step: number, low: number, high: number): number => {
  let k = low;
  while (k <= high && !(data[at + k * step] > 0)) k++;
  return k;
});
