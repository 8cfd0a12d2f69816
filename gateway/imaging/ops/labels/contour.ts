import { lastAxisFastest, sizeOf, type NumericArray, type Volume } from '../../volume';
import { allocateUnset } from '../../../arena';
import { cutBox } from '../crop/cut-box';
import { perType } from '../copy/per-type';

/**
 * How much a voxel exceeds the sum of the box of 3 voxels per axis around it, times their number, kept within 0 and 1: the edge voxels of masks
 * of 0 and 1. Zeros lie outside (MONAI's Laplacian kernel: 26 or 8 in the middle, -1 around it).
 *
 * @param volume without channel axis
 * @returns float32, last axis fastest
 */
export function contour(volume: Volume): Volume<Float32Array> {
  const { shape } = volume;
  const padded = cutBox(volume, shape.map(() => -1), shape.map((n) => n + 2)); // prettier-ignore
  const data = allocateUnset(Float32Array, sizeOf(shape));
  const box = padded.strides.reduce<number[]>((all, stride) => all.flatMap((at) => [at - stride, at, at + stride]), [0]);
  const offsets = Int32Array.from(box);
  const last = shape.length - 1;
  const row = contourRow(padded.data);
  const rows = sizeOf(shape) / shape[last];
  const index = shape.map(() => 0);
  for (let n = 0; n < rows; n++) {
    const from = index.reduce((at, i, d) => at + (i + 1) * padded.strides[d], 0);
    row(padded.data, from, shape[last], offsets, data, n * shape[last]);
    for (let d = last - 1; d >= 0 && ++index[d] === shape[d]; d--) index[d] = 0;
  }
  return { ...volume, data, shape, strides: lastAxisFastest(shape) };
} // prettier-ignore

const contourRow = perType(
  (data: NumericArray, from: number, n: number, box: Int32Array, out: Float32Array, to: number) => {
    for (let i = 0; i < n; i++) {
      let sum = 0;
      for (let b = 0; b < box.length; b++) sum += data[from + i + box[b]];
      out[to + i] = Math.min(Math.max(box.length * data[from + i] - sum, 0), 1);
    }
  },
);
