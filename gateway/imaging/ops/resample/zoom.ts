import { allocateUnset } from '../../../arena';
import { firstAxisFastest, sizeOf, type NumericArray, type Volume } from '../../volume';
import { roundHalfToEven } from './round-half-to-even';

/** Where the samples of an axis lie: the voxel before each and the one after it, and their weights. */
interface Axis {
  first: Int32Array;
  second: Int32Array;
  before: Float64Array;
  after: Float64Array;
}

/**
 * `scipy.ndimage.zoom(…, order=1, mode='nearest')` of SciPy 1.17, cut to whole numbers: the first and the last voxel of an axis stay where they are. Each sum is
 * made in SciPy's order in float64, since a last bit decides whether 99.99… becomes 99 or 100.
 * @param volume axes XYZ
 * @param lengths of the result
 * @returns whole numbers, X fastest; no affine
 */
export function zoomToWhole(volume: Volume, lengths: readonly number[]): Volume<Float32Array> {
  const out = allocateUnset(Float32Array, sizeOf(lengths));
  const axes = lengths.map((length, d) => axisOf(volume.shape[d], length, volume.strides[d]));
  fill(volume.data, axes, out);
  return { data: out, shape: [...lengths], strides: firstAxisFastest(lengths), axes: 'XYZ', properties: {} };
}

/** SciPy's shape of a zoomed array: each length times its zoom, rounded as Python does. */
export function zoomedLengths(shape: readonly number[], zoom: readonly number[]): number[] {
  return shape.map((n, d) => roundHalfToEven(n * zoom[d]));
}

/** Index of the voxel that `order=0` takes for each of `length` samples of an axis. */
export function nearestAfterZoom(n: number, length: number): Int32Array {
  const step = stepOf(n, length);
  return Int32Array.from({ length }, (_, i) => Math.floor(Math.min(i * step, n - 1) + 0.5));
}

const stepOf = (n: number, length: number) => (length === 1 ? 1 : (n - 1) / (length - 1));

function axisOf(n: number, length: number, stride: number): Axis {
  const step = stepOf(n, length);
  const at = Float64Array.from({ length }, (_, i) => Math.min(i * step, n - 1));
  const first = Int32Array.from(at, (x) => Math.floor(x));
  const after = at.map((x, i) => x - first[i]);
  return {
    first: first.map((i) => i * stride),
    second: first.map((i) => Math.min(i + 1, n - 1) * stride),
    before: after.map((t) => 1 - t),
    after,
  };
}

function fill(data: NumericArray, [x, y, z]: readonly Axis[], out: Float32Array): void {
  let o = 0;
  for (let k = 0; k < z.first.length; k++) {
    const [z0, z1, wz0, wz1] = [z.first[k], z.second[k], z.before[k], z.after[k]];
    for (let j = 0; j < y.first.length; j++) {
      const [y0, y1, wy0, wy1] = [y.first[j], y.second[j], y.before[j], y.after[j]];
      const [a, b, c, d] = [y0 + z0, y0 + z1, y1 + z0, y1 + z1];
      for (let i = 0; i < x.first.length; i++) {
        const [x0, x1, wx0, wx1] = [x.first[i], x.second[i], x.before[i], x.after[i]];
        let sum = data[x0 + a] * wx0 * wy0 * wz0;
        sum += data[x0 + b] * wx0 * wy0 * wz1;
        sum += data[x0 + c] * wx0 * wy1 * wz0;
        sum += data[x0 + d] * wx0 * wy1 * wz1;
        sum += data[x1 + a] * wx1 * wy0 * wz0;
        sum += data[x1 + b] * wx1 * wy0 * wz1;
        sum += data[x1 + c] * wx1 * wy1 * wz0;
        sum += data[x1 + d] * wx1 * wy1 * wz1;
        out[o++] = Math.trunc(sum);
      }
    }
  }
}
