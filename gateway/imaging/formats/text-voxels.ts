import { unreadable, type ImageError } from '../image-error';
import { DECIMAL } from './text-header';
import { arrayOf, valueTypes, type ValueType } from './value-types';
import { say } from '../../sentence';

const LONGEST = 400;
const SEPARATORS = /[\s,]+/;

/** Numbers in digits, parted by white space and commas, as little endian values of `type`. @throws ImageError naming the first that does not fit */
export async function* writtenNumbers(
  chunks: AsyncIterable<Buffer>,
  name: string,
  type: ValueType,
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
  const values = texts.filter((text) => text !== '').map((text) => valueOf(text, type, name));
  if (type === 'int64' || type === 'uint64')
    return Buffer.from(valueTypes[type].array.from(values.map((value) => BigInt(value))).buffer);
  const array = arrayOf(type, values.length);
  array.set(values);
  return Buffer.from(array.buffer);
}

function valueOf(text: string, type: ValueType, name: string): number {
  const special = /^([+-]?)(nan|inf|infinity)$/i.exec(text);
  const value = special ? (special[1] === '-' ? -1 : 1) * (/nan/i.test(special[2]) ? NaN : Infinity) : Number(text);
  const isDecimal = special !== null || DECIMAL.test(text);
  const { range } = valueTypes[type];
  const fits = !range || (Number.isInteger(value) && value >= range[0] && value <= range[1]);
  if (isDecimal && fits) return value;
  throw noNumber(text, type, name);
}

function noNumber(text: string, type: ValueType, name: string): ImageError {
  const shown = JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}...` : text);
  return unreadable(say`"${name}" has the voxel ${shown}, which is not a number of type ${type}`);
}

/** Bytes written as pairs of hexadecimal digits; white space between digits does not count. @throws ImageError for anything else */
export async function* hexBytes(chunks: AsyncIterable<Buffer>, name: string): AsyncGenerator<Buffer> {
  let rest = '';
  for await (const chunk of chunks) {
    const digits = rest + chunk.toString('latin1').replace(/\s+/g, '');
    const wrong = /[^0-9a-f]/i.exec(digits);
    if (wrong) throw unreadable(say`"${name}" has ${JSON.stringify(wrong[0])} among its hexadecimal digits`);
    const even = digits.length - (digits.length % 2);
    rest = digits.slice(even);
    yield Buffer.from(digits.slice(0, even), 'hex');
  }
}
