import type { Volume } from '../../volume';
import { allocate } from '../../../arena';
import { findRuns, joinRuns, rootOf, type Connectivity, type Runs } from './runs';

export type { Connectivity } from './runs';

/** Which components are kept. */
export interface LargestOptions {
  /** How many, the largest first. @default 1 */
  count?: number;
  /** Which of several of the same size: the one whose first voxel comes first or last in C order (last axis fastest). @default first */
  ties?: 'first' | 'last';
}

/**
 * 1 in the largest connected components of the voxels above zero, 0 elsewhere (`transforms.md` §4.6, §7.3).
 *
 * @param volume without channel axis
 * @returns first axis fastest
 */
export function largestComponents(
  volume: Volume,
  connectivity: Connectivity,
  { count = 1, ties = 'first' }: LargestOptions = {},
): Uint8Array {
  const [nx, ny, nz = 1] = volume.shape;
  const runs = findRuns(volume, 'above zero');
  const parent = joinRuns(runs, volume.shape, connectivity);
  const kept = new Set(largestRoots(runs, parent, volume.shape, { count, ties }));
  const out = allocate(Uint8Array, nx * ny * nz);
  for (let r = 0; r < ny * nz; r++) {
    for (let n = runs.firstOfRow[r]; n < runs.firstOfRow[r + 1]; n++) {
      if (kept.has(rootOf(parent, n))) out.fill(1, r * nx + runs.start[n], r * nx + runs.end[n]);
    }
  }
  return out;
}

/** The largest components by their roots, the largest first. */
function largestRoots(
  runs: Runs,
  parent: Int32Array,
  [, ny, nz = 1]: readonly number[],
  { count, ties }: Required<LargestOptions>,
): number[] {
  const { start, end, firstOfRow } = runs;
  const size = new Float64Array(runs.count);
  const first = new Float64Array(runs.count).fill(Infinity);
  for (let r = 0; r < ny * nz; r++) {
    const [y, z] = [r % ny, Math.floor(r / ny)];
    for (let n = firstOfRow[r]; n < firstOfRow[r + 1]; n++) {
      const root = rootOf(parent, n);
      const inCOrder = (start[n] * ny + y) * nz + z;
      size[root] += end[n] - start[n];
      if (inCOrder < first[root]) first[root] = inCOrder;
    }
  }
  const before = (a: number, b: number) =>
    size[a] > size[b] || (size[a] === size[b] && (ties === 'first' ? first[a] < first[b] : first[a] > first[b]));
  const kept: number[] = [];
  for (let root = 0; root < runs.count; root++) {
    if (size[root] === 0 || (kept.length === count && !before(root, kept[count - 1]))) continue;
    const place = kept.findIndex((other) => before(root, other));
    kept.splice(place < 0 ? kept.length : place, 0, root);
    if (kept.length > count) kept.pop();
  }
  return kept;
}
