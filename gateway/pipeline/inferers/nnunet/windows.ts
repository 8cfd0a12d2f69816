import { allocateUnset } from '../../../arena';
import { roundHalfToEven } from '../../../imaging/ops/resample/round-half-to-even';
import { decodeHalf, encodeHalf } from '../../../half';

/** The largest weight of a window: nnU-Net's choice since 2.3.1. */
const LARGEST_WEIGHT = 10;

/**
 * First indices of the windows along an axis that is at least as long as a window (nnU-Net 2.8 `compute_steps_for_sliding_window`).
 * @param step share of the window, 0 < step <= 1
 */
export function windowStarts(length: number, window: number, step: number): number[] {
  const count = Math.ceil((length - window) / (window * step)) + 1;
  const gap = count > 1 ? (length - window) / (count - 1) : 0;
  return Array.from({ length: count }, (_, i) => roundHalfToEven(gap * i));
}

/**
 * Weights of a window in half precision, kept as float32 (nnU-Net 2.8 `compute_gaussian`): an impulse in the middle through SciPy's `gaussian_filter` with a
 * sigma of an eighth of the window, its maximum 10, zeros made the least weight there is.
 */
export function gaussianWeights(window: readonly number[]): Float32Array {
  const lines = window.map(gaussianLine);
  const length = window.reduce((product, n) => product * n, 1);
  const weights = allocateUnset(Float32Array, length);
  const largest = lines.reduce((product, line) => product * Math.max(...line), 1) / LARGEST_WEIGHT;
  const index = window.map(() => 0);
  for (let at = 0; at < length; at++) {
    const value = lines.reduce((product, line, d) => product * line[index[d]], 1) / largest;
    weights[at] = value;
    for (let d = window.length - 1; d >= 0 && ++index[d] === window[d]; d--) index[d] = 0;
  }
  decodeHalf(encodeHalf(weights), weights);
  const least = weights.reduce((low, weight) => (weight > 0 && weight < low ? weight : low), Infinity);
  for (let at = 0; at < length; at++) if (weights[at] === 0) weights[at] = least;
  return weights;
}

function gaussianLine(n: number): number[] {
  const sigma = n / 8;
  const radius = Math.floor(4 * sigma + 0.5);
  const kernel = Array.from({ length: 2 * radius + 1 }, (_, i) => Math.exp((-0.5 / (sigma * sigma)) * (i - radius) ** 2));
  const sum = kernel.reduce((total, value) => total + value, 0);
  return Array.from({ length: n }, (_, i) => (kernel[Math.floor(n / 2) - i + radius] ?? 0) / sum);
} // prettier-ignore
