import { gaussianKernel } from '../../../imaging/ops/intensity/gaussian';
import { sizeOf } from '../../../imaging/volume';
import type { ScanningWindowInferer } from '../../../model-spec';
import { along } from './window-grid';

/** Weights of MONAI >= 1.0 are at least this (`compute_importance_map`). */
const SMALLEST_WEIGHT = 1e-3;

/**
 * Weight of each voxel of a window, row-major; undefined where all weigh the same.
 * @param window spatial lengths in voxels
 */
export function windowWeights(
  window: readonly number[],
  { mode, rule, sigmaScale }: ScanningWindowInferer,
): Float32Array | undefined {
  if (mode === 'constant') return undefined;
  return rule === 'monai-0' ? impulseResponse(window, sigmaScale) : gaussian(window, sigmaScale);
}

/** MONAI <= 0.8: an impulse at n//2 through the erf kernel, divided by its maximum; zeros become the smallest non-zero weight. */
function impulseResponse(window: readonly number[], sigmaScale: number | number[]): Float32Array {
  const lines = window.map((length, axis) => {
    const kernel = gaussianKernel(along(sigmaScale, axis) * length);
    const tail = (kernel.length - 1) / 2;
    const centre = Math.floor(length / 2);
    return Float64Array.from({ length }, (_, i) => kernel[i - centre + tail] ?? 0);
  });
  const weights = product(lines);
  const most = max(weights);
  for (let i = 0; i < weights.length; i++) weights[i] /= most;
  const least = smallestNonZero(weights);
  return weights.map((weight) => (weight === 0 ? least : weight));
}

/** MONAI >= 1.0: exp(-x²/2σ²) around the middle, product of the axes, not below max(smallest non-zero, 1e-3). */
function gaussian(window: readonly number[], sigmaScale: number | number[]): Float32Array {
  const lines = window.map((length, axis) => {
    const sigma = along(sigmaScale, axis) * length;
    return Float64Array.from({ length }, (_, i) => Math.exp(-((i - (length - 1) / 2) ** 2) / (2 * sigma * sigma)));
  });
  const weights = product(lines);
  const least = Math.max(smallestNonZero(weights), SMALLEST_WEIGHT);
  return weights.map((weight) => Math.max(weight, least));
}

function product(lines: readonly Float64Array[]): Float32Array {
  const weights = new Float32Array(sizeOf(lines.map((line) => line.length)));
  for (let at = 0; at < weights.length; at++) {
    let rest = at;
    let weight = 1;
    for (let d = lines.length - 1; d >= 0; d--) {
      weight *= lines[d][rest % lines[d].length];
      rest = Math.floor(rest / lines[d].length);
    }
    weights[at] = weight;
  }
  return weights;
}

function max(values: Float32Array): number {
  return values.reduce((most, value) => (value > most ? value : most), 0);
}

function smallestNonZero(values: Float32Array): number {
  return values.reduce((least, value) => (value > 0 && value < least ? value : least), Infinity);
}
