import type { NumericArray } from '../volume';

const CHUNK = 1 << 14;

/** Smallest and largest value of the integer voxel types. */
const ranges = new Map<string, readonly [number, number]>([
  ['Int8Array', [-128, 127]],
  ['Uint8Array', [0, 255]],
  ['Int16Array', [-32768, 32767]],
  ['Uint16Array', [0, 65535]],
  ['Int32Array', [-(2 ** 31), 2 ** 31 - 1]],
  ['Uint32Array', [0, 2 ** 32 - 1]],
]);

/** Range of an integer type by the name of its array; undefined for floating point. */
export function integerRange(array: { name: string }): readonly [number, number] | undefined {
  return ranges.get(array.name);
}

/**
 * Writes `source` into `target` (same length) with conversion. To integers: fractions are cut off towards zero like numpy's `astype`,
 * but values outside the range are clamped instead of wrapped (`transforms.md` §9 A15) and NaN becomes 0.
 */
export function castInto(target: NumericArray, source: NumericArray): void {
  const range = integerRange(target.constructor);
  const given = integerRange(source.constructor);
  if (!range || (given && given[0] >= range[0] && given[1] <= range[1])) return target.set(source);

  // Through small buffers: the engine converts any type to float64 and from int32, and the loop sees these two only.
  const [lowest, highest] = range;
  const values = new Float64Array(CHUNK);
  const integers = new Int32Array(CHUNK);
  for (let start = 0; start < source.length; start += CHUNK) {
    const part = source.subarray(start, start + CHUNK);
    values.set(part);
    clampChunk(values, integers, lowest, highest);
    target.set(part.length === CHUNK ? integers : integers.subarray(0, part.length), start);
  }
}

/** Storing into int32 cuts off the fraction, turns NaN into 0, and keeps the bits of a uint32. */
function clampChunk(values: Float64Array, integers: Int32Array, lowest: number, highest: number): void {
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    integers[i] = value > highest ? highest : value < lowest ? lowest : value;
  }
}
