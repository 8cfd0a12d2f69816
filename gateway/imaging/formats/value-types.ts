import { unsupported } from '../image-error';
import type { NumericArray } from '../volume';
import { say } from '../../sentence';

/** How one value of a voxel is stored, by its name in numpy: the array, and the smallest and largest integer that is read and written. */
export const valueTypes = {
  int8: { array: Int8Array, range: [-128, 127] },
  uint8: { array: Uint8Array, range: [0, 255] },
  int16: { array: Int16Array, range: [-32768, 32767] },
  uint16: { array: Uint16Array, range: [0, 65535] },
  int32: { array: Int32Array, range: [-(2 ** 31), 2 ** 31 - 1] },
  uint32: { array: Uint32Array, range: [0, 2 ** 32 - 1] },
  int64: { array: BigInt64Array, range: [-(2 ** 53), 2 ** 53] },
  uint64: { array: BigUint64Array, range: [0, 2 ** 53] },
  float32: { array: Float32Array, range: undefined },
  float64: { array: Float64Array, range: undefined },
} as const;

export type ValueType = keyof typeof valueTypes;
/** Types that voxels have in memory and in files the server writes. */
export type VoxelType = Exclude<ValueType, 'int64' | 'uint64'>;

const byArray = new Map(Object.entries(valueTypes).map(([type, { array, range }]) => [array.name, { type, range }]));

export const bytesOf = (type: ValueType): number => valueTypes[type].array.BYTES_PER_ELEMENT;

export const voxelTypeOf = (data: NumericArray) => byArray.get(data.constructor.name)!.type as VoxelType;

export function integerRange(array: { name: string }): readonly [number, number] | undefined {
  return byArray.get(array.name)?.range;
}

/** An array of a voxel type. @param buffer elements, or the memory that holds `length` of them from byte `at` on */
export function arrayOf(type: VoxelType, buffer: number | ArrayBufferLike, at?: number, length?: number): NumericArray {
  return new (valueTypes[type].array as Uint8ArrayConstructor)(buffer as ArrayBuffer, at, length);
}

/** The values in `storage`, in place: swapped to the machine's byte order, 64-bit integers as float64. @throws ImageError when one is beyond 2^53 */
export function valuesIn(storage: Uint8Array, type: ValueType, littleEndian: boolean, name: string): NumericArray {
  const { buffer, byteOffset, byteLength } = storage;
  const size = bytesOf(type);
  if (!littleEndian && size > 1) Buffer.from(buffer, byteOffset, byteLength)[`swap${(8 * size) as 16 | 32 | 64}`]();
  const length = byteLength / size;
  if (type !== 'int64' && type !== 'uint64') return arrayOf(type, buffer, byteOffset, length);
  return widenInPlace(new Uint32Array(buffer, byteOffset, 2 * length), type === 'int64', name);
}

/** 64-bit integers, little endian as pairs of words, turned into float64 where they lie. Exact up to 2^53; refused beyond. */
function widenInPlace(words: Uint32Array, signed: boolean, name: string): Float64Array {
  const values = new Float64Array(words.buffer, words.byteOffset, words.length / 2);
  for (let i = 0; i < values.length; i++) {
    const high = signed ? words[2 * i + 1] | 0 : words[2 * i + 1];
    if (high >= 2 ** 21 || high < -(2 ** 21)) throw beyondFloat64(name);
    values[i] = high * 2 ** 32 + words[2 * i];
  }
  return values;
}

export const beyondFloat64 = (name: string) =>
  unsupported(say`"${name}" holds 64-bit integers beyond 2^53, which would be rounded`);

export class ValueRangeError extends Error {
  override readonly name = 'ValueRangeError';
}

const CHUNK = 1 << 14;

/**
 * Writes `source` into `target` (same length); to integers, fractions are cut off towards zero like numpy's `astype`.
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

/** Storing into int32 cuts off the fraction and keeps the bits of a uint32. @returns whether all values lie between the two limits */
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
  const holds = `the type of the file holds whole numbers from ${lowest} to ${highest}`;
  return new ValueRangeError(`a voxel is ${odd}, and ${holds}`);
}
