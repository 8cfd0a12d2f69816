import { allocate, type Volume } from '../volume';

/**
 * `faces`: voxels that share a face are connected (4 neighbours in 2-D, 6 in 3-D); `edges`: also those that share an edge (8, 18); `full`:
 * also those that share a corner (8, 26).
 */
export type Connectivity = 'faces' | 'edges' | 'full';

/** Runs of foreground along the first axis, all rows one behind the other, and the component each belongs to. */
interface Runs {
  start: number[];
  end: number[];
  parent: number[];
}

/**
 * 1 in the largest connected component of the voxels above zero, 0 elsewhere. Of several of the same size the one met first in C order
 * (last axis fastest) is taken (`transforms.md` §4.6, §7.3).
 *
 * Works on runs of voxels instead of voxels: neighbouring rows are compared run by run and joined with a disjoint-set forest.
 *
 * @param volume without channel axis
 * @returns first axis fastest
 * @see Rosenfeld & Pfaltz, Sequential operations in digital picture processing, JACM 13(4), 1966
 */
export function largestComponent(volume: Volume, connectivity: Connectivity): Uint8Array {
  const [nx, ny, nz = 1] = volume.shape;
  const { runs, firstRun } = findRuns(volume);
  // How far runs of a row beside, and of a row across an edge, may lie apart along the row; below 0: not connected at all.
  const beside = connectivity === 'faces' ? 0 : 1;
  const across = { faces: -1, edges: 0, full: 1 }[connectivity];
  const row = (j: number, k: number) => k * ny + j;
  for (let k = 0; k < nz; k++) {
    for (let j = 0; j < ny; j++) {
      if (j > 0) joinRows(runs, firstRun, row(j, k), row(j - 1, k), beside);
      if (k === 0) continue;
      joinRows(runs, firstRun, row(j, k), row(j, k - 1), beside);
      if (across < 0) continue;
      if (j > 0) joinRows(runs, firstRun, row(j, k), row(j - 1, k - 1), across);
      if (j + 1 < ny) joinRows(runs, firstRun, row(j, k), row(j + 1, k - 1), across);
    }
  }
  const largest = largestRoot(runs, firstRun, ny, nz);
  const out = allocate(Uint8Array, nx * ny * nz);
  for (let r = 0; r < ny * nz; r++) {
    for (let n = firstRun[r]; n < firstRun[r + 1]; n++) {
      if (rootOf(runs.parent, n) === largest) out.fill(1, r * nx + runs.start[n], r * nx + runs.end[n]);
    }
  }
  return out;
}

/** `firstRun[row]` is the number of the row's first run; rows count y fastest. */
function findRuns({ data, shape, strides }: Volume): { runs: Runs; firstRun: Int32Array } {
  const [nx, ny, nz = 1] = shape;
  const [sx, sy, sz = 0] = strides;
  const runs: Runs = { start: [], end: [], parent: [] };
  const firstRun = new Int32Array(ny * nz + 1);
  for (let r = 0; r < ny * nz; r++) {
    const at = (r % ny) * sy + Math.floor(r / ny) * sz;
    firstRun[r] = runs.start.length;
    for (let i = 0; i < nx; i++) {
      if (!(data[at + i * sx] > 0)) continue;
      const start = i;
      while (i < nx && data[at + i * sx] > 0) i++;
      runs.parent.push(runs.start.length);
      runs.start.push(start);
      runs.end.push(i);
    }
  }
  firstRun[ny * nz] = runs.start.length;
  return { runs, firstRun };
}

/** Joins the runs of two rows that overlap, or lie within `reach` of each other. */
function joinRows({ start, end, parent }: Runs, firstRun: Int32Array, rowA: number, rowB: number, reach: number): void {
  let a = firstRun[rowA];
  let b = firstRun[rowB];
  while (a < firstRun[rowA + 1] && b < firstRun[rowB + 1]) {
    if (start[a] < end[b] + reach && start[b] < end[a] + reach) parent[rootOf(parent, a)] = rootOf(parent, b);
    if (end[a] < end[b]) a++;
    else b++;
  }
}

function rootOf(parent: number[], run: number): number {
  while (parent[run] !== run) {
    parent[run] = parent[parent[run]];
    run = parent[run];
  }
  return run;
}

function largestRoot({ start, end, parent }: Runs, firstRun: Int32Array, ny: number, nz: number): number {
  const size = new Map<number, number>();
  const first = new Map<number, number>();
  for (let r = 0; r < ny * nz; r++) {
    for (let n = firstRun[r]; n < firstRun[r + 1]; n++) {
      const root = rootOf(parent, n);
      const inCOrder = (start[n] * ny + (r % ny)) * nz + Math.floor(r / ny);
      size.set(root, (size.get(root) ?? 0) + end[n] - start[n]);
      first.set(root, Math.min(first.get(root) ?? Infinity, inCOrder));
    }
  }
  let best = -1;
  for (const [root, count] of size) {
    const lead = best < 0 ? Infinity : count - size.get(best)!;
    if (lead > 0 || (lead === 0 && first.get(root)! < first.get(best)!)) best = root;
  }
  return best;
}
