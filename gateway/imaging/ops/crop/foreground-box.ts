import type { Volume } from '../../volume';
import { rowsOf } from '../../simd/rows';
import { typeNumber, simdCode } from '../../simd/simd-code';
import { memoryOrder } from '../copy/layout';

/** First and last index with a value above zero, per axis. */
export interface Bounds {
  first: number[];
  last: number[];
}

/**
 * The smallest box around the voxels above zero, or undefined when there are none.
 *
 * @param volume without channel axis, two or three axes in any memory order
 */
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
