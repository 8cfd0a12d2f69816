import { ImageError } from '../image-error';
import type { NumericArray } from '../volume';

/** How one value of a voxel is stored. */
export type ValueType =
  'int8' | 'uint8' | 'int16' | 'uint16' | 'int32' | 'uint32' | 'int64' | 'uint64' | 'float32' | 'float64';

export function bytesOf(type: ValueType): number {
  return Number(/\d+/.exec(type)) / 8;
}

/**
 * The values in `storage` as numbers, in place: swapped when the file has the other byte order; 64-bit integers become float64.
 * @param name of the file, for messages
 * @throws ImageError when such an integer is beyond 2^53
 */
export function valuesIn(storage: Uint8Array, type: ValueType, littleEndian: boolean, name: string): NumericArray {
  if (!littleEndian) swapBytes(storage, bytesOf(type));
  const { buffer, byteOffset } = storage;
  const length = storage.byteLength / bytesOf(type);
  switch (type) {
    case 'int8':
      return new Int8Array(buffer, byteOffset, length);
    case 'uint8':
      return new Uint8Array(buffer, byteOffset, length);
    case 'int16':
      return new Int16Array(buffer, byteOffset, length);
    case 'uint16':
      return new Uint16Array(buffer, byteOffset, length);
    case 'int32':
      return new Int32Array(buffer, byteOffset, length);
    case 'uint32':
      return new Uint32Array(buffer, byteOffset, length);
    case 'float32':
      return new Float32Array(buffer, byteOffset, length);
    case 'float64':
      return new Float64Array(buffer, byteOffset, length);
    case 'int64':
    case 'uint64':
      return widenInPlace(new Uint32Array(buffer, byteOffset, 2 * length), type === 'int64', name);
  }
}

function swapBytes(storage: Uint8Array, bytesPerValue: number): void {
  const buffer = Buffer.from(storage.buffer, storage.byteOffset, storage.byteLength);
  if (bytesPerValue === 2) buffer.swap16();
  if (bytesPerValue === 4) buffer.swap32();
  if (bytesPerValue === 8) buffer.swap64();
}

/** 64-bit integers, little endian as pairs of words, turned into float64 where they lie. Exact up to 2^53; refused beyond. */
function widenInPlace(words: Uint32Array, signed: boolean, name: string): Float64Array {
  const values = new Float64Array(words.buffer, words.byteOffset, words.length / 2);
  for (let i = 0; i < values.length; i++) {
    const high = signed ? words[2 * i + 1] | 0 : words[2 * i + 1];
    if (high >= 2 ** 21 || high < -(2 ** 21)) {
      throw new ImageError('unsupported', `"${name}" holds 64-bit integers beyond 2^53, which would be rounded`);
    }
    values[i] = high * 2 ** 32 + words[2 * i];
  }
  return values;
}
