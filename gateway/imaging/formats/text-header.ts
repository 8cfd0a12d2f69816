import { ImageError, unreadable } from '../image-error';
import { readPiece, type FileHead } from './file-head';
import { say, type Said, type Sentence } from '../../sentence';

const MAX_HEADER_BYTES = 4 << 20;
const LONGEST_SHOWN = 80;

export const DECIMAL = /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i;

export class TextHeader<Key extends string> {
  readonly fields = new Map<Key, HeaderField>();
  readonly list: string[] = [];
  /** The lines as they stand there, without those that say where and how the voxels are written. */
  readonly kept: string[] = [];
  readonly warnings: Sentence[] = [];

  constructor(
    readonly name: string,
    private readonly format: string,
    /** Bytes from the start of the file to the voxels, if they are in this file. */
    readonly length: number,
  ) {}

  get(key: Key): HeaderField | undefined {
    return this.fields.get(key);
  }

  required(key: Key): HeaderField {
    const field = this.fields.get(key);
    if (!field) throw unreadable(say`"${this.name}" has no field "${key}" in its ${this.format} header`);
    return field;
  }

  warn(what: Said): void {
    this.warnings.push(say`"${this.name}" ${what}`);
  }

  strange(line: string, expected: Said): ImageError {
    const what = say`"${this.name}" has the line ${JSON.stringify(line.slice(0, LONGEST_SHOWN))} in its header`;
    return unreadable(say`${what}, which is ${expected}`);
  }
}

/** The header text, one character per byte. @param endOf where it ends; -1 when more text is needed @throws ImageError when it is longer than 4 MB */
export async function readHeaderText(
  { path, name, size }: FileHead,
  endOf: (text: string) => number,
): Promise<{ text: string; length: number }> {
  for (let wanted = 1 << 13; ; wanted *= 8) {
    const length = Math.min(wanted, MAX_HEADER_BYTES, size);
    const text = (await readPiece(path, 0, length)).toString('latin1');
    const end = endOf(text);
    if (end >= 0) return { text: text.slice(0, end), length: end };
    if (text.length === size) return { text, length: size };
    if (length === MAX_HEADER_BYTES)
      throw unreadable(say`"${name}" has a header without end: its first ${length} bytes are read`);
  }
}

export function decodedName(text: string): string {
  const bytes = Buffer.from(text, 'latin1');
  const name = bytes.toString('utf8');
  return Buffer.from(name, 'utf8').equals(bytes) ? name : text;
}

/** One field of a header: its name and value as they stand there, for messages as well. */
export class HeaderField {
  constructor(
    private readonly file: string,
    readonly name: string,
    readonly value: string,
    /** The characters between name and value in this format. */
    private readonly separator: string,
  ) {}

  /** Numbers parted by white space, as many as there are. @throws ImageError when one is not a finite number */
  numbers(): number[] {
    return this.words().map((word) => this.number(word));
  }

  exactly(count: number): number[] {
    const numbers = this.numbers();
    if (numbers.length !== count) throw this.wrong(say`${count} numbers are needed`);
    return numbers;
  }

  /** @throws ImageError when there are not `count` integers of 1 or more */
  lengths(count: number): number[] {
    const lengths = this.exactly(count);
    if (lengths.length === 0 || !lengths.every((length) => Number.isSafeInteger(length) && length > 0))
      throw this.wrong(say`numbers of 1 or more are needed`);
    return lengths;
  }

  integer(): number {
    const [value] = this.exactly(1);
    if (!Number.isSafeInteger(value)) throw this.wrong(say`a whole number is needed`);
    return value;
  }

  number(word: string): number {
    const value = DECIMAL.test(word) ? Number(word) : NaN;
    if (!Number.isFinite(value)) throw this.wrong(say`"${shortened(word)}" is not a finite number`);
    return value;
  }

  words(): string[] {
    return this.value.split(/\s+/).filter((word) => word !== '');
  }

  wrong(reason: Said, kind: ImageError['kind'] = 'unreadable'): ImageError {
    return new ImageError(kind, say`"${this.file}" has the field "${this.toString()}": ${reason}`);
  }

  toString(): string {
    return `${this.name}${this.separator}${shortened(this.value)}`;
  }
}

const shortened = (text: string) => (text.length > LONGEST_SHOWN ? `${text.slice(0, LONGEST_SHOWN)}...` : text);

/** Names of the unit in which lengths are read, and ways to say that no unit is known. */
const MILLIMETRES = /^(mm|milli-?met(er|re)s?|\?*|unknown|none|n\/a|pixels?|voxels?)$/i;
/** Names of other units of length. */
const OTHERS =
  /^(f|p|n|u|\u00b5|\u03bc|\u00c2\u00b5|c|d|k)?m$|^(nano|micro|centi|deci|kilo)?-?met(er|re)s?$|^microns?$|^in$|^inch(es)?$/i;

/** The meaning of a unit of length for a reader of millimetres; `unknown` for names that are not units of length. */
export function lengthUnit(name: string): 'millimetre' | 'other' | 'unknown' {
  const trimmed = name.trim();
  if (MILLIMETRES.test(trimmed)) return 'millimetre';
  return OTHERS.test(trimmed) ? 'other' : 'unknown';
}
