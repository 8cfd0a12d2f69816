import { lastAxisFastest, sizeOf, type NumericArray, type Volume } from '../../volume';
import { allocateUnset } from '../../../arena';
import { cutBox } from '../crop/cut-box';
import { perType } from '../copy/per-type';

/**
 * The median of the box around each voxel, `radius` voxels to each side, the edge repeated outside (torch `median` of MONAI's `median_filter`). NaN is
 * left out where there is anything else.
 *
 * @param radius per axis of the volume; 0 leaves an axis alone
 * @returns float32, last axis fastest
 */
export function medianFilter(volume: Volume, radius: readonly number[]): Volume<Float32Array> {
  const size = volume.shape.map((n, d) => n + 2 * radius[d]);
  const padded = cutBox(volume, radius.map((r) => 0 - r), size, { mode: 'replicate' });
  const { shape } = volume;
  const data = allocateUnset(Float32Array, sizeOf(shape));
  const strides = lastAxisFastest(shape);
  const box = radius.reduce<number[]>((all, r, d) => {
    const steps = Array.from({ length: 2 * r + 1 }, (_, i) => i * padded.strides[d]);
    return all.flatMap((at) => steps.map((step) => at + step));
  }, [0]);
  const offsets = Int32Array.from(box);
  const last = shape.length - 1;
  const row = medianRow(padded.data);
  const rows = sizeOf(shape) / shape[last];
  const index = shape.map(() => 0);
  for (let n = 0; n < rows; n++) {
    const from = index.reduce((at, i, d) => at + i * padded.strides[d], 0);
    row(padded.data, from, padded.strides[last], shape[last], offsets, data, n * shape[last]);
    for (let d = last - 1; d >= 0 && ++index[d] === shape[d]; d--) index[d] = 0;
  }
  return { ...volume, data, shape, strides };
} // prettier-ignore

/** Hoare's selection of the middle one. @see Hoare, Algorithm 65: find, 1961 */
const medianRow = perType(
  (data: NumericArray, from: number, step: number, n: number, offsets: Int32Array, out: Float32Array, to: number) => {
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
  },
);
