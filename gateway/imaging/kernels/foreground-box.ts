import type { NumericArray, Volume } from '../volume';
import { perType } from './per-type';

/** First and last index with a value above zero, per axis. */
export interface Box {
  first: number[];
  last: number[];
}

/**
 * The smallest box around the voxels above zero, or undefined when there are none.
 *
 * @param volume without channel axis, two or three axes in any memory order
 */
export function foregroundBox(volume: Volume): Box | undefined {
  const { data } = volume;
  const [nx, ny, nz = 1] = volume.shape;
  const [sx, sy, sz = 0] = volume.strides;
  const first = [nx, ny, nz];
  const last = [-1, -1, -1];
  const find = firstAbove(data);
  for (let k = 0; k < nz; k++) {
    for (let j = 0; j < ny; j++) {
      const row = k * sz + j * sy;
      const i = find(data, row, sx, nx);
      if (i === nx) continue;
      first[0] = Math.min(first[0], i);
      first[1] = Math.min(first[1], j);
      first[2] = Math.min(first[2], k);
      // From the end of the row backwards, as far as it can be farther than what is known.
      const beyond = nx - 1 - last[0];
      const fromEnd = find(data, row + (nx - 1) * sx, -sx, beyond);
      last[0] = Math.max(last[0], nx - 1 - fromEnd);
      last[1] = Math.max(last[1], j);
      last[2] = k;
    }
  }
  if (last[0] < 0) return undefined;
  const dimensions = volume.shape.length;
  return { first: first.slice(0, dimensions), last: last.slice(0, dimensions) };
}

/** Number of steps to the first value above zero; `n` when there is none. */
const firstAbove = perType((data: NumericArray, at: number, step: number, n: number): number => {
  let i = 0;
  while (i < n && !(data[at + i * step] > 0)) i++;
  return i;
});
