import { firstAxisFastest, type NumericArray, type Volume } from '../../volume';
import { allocateUnset } from '../../../arena';
import { largestComponents, type Connectivity, type LargestOptions } from './components';
import { labelBoxes, type LabelBox } from './label-boxes';
import { perType } from '../copy/per-type';
import { copyStrided } from '../copy/blocks';

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
 * A label map with the smaller components of its labels set to 0 (`transforms.md` §4.6). Each label is looked at in the box around it only, so
 * that a hundred small organs cost little more than one.
 *
 * @param volume without channel axis, whole numbers from 0 to 65535
 * @returns the same values and type, first axis fastest
 * @throws Error when a voxel is no label
 */
export function keepLargestComponent(volume: Volume, { labels, independent, ...options }: KeepLargestOptions): Volume {
  const strides = firstAxisFastest(volume.shape);
  const data = copyStrided(volume.data, 0, volume.shape, volume.strides);
  const kept: Volume = { ...volume, data, strides };
  const boxes = labelBoxes(data, volume.shape).filter(({ label }) => labels?.includes(label) ?? true);
  if (independent === 'each') for (const box of boxes) keepLargestIn(kept, [box.label], box, options);
  else if (boxes.length > 0) {
    const applied = boxes.map(({ label }) => label);
    keepLargestIn(kept, applied, boxes.reduce(enclosing), options);
  }
  return kept;
}

const enclosing = (a: LabelBox, b: LabelBox): LabelBox => ({
  label: a.label,
  first: a.first.map((first, d) => Math.min(first, b.first[d])),
  last: a.last.map((last, d) => Math.max(last, b.last[d])),
});

/** Sets the voxels of the group that are not in its largest components to 0, in place. */
function keepLargestIn(
  { data, shape, strides }: Volume,
  group: readonly number[],
  { first, last }: LabelBox,
  { connectivity, ...which }: LargestOptions & { connectivity: Connectivity },
): void {
  const member = new Uint8Array(Math.max(...group) + 1);
  for (const label of group) member[label] = 1;
  const size = shape.map((_, d) => last[d] - first[d] + 1);
  const [nx, ny, nz = 1] = size;
  const [, sy, sz = 0] = strides;
  const start = first.reduce((at, index, d) => at + index * strides[d], 0);
  const row = (r: number) => start + (r % ny) * sy + Math.floor(r / ny) * sz;

  const mask = allocateUnset(Uint8Array, nx * ny * nz);
  const [mark, clear] = [markMembers(data), clearOthers(data)];
  for (let r = 0; r < ny * nz; r++) mark(data, row(r), member, mask, r * nx, nx);
  const axes = shape.length === 2 ? 'XY' : 'XYZ';
  const largest = largestComponents(
    { data: mask, shape: size, strides: firstAxisFastest(size), axes, properties: {} },
    connectivity,
    which,
  );
  for (let r = 0; r < ny * nz; r++) clear(data, row(r), mask, largest, r * nx, nx);
}

const markMembers = perType(
  (data: NumericArray, from: number, member: Uint8Array, mask: Uint8Array, to: number, n: number) => {
    for (let i = 0; i < n; i++) mask[to + i] = member[data[from + i]];
  },
);

const clearOthers = perType(
  (data: NumericArray, to: number, mask: Uint8Array, kept: Uint8Array, from: number, n: number) => {
    for (let i = 0; i < n; i++) if (mask[from + i] !== kept[from + i]) data[to + i] = 0;
  },
);
