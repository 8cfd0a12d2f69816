import type { NumericArray } from '../../volume';
import { finiteOnly, valueRange } from './measures';
import { perType } from '../copy/per-type';

/** Counts of values by bins, and the middle of each bin. */
export interface Histogram {
  counts: Float64Array;
  centres: Float64Array;
}

/** Most bins of whole numbers. */
const MOST_BINS = 1 << 24;

/**
 * The histogram of scikit-image's `exposure.histogram`: of fractional types `bins` equal bins from the least to the largest value, edges in the type of the
 * data (numpy 2.4 `histogram`), of integer types one bin per number. NaN and infinities are left out.
 * @throws Error when whole numbers lie too far apart
 */
export function histogram(data: NumericArray, bins: number): Histogram {
  if (!(data instanceof Float32Array || data instanceof Float64Array)) return wholeNumbers(data);
  const values = finiteOnly(data);
  const round = data instanceof Float32Array ? Math.fround : (value: number) => value;
  let [low, high] = valueRange(values);
  if (values.length === 0) [low, high] = [0, 1];
  else if (low === high) [low, high] = [round(low - 0.5), round(high + 0.5)];
  const extent = round(high - low);
  const step = round(extent / bins);
  const edges = Float64Array.from({ length: bins + 1 }, (_, i) => (i === bins ? high : round(round(i * step) + low)));
  const counts = new Float64Array(bins);
  for (const value of values) {
    let bin = Math.min(Math.trunc(round(round(round(value - low) / extent) * bins)), bins - 1);
    if (value < edges[bin]) bin--;
    else if (value >= edges[bin + 1] && bin !== bins - 1) bin++;
    counts[bin]++;
  }
  return { counts, centres: Float64Array.from({ length: bins }, (_, i) => round(round(edges[i] + edges[i + 1]) / 2)) };
}

function wholeNumbers(data: NumericArray): Histogram {
  const [low, high] = data.length === 0 ? [0, 0] : valueRange(data);
  if (high - low >= MOST_BINS) throw new Error(`whole numbers from ${low} to ${high} are too far apart for a histogram`);
  const counts = new Float64Array(high - low + 1);
  count(data)(data, low, counts);
  return { counts, centres: Float64Array.from(counts, (_, i) => low + i) };
} // prettier-ignore

const count = perType((data: NumericArray, low: number, counts: Float64Array) => {
  for (let i = 0; i < data.length; i++) counts[data[i] - low]++;
});

/**
 * Otsu's threshold: the middle of the bin that parts the values into two classes with the largest variance between them; of one value that value.
 * Counts and means as scikit-image 0.26 has them.
 * @see Otsu, A threshold selection method from gray-level histograms, 1979
 */
export function otsuThreshold(data: NumericArray): number {
  const first = data[0];
  if (data.every((value) => value === first)) return first;
  const { counts, centres } = histogram(data, 256);
  const [total, moment] = counts.reduce(([n, sum], k, i) => [n + k, sum + k * centres[i]], [0, 0]);
  let [best, threshold] = [-1, centres[0]];
  for (let i = 0, below = 0, sum = 0; i < counts.length - 1; i++) {
    below += counts[i];
    sum += counts[i] * centres[i];
    const above = total - below;
    const apart = sum / below - (moment - sum) / above;
    const variance = below * above * apart * apart;
    // Rounding tells empty bins apart; the first of equals is meant.
    if (variance > best * (1 + 1e-12)) [best, threshold] = [variance, centres[i]];
  }
  return threshold;
}

/** Each value at its place among all of them, from `low` to `high`: histogram equalisation with linear interpolation between the bins (MONAI 1.5.2). */
export function equalise(data: NumericArray, { counts, centres }: Histogram, low: number, high: number): Float32Array {
  const sums = new Float64Array(counts.length);
  for (let i = 0, sum = 0; i < counts.length; i++) sums[i] = sum += counts[i];
  const [first, last] = [sums[0], sums[sums.length - 1]];
  const part = (sum: number) => (first === last ? Math.fround(sum * low) : Math.fround(Math.fround((sum - first) / (last - first)) * (high - low) + low));
  const levels = sums.map(part);
  const out = new Float32Array(data.length);
  const end = centres.length - 1;
  const step = end > 0 ? (centres[end] - centres[0]) / end : 1;
  for (let n = 0; n < data.length; n++) {
    const value = data[n];
    if (!(value > centres[0])) out[n] = Number.isNaN(value) ? NaN : levels[0];
    else if (value >= centres[end]) out[n] = levels[end];
    else {
      let i = Math.min(Math.floor((value - centres[0]) / step), end - 1);
      while (value < centres[i]) i--;
      while (value >= centres[i + 1]) i++;
      out[n] = levels[i] + ((levels[i + 1] - levels[i]) / (centres[i + 1] - centres[i])) * (value - centres[i]);
    }
  }
  return out;
} // prettier-ignore
