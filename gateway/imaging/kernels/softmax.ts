import { allocate, type NumericArray } from '../volume';

/** Voxels handled at a time: their maxima and sums stay in the first cache. */
const BLOCK = 2048;

/**
 * Softmax over the channels of a block of `channels` equal parts (channel slowest in memory). The largest value is subtracted first;
 * sums are float64.
 */
export function softmax(data: NumericArray, channels: number, out = allocate(Float32Array, data.length)): Float32Array {
  const size = data.length / channels;
  const largest = new Float64Array(BLOCK);
  const sum = new Float64Array(BLOCK);
  for (let from = 0; from < size; from += BLOCK) {
    const length = Math.min(BLOCK, size - from);
    largest.fill(-Infinity);
    sum.fill(0);
    for (let c = 0; c < channels; c++) raise(largest, data, c * size + from, length);
    for (let c = 0; c < channels; c++) addExponentials(sum, largest, data, c * size + from, out, length);
    for (let c = 0; c < channels; c++) divide(out, c * size + from, sum, length);
  }
  return out;
}

function raise(largest: Float64Array, data: NumericArray, at: number, length: number): void {
  for (let i = 0; i < length; i++) if (data[at + i] > largest[i]) largest[i] = data[at + i];
}

function addExponentials(
  sum: Float64Array,
  largest: Float64Array,
  data: NumericArray,
  at: number,
  out: Float32Array,
  length: number,
): void {
  for (let i = 0; i < length; i++) {
    const distance = data[at + i] - largest[i];
    const e = distance === 0 ? 1 : Math.exp(distance);
    sum[i] += e;
    out[at + i] = e;
  }
}

function divide(out: Float32Array, at: number, sum: Float64Array, length: number): void {
  for (let i = 0; i < length; i++) out[at + i] /= sum[i];
}
