import type { Volume } from '../volume';
import { allocate } from '../../array-memory';
import { findRuns, joinRuns, rootOf, type Connectivity, type Runs } from './runs';

export type { Connectivity } from './runs';

/**
 * 1 in the largest connected component of the voxels above zero, 0 elsewhere. Of several of the same size the one met first in C order
 * (last axis fastest) is taken (`transforms.md` §4.6, §7.3).
 *
 * @param volume without channel axis
 * @returns first axis fastest
 */
export function largestComponent(volume: Volume, connectivity: Connectivity): Uint8Array {
  const [nx, ny, nz = 1] = volume.shape;
  const runs = findRuns(volume, 'above zero');
  const parent = joinRuns(runs, volume.shape, connectivity);
  const largest = largestRoot(runs, parent, ny, nz);
  const out = allocate(Uint8Array, nx * ny * nz);
  for (let r = 0; r < ny * nz; r++) {
    for (let n = runs.firstOfRow[r]; n < runs.firstOfRow[r + 1]; n++) {
      if (rootOf(parent, n) === largest) out.fill(1, r * nx + runs.start[n], r * nx + runs.end[n]);
    }
  }
  return out;
}

function largestRoot({ start, end, firstOfRow, count }: Runs, parent: Int32Array, ny: number, nz: number): number {
  const size = new Float64Array(count);
  const first = new Float64Array(count).fill(Infinity);
  for (let r = 0; r < ny * nz; r++) {
    const [y, z] = [r % ny, Math.floor(r / ny)];
    for (let n = firstOfRow[r]; n < firstOfRow[r + 1]; n++) {
      const root = rootOf(parent, n);
      const inCOrder = (start[n] * ny + y) * nz + z;
      size[root] += end[n] - start[n];
      if (inCOrder < first[root]) first[root] = inCOrder;
    }
  }
  let best = -1;
  for (let root = 0; root < count; root++) {
    const lead = best < 0 ? size[root] : size[root] - size[best];
    if (lead > 0 || (lead === 0 && best >= 0 && first[root] < first[best])) best = root;
  }
  return best;
}
