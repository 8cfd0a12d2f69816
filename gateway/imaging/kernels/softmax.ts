import { allocate, type NumericArray } from '../volume';

/**
 * Softmax over the channels of a block of `channels` equal parts (channel slowest in memory). The largest value is subtracted first;
 * sums are float64.
 */
export function softmax(data: NumericArray, channels: number, out = allocate(Float32Array, data.length)): Float32Array {
  const size = data.length / channels;
  const values = new Float64Array(channels);
  for (let i = 0; i < size; i++) {
    let largest = -Infinity;
    for (let c = 0, at = i; c < channels; c++, at += size) {
      values[c] = data[at];
      if (values[c] > largest) largest = values[c];
    }
    let sum = 0;
    for (let c = 0; c < channels; c++) {
      values[c] = values[c] === largest ? 1 : Math.exp(values[c] - largest);
      sum += values[c];
    }
    for (let c = 0, at = i; c < channels; c++, at += size) out[at] = values[c] / sum;
  }
  return out;
}
