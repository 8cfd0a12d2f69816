import { firstAxisFastest, sizeOf } from '../../volume';
import { allocateUnset } from '../../../arena';
import { gaussianKernel } from '../intensity/gaussian';
import { valueRange } from '../intensity/measures';

export interface HeatMapOptions {
  /** Standard deviation in voxels. */
  sigma: number;
  /** Value far from all points and at the hottest voxel. */
  low: number;
  high: number;
}

/**
 * A channel that is hot around points: an impulse of 1 at each, smoothed with the gaussian of `gaussianKernel` (zeros outside the image),
 * scaled to `low`..`high`; `low` everywhere without points. Smoothing is linear, so the sum of one kernel per distinct point is the same as filtering.
 * @param shape two or three lengths
 * @param points whole voxel indices, clamped into the image; a point given twice counts once
 * @returns the channel, first axis fastest
 */
export function heatMap(
  shape: readonly number[],
  points: readonly (readonly number[])[],
  { sigma, low, high }: HeatMapOptions,
): Float32Array {
  const out: Float32Array = allocateUnset(Float32Array, sizeOf(shape)).fill(0);
  const kernel = gaussianKernel(sigma);
  const clamped = points.map((point) => shape.map((n, d) => Math.min(Math.max(point[d], 0), n - 1)));
  const distinct = new Map(clamped.map((point) => [point.join(), point]));
  for (const point of distinct.values()) addKernel(out, shape, point, kernel);
  rescale(out, low, high);
  return out;
}

function addKernel(out: Float32Array, shape: readonly number[], point: readonly number[], kernel: Float64Array) {
  const tail = (kernel.length - 1) / 2;
  const [nx, ny, nz = 1] = shape;
  const [px, py, pz = 0] = point;
  const [, sy, sz = 0] = firstAxisFastest(shape);
  const flat = shape.length < 3;
  for (let k = Math.max(pz - tail, 0); k <= Math.min(pz + tail, nz - 1); k++) {
    const alongZ = flat ? 1 : kernel[k - pz + tail];
    for (let j = Math.max(py - tail, 0); j <= Math.min(py + tail, ny - 1); j++) {
      const factor = alongZ * kernel[j - py + tail];
      const row = k * sz + j * sy;
      for (let i = Math.max(px - tail, 0); i <= Math.min(px + tail, nx - 1); i++)
        out[row + i] += factor * kernel[i - px + tail];
    }
  }
}

function rescale(data: Float32Array, low: number, high: number) {
  const [smallest, largest] = valueRange(data);
  const factor = largest > smallest ? (high - low) / (largest - smallest) : 0;
  for (let i = 0; i < data.length; i++) data[i] = (data[i] - smallest) * factor + low;
}
