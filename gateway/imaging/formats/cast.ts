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

/** A value that the type it is to be written as does not hold. */
export class ValueRangeError extends Error {
  override readonly name = 'ValueRangeError';
}

/**
 * Writes `source` into `target` (same length) with conversion. To integers: fractions are cut off towards zero like numpy's `astype`.
 * @throws ValueRangeError for a value beyond the integer type, and for NaN: a label must not become another one
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
    if (!truncateChunk(values, integers, lowest - 1, highest + 1)) throw outOfRange(values, range);
    target.set(part.length === CHUNK ? integers : integers.subarray(0, part.length), start);
  }
}

/**
 * Storing into int32 cuts off the fraction and keeps the bits of a uint32.
 * @returns whether all values lie between the two limits
 */
function truncateChunk(values: Float64Array, integers: Int32Array, below: number, above: number): boolean {
  let fits = true;
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    fits = fits && value > below && value < above;
    integers[i] = value;
  }
  return fits;
}

function outOfRange(values: Float64Array, [lowest, highest]: readonly [number, number]): ValueRangeError {
  const odd = values.find((value) => !(value > lowest - 1 && value < highest + 1));
  return new ValueRangeError(
    `a voxel is ${odd}, and the type of the file holds whole numbers from ${lowest} to ${highest}`,
  );
}
