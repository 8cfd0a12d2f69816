import type { HeaderField } from './text-header';
import { say } from '../../sentence';

const MOST_FILES = 100_000;
const LONGEST_FIELD = 4096;

/** The words of a field that names files, and the numbers at its end. @throws ImageError when it is too long */
export function wordsAndNumbers(field: HeaderField): { words: string[]; numbers: number[] } {
  if (field.value.length > LONGEST_FIELD) throw field.wrong(say`it is too long`);
  const words = field.words();
  const from = words.findLastIndex((word, at) => at === 0 || !/^-?\d+$/.test(word)) + 1;
  return { words, numbers: words.slice(from).map(Number) };
}

/** The names, when they are as many as there are parts of `axes` axes, or slabs of the last axis. @throws ImageError when they are not */
export function filesOfParts(
  field: HeaderField,
  names: readonly string[],
  sizes: readonly number[],
  axes = sizes.length - 1,
): readonly string[] {
  if (axes < 1 || axes > sizes.length) throw field.wrong(say`parts of 1 to ${sizes.length} axes are read`);
  const parts = sizes.slice(axes).reduce((product, size) => product * size, 1);
  const isSlabs = axes === sizes.length && names.length > 0 && sizes[axes - 1] % names.length === 0;
  if (names.length !== parts && !isSlabs)
    throw field.wrong(say`it names ${names.length} files, and the sizes ${sizes.join(' x ')} ask for ${parts}`);
  return names;
}

/** Names that a field's pattern gives for its first, last and step (`counters`, its last words): `%d`, `%i` and `%u` with a width, as in printf. */
export function numberedFiles(field: HeaderField, counters: readonly number[], slices = 1): string[] {
  const [first = 1, last = first + slices - 1, step = 1] = counters;
  const words = field.words();
  const pattern = words.slice(0, words.length - counters.length).join(' ');
  const count = Math.floor((last - first) / step) + 1;
  if (!(count >= 1 && count <= MOST_FILES))
    throw field.wrong(say`its numbers name no files, or more than ${MOST_FILES}`);
  return Array.from({ length: count }, (_, i) => withNumber(field, pattern, first + i * step));
}

function withNumber(field: HeaderField, pattern: string, value: number): string {
  let numbers = 0;
  const text = pattern.replace(/%(%|(0?)(\d{0,2})[diu])/g, (_, what: string, zero: string, width: string) => {
    if (what === '%') return '%';
    numbers++;
    return String(value).padStart(Number(width || 0), zero || ' ');
  });
  if (numbers !== 1) throw field.wrong(say`a name with one number, such as %03d, is needed`);
  return text;
}
