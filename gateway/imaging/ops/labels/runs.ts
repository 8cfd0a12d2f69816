import type { NumericArray, Volume } from '../../volume';
import { perType } from '../copy/per-type';

/** Voxels are connected that share a face (`faces`: 4 neighbours in 2-D, 6 in 3-D), also an edge (`edges`: 8, 18), also a corner (`full`: 8, 26). */
export type Connectivity = 'faces' | 'edges' | 'full';

/** Runs along the first axis, row after row, rows counted y fastest: those of row r are `firstOfRow[r]` to before `firstOfRow[r + 1]`. */
export interface Runs {
  start: Int32Array;
  /** One after the last voxel. */
  end: Int32Array;
  firstOfRow: Int32Array;
  count: number;
}

/** The runs of voxels above zero, or of those that are not. @param volume without channel axis */
export function findRuns(
  { data, shape, strides }: Pick<Volume, 'data' | 'shape' | 'strides'>,
  which: 'above zero' | 'others',
): Runs {
  const [nx, ny, nz = 1] = shape;
  const [sx, sy, sz = 0] = strides;
  const rows = ny * nz;
  const firstOfRow = new Int32Array(rows + 1);
  let [start, end] = [new Int32Array(4096), new Int32Array(4096)];
  const find = runsOfRow(data);
  let count = 0;
  for (let r = 0; r < rows; r++) {
    firstOfRow[r] = count;
    // A row of n voxels has at most half as many runs, rounded up.
    if (count + nx / 2 + 1 > start.length) [start, end] = [longer(start, count + nx), longer(end, count + nx)];
    const at = (r % ny) * sy + Math.floor(r / ny) * sz;
    count = find(data, at, sx, nx, which === 'above zero', start, end, count);
  }
  firstOfRow[rows] = count;
  return { start, end, firstOfRow, count };
}

/** Calls with the number of each run and of its row. */
export function eachRun({ firstOfRow }: Runs, visit: (run: number, row: number) => void): void {
  for (let row = 0; row + 1 < firstOfRow.length; row++)
    for (let n = firstOfRow[row]; n < firstOfRow[row + 1]; n++) visit(n, row);
}

function longer(list: Int32Array, least: number) {
  const copy = new Int32Array(Math.max(2 * list.length, least + 1));
  copy.set(list);
  return copy;
}

const runsOfRow = perType(
  (
    data: NumericArray,
    at: number,
    step: number,
    n: number,
    above: boolean,
    start: Int32Array,
    end: Int32Array,
    count: number,
  ): number => {
    for (let i = 0; i < n;) {
      while (i < n && data[at + i * step] > 0 !== above) i++;
      if (i === n) break;
      start[count] = i;
      while (i < n && data[at + i * step] > 0 === above) i++;
      end[count++] = i;
    }
    return count;
  },
);

/**
 * Joins runs of neighbouring rows that touch, with a disjoint-set forest.
 * @param spare further members without voxels, numbered after the runs
 * @returns parent of each member; `rootOf` leads to the member that stands for its component
 * @see Rosenfeld & Pfaltz, Sequential operations in digital picture processing, JACM 13(4), 1966
 */
export function joinRuns(runs: Runs, [, ny, nz = 1]: readonly number[], connectivity: Connectivity, spare = 0): Int32Array {
  const parent = new Int32Array(runs.count + spare);
  for (let n = 0; n < parent.length; n++) parent[n] = n;
  // How far runs of a row beside, and of a row across an edge, may lie apart along the row; below 0: not connected at all.
  const beside = connectivity === 'faces' ? 0 : 1;
  const across = { faces: -1, edges: 0, full: 1 }[connectivity];
  for (let k = 0; k < nz; k++) {
    for (let j = 0; j < ny; j++) {
      const row = k * ny + j;
      if (j > 0) joinRows(runs, parent, row, row - 1, beside);
      if (k === 0) continue;
      joinRows(runs, parent, row, row - ny, beside);
      if (across < 0) continue;
      if (j > 0) joinRows(runs, parent, row, row - ny - 1, across);
      if (j + 1 < ny) joinRows(runs, parent, row, row - ny + 1, across);
    }
  }
  return parent;
} // prettier-ignore

/** Joins the runs of two rows that overlap, or lie within `reach` of each other. */
function joinRows({ start, end, firstOfRow }: Runs, parent: Int32Array, rowA: number, rowB: number, reach: number) {
  const [endA, endB] = [firstOfRow[rowA + 1], firstOfRow[rowB + 1]];
  let a = firstOfRow[rowA];
  let b = firstOfRow[rowB];
  while (a < endA && b < endB) {
    if (start[a] < end[b] + reach && start[b] < end[a] + reach) join(parent, a, b);
    if (end[a] < end[b]) a++;
    else b++;
  }
}

/** The component of the one and that of the other become one; the member with the lower number stands for it. */
export function join(parent: Int32Array, a: number, b: number): void {
  const [rootA, rootB] = [rootOf(parent, a), rootOf(parent, b)];
  if (rootA < rootB) parent[rootB] = rootA;
  else parent[rootA] = rootB;
}

/** The member that stands for the component of a member. */
export function rootOf(parent: Int32Array, member: number): number {
  while (parent[member] !== member) {
    parent[member] = parent[parent[member]];
    member = parent[member];
  }
  return member;
}
