import type { NumericArray } from '../volume';
import { allocateUnset } from '../../array-memory';
import { perType } from './per-type';

/**
 * Number of the channel with the largest value, for a block of `channels` equal parts (channel slowest in memory); ties go to the lowest.
 *
 * The reference makes float32. Labels are whole numbers below 256, which a byte holds as exactly, so up to 256 channels the result is uint8
 * and a quarter of the size; beyond that it is uint16.
 */
export function argmax(data: NumericArray, channels: number, out?: Uint8Array | Uint16Array): Uint8Array | Uint16Array {
  const size = data.length / channels;
  const labels = out ?? (channels <= 256 ? allocateUnset(Uint8Array, size) : allocateUnset(Uint16Array, size));
  if (channels === 2) argmaxOfTwo(data, labels)(data, size, labels);
  else argmaxOfMany(data, labels)(data, size, channels, labels);
  return labels;
}

// No branches on values: which channel is largest cannot be predicted where it matters, at the edges of things.
const argmaxOfTwo = perType((data: NumericArray, size: number, labels: Uint8Array | Uint16Array) => {
  for (let i = 0; i < size; i++) labels[i] = Number(data[size + i] > data[i]);
});

const argmaxOfMany = perType((data: NumericArray, size: number, channels: number, labels: Uint8Array | Uint16Array) => {
  for (let i = 0; i < size; i++) {
    let best = i;
    let label = 0;
    for (let c = 1, at = i + size; c < channels; c++, at += size) {
      const larger = Number(data[at] > data[best]);
      best += (at - best) * larger;
      label += (c - label) * larger;
    }
    labels[i] = label;
  }
});
