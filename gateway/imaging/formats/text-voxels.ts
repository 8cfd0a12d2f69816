import { ImageError } from '../image-error';
import { integerRange } from './cast';
import { DECIMAL } from './text-header';
import { bytesOf } from './value-types';
import type { ValueType } from './value-types';

/** Longest number in digits that is read: more than float64 has. */
const LONGEST = 400;
const SEPARATORS = /[\s,]+/;

/**
 * Numbers written in digits, as little endian values of `type`. White space and commas part them; `nan` and `inf` are floating point.
 * @throws ImageError naming the first text that is no number of this type
 */
export async function* writtenNumbers(
  chunks: AsyncIterable<Buffer>,
  type: ValueType,
  name: string,
): AsyncGenerator<Buffer> {
  let rest = '';
  for await (const chunk of chunks) {
    const texts = (rest + chunk.toString('latin1')).split(SEPARATORS);
    rest = texts.pop()!;
    if (rest.length > LONGEST) throw noNumber(rest, type, name);
    yield encoded(texts, type, name);
  }
  yield encoded([rest], type, name);
}

function encoded(texts: readonly string[], type: ValueType, name: string): Buffer {
  const words = texts.filter((text) => text !== '');
  const size = bytesOf(type);
  const bytes = Buffer.alloc(words.length * size);
  for (const [i, text] of words.entries()) write(bytes, i * size, valueOf(text, type, name), type);
  return bytes;
}

const limits: Partial<Record<ValueType, readonly [number, number]>> = {
  int8: integerRange(Int8Array),
  uint8: integerRange(Uint8Array),
  int16: integerRange(Int16Array),
  uint16: integerRange(Uint16Array),
  int32: integerRange(Int32Array),
  uint32: integerRange(Uint32Array),
  int64: [-(2 ** 53), 2 ** 53],
  uint64: [0, 2 ** 53],
};

function valueOf(text: string, type: ValueType, name: string): number {
  const special = /^([+-]?)(nan|inf|infinity)$/i.exec(text);
  const value = special ? (special[1] === '-' ? -1 : 1) * (/nan/i.test(special[2]) ? NaN : Infinity) : Number(text);
  const isDecimal = special !== null || DECIMAL.test(text);
  const range = limits[type];
  const fits = !range || (Number.isInteger(value) && value >= range[0] && value <= range[1]);
  if (isDecimal && fits) return value;
  throw noNumber(text, type, name);
}

function write(bytes: Buffer, at: number, value: number, type: ValueType): void {
  if (type === 'float32') bytes.writeFloatLE(value, at);
  else if (type === 'float64') bytes.writeDoubleLE(value, at);
  else if (type === 'uint64') bytes.writeBigUInt64LE(BigInt(value), at);
  else if (type === 'int64') bytes.writeBigInt64LE(BigInt(value), at);
  else if (type.startsWith('u')) bytes.writeUIntLE(value, at, bytesOf(type));
  else bytes.writeIntLE(value, at, bytesOf(type));
}

function noNumber(text: string, type: ValueType, name: string): ImageError {
  const shown = text.length > 40 ? `${text.slice(0, 40)}...` : text;
  return new ImageError(
    'unreadable',
    `"${name}" has the voxel ${JSON.stringify(shown)}, which is not a number of type ${type}`,
  );
}

/** Bytes written as pairs of hexadecimal digits; white space between digits does not count. @throws ImageError for anything else */
export async function* hexBytes(chunks: AsyncIterable<Buffer>, name: string): AsyncGenerator<Buffer> {
  let rest = '';
  for await (const chunk of chunks) {
    const digits = rest + chunk.toString('latin1').replace(/\s+/g, '');
    const wrong = /[^0-9a-f]/i.exec(digits);
    if (wrong) {
      const what = `"${name}" has ${JSON.stringify(wrong[0])} among its hexadecimal digits`;
      throw new ImageError('unreadable', what);
    }
    const even = digits.length - (digits.length % 2);
    rest = digits.slice(even);
    yield Buffer.from(digits.slice(0, even), 'hex');
  }
}
