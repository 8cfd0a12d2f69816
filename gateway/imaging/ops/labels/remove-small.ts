import { firstAxisFastest, type NumericArray, type Volume } from '../../volume';
import { allocateUnset } from '../../../arena';
import { labelBoxes } from './label-boxes';
import { perType } from '../copy/per-type';
import { findRuns, joinRuns, rootOf, type Connectivity } from './runs';
import { copyStrided } from '../copy/blocks';

/**
 * A label map without the connected components of each label that have fewer than `least` voxels; they become 0.
 *
 * @param volume without channel axis, whole numbers from 0 to 65535
 * @returns the same type, first axis fastest
 * @throws Error when a voxel is no label
 */
export function removeSmallComponents(volume: Volume, least: number, connectivity: Connectivity): Volume {
  const strides = firstAxisFastest(volume.shape);
  const data = copyStrided(volume.data, 0, volume.shape, volume.strides);
  const [, sy, sz = 0] = strides;
  const [mark, clear] = [markLabel(data), clearWhere(data)];
  for (const { label, first, last } of labelBoxes(data, volume.shape)) {
    const size = first.map((f, d) => last[d] - f + 1);
    const [nx, ny, nz = 1] = size;
    const start = first.reduce((at, index, d) => at + index * strides[d], 0);
    const row = (r: number) => start + (r % ny) * sy + Math.floor(r / ny) * sz;
    const mask = allocateUnset(Uint8Array, nx * ny * nz);
    for (let r = 0; r < ny * nz; r++) mark(data, row(r), label, mask, r * nx, nx);
    const small = smallComponents({ ...volume, data: mask, shape: size, strides: firstAxisFastest(size) }, least, connectivity);
    for (let r = 0; r < ny * nz; r++) clear(data, row(r), small, r * nx, nx);
  }
  return { ...volume, data, strides };
} // prettier-ignore

/**
 * 1 in the components of the voxels above 0 that have fewer than `least` voxels, 0 elsewhere.
 * @param volume without channel axis
 * @returns first axis fastest
 */
export function smallComponents(volume: Volume, least: number, connectivity: Connectivity): Uint8Array {
  const [nx, ny, nz = 1] = volume.shape;
  const runs = findRuns(volume, 'above zero');
  const parent = joinRuns(runs, volume.shape, connectivity);
  const sizes = new Float64Array(runs.count);
  for (let n = 0; n < runs.count; n++) sizes[rootOf(parent, n)] += runs.end[n] - runs.start[n];
  const out: Uint8Array = allocateUnset(Uint8Array, nx * ny * nz).fill(0);
  for (let r = 0; r < ny * nz; r++) {
    for (let n = runs.firstOfRow[r]; n < runs.firstOfRow[r + 1]; n++)
      if (sizes[rootOf(parent, n)] < least) out.fill(1, r * nx + runs.start[n], r * nx + runs.end[n]);
  }
  return out;
}

const markLabel = perType(
  (data: NumericArray, from: number, label: number, mask: Uint8Array, to: number, n: number) => {
    for (let i = 0; i < n; i++) mask[to + i] = data[from + i] === label ? 1 : 0;
  },
);

const clearWhere = perType((data: NumericArray, to: number, where: Uint8Array, from: number, n: number) => {
  for (let i = 0; i < n; i++) if (where[from + i] === 1) data[to + i] = 0;
});
