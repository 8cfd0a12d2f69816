import { allocate, type NumericArray } from '../volume';

/** Voxels handled at a time: their best values so far stay in the first cache. */
const BLOCK = 4096;

/**
 * Number of the channel with the largest value, for a block of `channels` equal parts (channel slowest in memory); ties go to the lowest.
 *
 * The reference makes float32. Labels are whole numbers below 256, which a byte holds as exactly, so up to 256 channels the result is uint8
 * and a quarter of the size; beyond that it is uint16.
 */
export function argmax(data: NumericArray, channels: number, out?: Uint8Array | Uint16Array): Uint8Array | Uint16Array {
  const size = data.length / channels;
  const labels = out ?? (channels <= 256 ? allocate(Uint8Array, size) : allocate(Uint16Array, size));
  if (channels === 2) return argmaxOfTwo(data, size, labels);
  const best = new Float64Array(BLOCK);
  for (let from = 0; from < size; from += BLOCK) {
    const length = Math.min(BLOCK, size - from);
    for (let i = 0; i < length; i++) best[i] = data[from + i];
    labels.fill(0, from, from + length);
    for (let c = 1; c < channels; c++) takeLarger(data, c * size + from, c, best, labels, from, length);
  }
  return labels;
}

function takeLarger(
  data: NumericArray,
  at: number,
  label: number,
  best: Float64Array,
  labels: Uint8Array | Uint16Array,
  to: number,
  length: number,
) {
  for (let i = 0; i < length; i++) {
    const value = data[at + i];
    if (value > best[i]) {
      best[i] = value;
      labels[to + i] = label;
    }
  }
}

function argmaxOfTwo<T extends Uint8Array | Uint16Array>(data: NumericArray, size: number, labels: T): T {
  for (let i = 0; i < size; i++) labels[i] = data[size + i] > data[i] ? 1 : 0;
  return labels;
}
