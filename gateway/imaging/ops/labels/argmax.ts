import type { NumericArray } from '../../volume';
import { addressOf, allocateUnset } from '../../../arena';
import { typeNumber, simdCode, type ArrayType } from '../../simd/simd-code';

/** Numbers that are copied at a time, where arrays lie elsewhere: they stay in the first cache. */
const MOST_COPIED = 8192;

/**
 * Number of the channel with the largest value, for a block of `channels` equal parts (channel slowest in memory); ties go to the lowest.
 *
 * The reference makes float32. Labels are whole numbers below 256, which a byte holds as exactly, so up to 256 channels the result is uint8
 * and a quarter of the size; beyond that it is uint16.
 */
export function argmax(data: NumericArray, channels: number, out?: Uint8Array | Uint16Array): Uint8Array | Uint16Array {
  const size = data.length / channels;
  const labels = out ?? (channels <= 256 ? allocateUnset(Uint8Array, size) : allocateUnset(Uint16Array, size));
  const [from, to] = [addressOf(data), addressOf(labels)];
  const most = from !== undefined && to !== undefined ? size : Math.max(16, Math.floor(MOST_COPIED / channels));
  const { code, blocks } = simdCode({
    values: [data.constructor as ArrayType<NumericArray>, from === undefined ? most * channels : 0],
    labels: [labels.constructor as ArrayType<NumericArray>, to === undefined ? most : 0],
  });
  const [bytes, labelBytes] = [data.BYTES_PER_ELEMENT, labels.BYTES_PER_ELEMENT];
  for (let at = 0; at < size; at += most) {
    const n = Math.min(most, size - at);
    if (from === undefined)
      for (let c = 0; c < channels; c++)
        blocks.values.array.set(data.subarray(c * size + at, c * size + at + n), c * most);
    const [values, step] = from === undefined ? [blocks.values.at, most] : [from + at * bytes, size];
    const result = to === undefined ? blocks.labels.at : to + at * labelBytes;
    code.argmax(typeNumber(data), values, step * bytes, channels, result, labelBytes - 1, n);
    if (to === undefined) labels.set(blocks.labels.array.subarray(0, n), at);
  }
  return labels;
}
