import { allocate, allocateUnset } from '../../../arena';
import { firstAxisFastest, type NumericArray, type Volume } from '../../volume';
import { copyStrided } from '../copy/blocks';
import { perType } from '../copy/per-type';
import { eachRun, findRuns, join, joinRuns, rootOf, type Connectivity, type Runs } from './runs';

export type { Connectivity } from './runs';

/** Which components are kept. */
export interface LargestOptions {
  /** How many, the largest first. @default 1 */
  count?: number;
  /** Which of several of the same size: the one whose first voxel comes first or last in C order (last axis fastest), or all as large as the last one kept. @default first */
  ties?: 'first' | 'last' | 'all';
}

/** Says of each component, by its root, whether it is marked. */
type Choice = (runs: Runs, parent: Int32Array, shape: readonly number[]) => (root: number) => boolean;

/** 1 in the chosen connected components of the voxels above zero, 0 elsewhere; first axis fastest. @param volume without channel axis */
function markComponents(volume: Volume, connectivity: Connectivity, choose: Choice): Uint8Array {
  const { shape } = volume;
  const [nx, ny, nz = 1] = shape;
  const runs = findRuns(volume, 'above zero');
  const parent = joinRuns(runs, shape, connectivity);
  const isChosen = choose(runs, parent, shape);
  const out = allocate(Uint8Array, nx * ny * nz);
  eachRun(runs, (n, row) => {
    if (isChosen(rootOf(parent, n))) out.fill(1, row * nx + runs.start[n], row * nx + runs.end[n]);
  });
  return out;
}

/** 1 in the largest connected components of the voxels above zero. @param volume without channel axis @returns first axis fastest */
export const largestComponents = (volume: Volume, connectivity: Connectivity, which: LargestOptions = {}) =>
  markComponents(volume, connectivity, largest(which));

/** 1 in the components of the voxels above zero that have fewer than `least` voxels. @returns first axis fastest */
export const smallComponents = (volume: Volume, least: number, connectivity: Connectivity) =>
  markComponents(volume, connectivity, smallerThan(least));

const smallerThan =
  (least: number): Choice =>
  ({ start, end, count }, parent) => {
    const sizes = new Float64Array(count);
    for (let n = 0; n < count; n++) sizes[rootOf(parent, n)] += end[n] - start[n];
    return (root) => sizes[root] < least;
  };

const largest =
  ({ count = 1, ties = 'first' }: LargestOptions): Choice =>
  (runs, parent, [, ny, nz = 1]) => {
    const { start, end } = runs;
    const size = new Float64Array(runs.count);
    const first = new Float64Array(runs.count).fill(Infinity);
    eachRun(runs, (n, row) => {
      const root = rootOf(parent, n);
      const inCOrder = (start[n] * ny + (row % ny)) * nz + Math.floor(row / ny);
      size[root] += end[n] - start[n];
      if (inCOrder < first[root]) first[root] = inCOrder;
    });
    const before = (a: number, b: number) =>
      size[a] > size[b] || (size[a] === size[b] && (ties === 'first' ? first[a] < first[b] : first[a] > first[b]));
    const kept: number[] = [];
    for (let root = 0; root < runs.count; root++) {
      if (size[root] === 0 || (kept.length === count && !before(root, kept[count - 1]))) continue;
      const place = kept.findIndex((other) => before(root, other));
      kept.splice(place < 0 ? kept.length : place, 0, root);
      if (kept.length > count) kept.pop();
    }
    const roots = new Set(kept);
    if (ties === 'all') return (root) => size[root] >= size[kept[kept.length - 1]];
    return (root) => roots.has(root);
  };

/** Kept is the largest component of `each` label's own voxels, or that of all applied labels' voxels `together`. */
export interface KeepLargestOptions extends LargestOptions {
  /** Labels that are looked at, whole numbers from 1 to 65535; others stay as they are. @default all */
  labels?: readonly number[];
  independent: 'each' | 'together';
  connectivity: Connectivity;
}

/**
 * A label map with the smaller components of its labels set to 0. Each label is looked at in the box around it only, so that a hundred small
 * organs cost little more than one.
 * @param volume without channel axis, whole numbers from 0 to 65535
 * @returns the same values and type, first axis fastest
 * @throws Error when a voxel is not a label
 */
export function keepLargestComponent(volume: Volume, { labels, independent, ...options }: KeepLargestOptions): Volume {
  const choose = largest(options);
  const others: Choice = (...components) => {
    const isLargest = choose(...components);
    return (root) => !isLargest(root);
  };
  return clearComponents(volume, options.connectivity, others, (boxes) => {
    const applied = boxes.filter(({ label }) => labels?.includes(label) ?? true);
    return independent === 'each' ? applied.map((box) => [box]) : [applied];
  });
}

/**
 * A label map without the connected components of each label that have fewer than `least` voxels. Volumes and errors as for `keepLargestComponent`
 * @param labels that are looked at. @default all
 */
export const removeSmallComponents = (volume: Volume, least: number, connectivity: Connectivity, labels?: readonly number[]) =>
  clearComponents(volume, connectivity, smallerThan(least), (boxes) =>
    boxes.filter(({ label }) => labels?.includes(label) ?? true).map((box) => [box]),
  ); // prettier-ignore

/** @param groupsOf labels whose voxels are taken together */
function clearComponents(
  volume: Volume,
  connectivity: Connectivity,
  choose: Choice,
  groupsOf: (boxes: LabelBox[]) => LabelBox[][],
): Volume {
  const { shape } = volume;
  const strides = firstAxisFastest(shape);
  const data = copyStrided(volume.data, 0, shape, volume.strides);
  const [mark, clear] = [markMembers(data), clearMarked(data)];
  const [, sy, sz = 0] = strides;
  const member = new Uint8Array(HIGHEST_LABEL + 1);
  for (const group of groupsOf(labelBoxes(data, shape)).filter(({ length }) => length > 0)) {
    const first = shape.map((_, d) => Math.min(...group.map((box) => box.first[d])));
    const size = first.map((low, d) => Math.max(...group.map((box) => box.last[d])) - low + 1);
    const [nx, ny, nz = 1] = size;
    const start = first.reduce((at, index, d) => at + index * strides[d], 0);
    const row = (r: number) => start + (r % ny) * sy + Math.floor(r / ny) * sz;

    for (const { label } of group) member[label] = 1;
    const mask = allocateUnset(Uint8Array, nx * ny * nz);
    for (let r = 0; r < ny * nz; r++) mark(data, row(r), member, mask, r * nx, nx);
    for (const { label } of group) member[label] = 0;
    const box = { ...volume, data: mask, shape: size, strides: firstAxisFastest(size) };
    const marked = markComponents(box, connectivity, choose);
    for (let r = 0; r < ny * nz; r++) clear(data, row(r), marked, r * nx, nx);
  }
  return { ...volume, data, strides };
}

const markMembers = perType(
  (data: NumericArray, from: number, member: Uint8Array, mask: Uint8Array, to: number, n: number) => {
    for (let i = 0; i < n; i++) mask[to + i] = member[data[from + i]];
  },
);

const clearMarked = perType((data: NumericArray, to: number, marked: Uint8Array, from: number, n: number) => {
  for (let i = 0; i < n; i++) if (marked[from + i] === 1) data[to + i] = 0;
});

/**
 * Marks what the outside of a mask cannot reach: the mask and everything enclosed by it. The outside spreads over voxels of 0 from the
 * border of the array inwards, to neighbours as `connectivity` has them.
 * @param mask first axis fastest, 0 or 1; holes become 1, in place
 * @param shape two or three lengths
 */
export function fillHoles(mask: Uint8Array, shape: readonly number[], connectivity: Connectivity): void {
  const [nx, ny, nz = 1] = shape;
  const runs = findRuns({ data: mask, shape, strides: firstAxisFastest(shape) }, 'others');
  const { start, end, count: outside } = runs;
  const parent = joinRuns(runs, shape, connectivity, 1);
  const atBorder = (index: number, n: number) => index === 0 || index === n - 1;
  eachRun(runs, (n, row) => {
    const isOpen = atBorder(row % ny, ny) || (shape.length === 3 && atBorder(Math.floor(row / ny), nz));
    if (isOpen || start[n] === 0 || end[n] === nx) join(parent, n, outside);
  });
  const open = rootOf(parent, outside);
  eachRun(runs, (n, row) => {
    if (rootOf(parent, n) !== open) mask.fill(1, row * nx + start[n], row * nx + end[n]);
  });
}

/** The smallest box around the voxels of a label: first and last index per axis. */
export interface LabelBox {
  label: number;
  first: number[];
  last: number[];
}

const HIGHEST_LABEL = 65535;

/**
 * The boxes around all labels above 0 of a label map, in the order of the labels; one pass over the voxels.
 * @param data first axis fastest, whole numbers from 0 to 65535
 * @param shape two or three lengths
 * @throws Error when a value is not a label
 */
export function labelBoxes(data: NumericArray, shape: readonly number[]): LabelBox[] {
  const [nx, ny, nz = 1] = shape;
  // Six numbers per label: first x, y, z; last x, y, z. `last` counts from 1, so that 0 says "not met".
  const bounds = new Int32Array(6 * (HIGHEST_LABEL + 1));
  let at = 0;
  const visit = visitRow(data);
  for (let k = 0; k < nz; k++) {
    for (let j = 0; j < ny; j++, at += nx) {
      const wrong = visit(data, at, nx, j, k, bounds, HIGHEST_LABEL);
      if (wrong < nx)
        throw new Error(
          `a voxel is ${data[at + wrong]}; components are those of labels, whole numbers from 0 to ${HIGHEST_LABEL}`,
        );
    }
  }

  const boxes: LabelBox[] = [];
  for (let label = 1; label <= HIGHEST_LABEL; label++) {
    if (bounds[6 * label + 3] === 0) continue;
    const [x, y, z, endX, endY, endZ] = bounds.subarray(6 * label, 6 * label + 6);
    const cut = (list: number[]) => list.slice(0, shape.length);
    boxes.push({ label, first: cut([x, y, z]), last: cut([endX - 1, endY - 1, endZ - 1]) });
  }
  return boxes;
}

/** Runs of one label at a time. Returns the index of a value that is not a label, or `nx`. */
const visitRow = perType(
  (data: NumericArray, from: number, nx: number, j: number, k: number, bounds: Int32Array, highest: number): number => {
    for (let i = 0; i < nx;) {
      const label = data[from + i];
      if (!(label >= 0 && label <= highest) || label !== Math.floor(label)) return i;
      const start = i;
      while (i < nx && data[from + i] === label) i++;
      if (label === 0) continue;
      const b = 6 * label;
      if (bounds[b + 3] === 0) {
        bounds[b] = start;
        bounds[b + 1] = j;
        bounds[b + 2] = k;
      }
      if (start < bounds[b]) bounds[b] = start;
      if (j < bounds[b + 1]) bounds[b + 1] = j;
      if (i > bounds[b + 3]) bounds[b + 3] = i;
      if (j >= bounds[b + 4]) bounds[b + 4] = j + 1;
      bounds[b + 5] = k + 1;
    }
    return nx;
  },
);
