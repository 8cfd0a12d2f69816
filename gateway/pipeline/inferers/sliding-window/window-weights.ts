import { gaussianKernel } from '../../../imaging/ops/intensity/gaussian';
import { sizeOf } from '../../../imaging/volume';
import type { ScanningWindowInferer } from '../../../model-spec';
import { along } from './window-grid';

/** Weights of MONAI >= 1.0 are at least this (`compute_importance_map`). */
const SMALLEST_WEIGHT = 1e-3;

/**
 * Weight of each voxel of a window, row-major, the product of those along its axes; undefined where all weigh the same. None is zero: the
 * smallest that is not zero stands in.
 * @param window spatial lengths in voxels
 */
export function windowWeights(
  window: readonly number[],
  { mode, rule, sigmaScale }: ScanningWindowInferer,
): Float32Array | undefined {
  if (mode === 'constant') return undefined;
  const isImpulse = rule === 'monai-0';
  const line = isImpulse ? impulseResponse : gaussian;
  const lines = window.map((length, axis) => line(length, along(sigmaScale, axis) * length));
  const weights = new Float32Array(sizeOf(window));
  for (let at = 0; at < weights.length; at++) {
    let rest = at;
    let weight = 1;
    for (let d = lines.length - 1; d >= 0; d--) {
      weight *= lines[d][rest % window[d]];
      rest = Math.floor(rest / window[d]);
    }
    weights[at] = weight;
  }
  const most = isImpulse ? weights.reduce((max, weight) => Math.max(max, weight), 0) : 1;
  for (let i = 0; i < weights.length; i++) weights[i] /= most;
  const least = weights.reduce((min, weight) => (weight > 0 && weight < min ? weight : min), Infinity);
  const lowest = isImpulse ? least : Math.max(least, SMALLEST_WEIGHT);
  return weights.map((weight) => Math.max(weight, lowest));
}

/** MONAI <= 0.8: an impulse at n//2 through the erf kernel; the product is divided by its maximum. */
function impulseResponse(length: number, sigma: number): Float64Array {
  const kernel = gaussianKernel(sigma);
  const tail = (kernel.length - 1) / 2;
  return Float64Array.from({ length }, (_, i) => kernel[i - Math.floor(length / 2) + tail] ?? 0);
}

/** MONAI >= 1.0: exp(-x²/2σ²) around the middle. */
function gaussian(length: number, sigma: number): Float64Array {
  return Float64Array.from({ length }, (_, i) => Math.exp(-((i - (length - 1) / 2) ** 2) / (2 * sigma * sigma)));
}
