import { allocate, allocateUnset } from '../../../arena';
import { firstAxisFastest, type NumericArray, type Volume } from '../../volume';
import { copyStrided } from '../copy/blocks';
import { perType } from '../copy/per-type';
import { HIGHEST_LABEL, labelBoxes, type LabelBox } from './label-boxes';
import { eachRun, findRuns, join, joinRuns, rootOf, type Connectivity, type Runs } from './runs';

export type { Connectivity } from './runs';

/** Which components are kept. */
export interface LargestOptions {
  /** How many, the largest first. @default 1 */
  count?: number;
  /** Which of several of the same size: the one whose first voxel comes first or last in C order (last axis fastest). @default first */
  ties?: 'first' | 'last';
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
    return (root) => roots.has(root);
  };

/**
 * Which voxels may lose their label: `each` label keeps the largest component of its own voxels, `together` the largest component of all
 * applied labels' voxels is kept.
 */
export interface KeepLargestOptions extends LargestOptions {
  /** Labels that are looked at, whole numbers from 1 to 65535; others stay as they are. @default all */
  labels?: readonly number[];
  independent: 'each' | 'together';
  connectivity: Connectivity;
}

/**
 * A label map with the smaller components of its labels set to 0. Each label is looked at in the box around it only, so that a hundred small
 * organs cost little more than one.
 *
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

/** A label map without the connected components of each label that have fewer than `least` voxels. Volumes and errors as for `keepLargestComponent` */
export const removeSmallComponents = (volume: Volume, least: number, connectivity: Connectivity) =>
  clearComponents(volume, connectivity, smallerThan(least), (boxes) => boxes.map((box) => [box]));

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
 *
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
