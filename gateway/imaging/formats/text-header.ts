import { open } from 'node:fs/promises';
import { ImageError } from '../image-error';
import type { FileHead } from './file-head';

/** Longest header of NRRD or MetaImage that is read. */
export const MAX_HEADER_BYTES = 4 << 20;

/** A number in digits. */
export const DECIMAL = /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i;

/** A header as text, one character per byte. */
export interface HeaderText {
  text: string;
  /** Where the voxels begin: bytes from the start of the file. */
  length: number;
}

/**
 * The header at the start of a file.
 *
 * @param endOf where the header ends in the first characters of the file; -1 when more of them are needed
 * @returns the whole file when it ends before its header does
 * @throws ImageError when it is longer than {@link MAX_HEADER_BYTES}
 */
export async function readHeaderText(
  { path, name, size }: FileHead,
  endOf: (text: string) => number,
): Promise<HeaderText> {
  const file = await open(path, 'r');
  try {
    for (let wanted = 1 << 13; ; wanted *= 8) {
      const length = Math.min(wanted, MAX_HEADER_BYTES, size);
      const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, 0);
      const text = buffer.toString('latin1', 0, bytesRead);
      const end = endOf(text);
      if (end >= 0) return { text: text.slice(0, end), length: end };
      if (bytesRead === size) return { text, length: size };
      if (length === MAX_HEADER_BYTES)
        throw new ImageError('unreadable', `"${name}" has a header without end: its first ${length} bytes are read`);
    }
  } finally {
    await file.close();
  }
}

/** A name in a header in the letters it was written in. */
export function decodedName(text: string): string {
  const bytes = Buffer.from(text, 'latin1');
  const name = bytes.toString('utf8');
  return Buffer.from(name, 'utf8').equals(bytes) ? name : text;
}

/** One field of a header: its name and value as they stand there, for messages as well. */
export class HeaderField {
  constructor(
    /** Of the file. */
    private readonly file: string,
    readonly name: string,
    readonly value: string,
    /** What stands between name and value in this format. */
    private readonly separator: string,
  ) {}

  /** Numbers parted by white space, as many as there are. @throws ImageError when one is no finite number */
  numbers(): number[] {
    return this.words().map((word) => this.number(word));
  }

  /** @throws ImageError when there are not `count` finite numbers */
  exactly(count: number): number[] {
    const numbers = this.numbers();
    if (numbers.length !== count) throw this.wrong(`${count} numbers are needed`);
    return numbers;
  }

  /** @throws ImageError when there are not `count` numbers of 1 or more without fraction; with no `count`, when there are none */
  lengths(count?: number): number[] {
    const lengths = count === undefined ? this.numbers() : this.exactly(count);
    if (lengths.length === 0 || !lengths.every((length) => Number.isSafeInteger(length) && length > 0))
      throw this.wrong('numbers of 1 or more are needed');
    return lengths;
  }

  /** @throws ImageError when it is not one number without fraction */
  integer(): number {
    const [value] = this.exactly(1);
    if (!Number.isSafeInteger(value)) throw this.wrong('a whole number is needed');
    return value;
  }

  number(word: string): number {
    const value = DECIMAL.test(word) ? Number(word) : NaN;
    if (!Number.isFinite(value)) throw this.wrong(`"${shortened(word)}" is not a finite number`);
    return value;
  }

  words(): string[] {
    return this.value.split(/\s+/).filter((word) => word !== '');
  }

  /** An error that quotes the field. */
  wrong(reason: string, kind: ImageError['kind'] = 'unreadable'): ImageError {
    return new ImageError(kind, `"${this.file}" has the field "${this.toString()}": ${reason}`);
  }

  toString(): string {
    return `${this.name}${this.separator}${shortened(this.value)}`;
  }
}

function shortened(text: string): string {
  return text.length > 80 ? `${text.slice(0, 80)}...` : text;
}
