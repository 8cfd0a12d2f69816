import { allocateUnset } from '../../../arena';
import { lastAxisFastest, sizeOf, type NumericArray, type Volume } from '../../volume';
import { perType } from '../copy/per-type';
import type { Padding } from '../copy/windows';
import { cutBox } from '../crop/boxes';

/** Makes voxels of a row out of the boxes around them: `offsets` lead from `from`, the corner of the first box, to its voxels. */
type MakeRow = (
  data: NumericArray,
  from: number,
  step: number,
  n: number,
  offsets: Int32Array,
  out: Float32Array,
  to: number,
) => void;

/** A volume of what `rowOf` makes of the box around each voxel, `radius` voxels to each side per axis; float32, last axis fastest. */
function boxFilter(
  volume: Volume,
  radius: readonly number[],
  mode: Padding['mode'],
  rowOf: (data: NumericArray) => MakeRow,
): Volume<Float32Array> {
  const { shape } = volume;
  const start = radius.map((r) => 0 - r);
  const size = shape.map((n, d) => n + 2 * radius[d]);
  const padded = cutBox(volume, start, size, { mode });
  const data: Float32Array = allocateUnset(Float32Array, sizeOf(shape));
  const corner = [0];
  const box = radius.reduce((all, r, d) => {
    const steps = Array.from({ length: 2 * r + 1 }, (_, i) => i * padded.strides[d]);
    return all.flatMap((at) => steps.map((step) => at + step));
  }, corner);
  const offsets = Int32Array.from(box);
  const last = shape.length - 1;
  const row = rowOf(padded.data);
  const index = shape.map(() => 0);
  for (let to = 0; to < data.length; to += shape[last]) {
    const from = index.reduce((at, i, d) => at + i * padded.strides[d], 0);
    row(padded.data, from, padded.strides[last], shape[last], offsets, data, to);
    for (let d = last - 1; d >= 0 && ++index[d] === shape[d]; d--) index[d] = 0;
  }
  return { ...volume, data, strides: lastAxisFastest(shape) };
}

/**
 * The median of the box around each voxel, `radius` voxels to each side, the edge repeated outside (torch `median` of MONAI's `median_filter`). NaN is
 * left out where there is anything else.
 * @param radius per axis of the volume; 0 leaves an axis alone
 * @returns float32, last axis fastest
 */
export const medianFilter = (volume: Volume, radius: readonly number[]): Volume<Float32Array> =>
  boxFilter(volume, radius, 'replicate', (data) => medianRow(data));

/** Hoare's selection of the middle one. @see Hoare, Algorithm 65: find, 1961 */
const medianRow = perType<MakeRow>((data, from, step, n, offsets, out, to) => {
  const window = new Float64Array(offsets.length);
  for (let i = 0; i < n; i++) {
    let count = 0;
    for (let w = 0; w < offsets.length; w++) {
      const value = data[from + i * step + offsets[w]];
      if (value === value) window[count++] = value;
    }
    const middle = (count - 1) >> 1;
    let [low, high] = [0, count - 1];
    while (low < high) {
      const pivot = window[middle];
      let [a, b] = [low, high];
      while (a <= b) {
        while (window[a] < pivot) a++;
        while (window[b] > pivot) b--;
        if (a <= b) {
          const swapped = window[a];
          window[a++] = window[b];
          window[b--] = swapped;
        }
      }
      if (b < middle) low = a;
      if (middle < a) high = b;
    }
    out[to + i] = count === 0 ? NaN : window[middle];
  }
});

/**
 * How much a voxel exceeds the sum of the box of 3 voxels per axis around it, times their number, kept within 0 and 1: the edge voxels of masks
 * of 0 and 1. Zeros lie outside (MONAI's Laplacian kernel: 26 or 8 in the middle, -1 around it).
 * @param volume without channel axis
 * @returns float32, last axis fastest
 */
export const contour = (volume: Volume): Volume<Float32Array> =>
  boxFilter(
    volume,
    volume.shape.map(() => 1),
    'constant',
    (data) => contourRow(data),
  );

const contourRow = perType<MakeRow>((data, from, step, n, box, out, to) => {
  const middle = box[(box.length - 1) >> 1];
  for (let i = 0; i < n; i++) {
    let sum = 0;
    for (let b = 0; b < box.length; b++) sum += data[from + i * step + box[b]];
    out[to + i] = Math.min(Math.max(box.length * data[from + i * step + middle] - sum, 0), 1);
  }
});
