import type { HeaderField } from '../text-header';

/** Most files an image may be spread over. */
const MOST_FILES = 100_000;
const LONGEST_FIELD = 4096;

/** Files that hold the voxels one after the other, each the same number of them; in the words of the header. */
export type DataFiles = readonly string[];

/**
 * The files of a NRRD header: one name; `LIST` with an optional number of axes in each, and names in the lines that follow; or a name with `%d`
 * and the first, last and step of its numbers, and perhaps the number of axes.
 *
 * @throws ImageError when the names are not as many as the sizes ask for
 */
export function nrrdDataFiles(field: HeaderField, list: readonly string[], sizes: readonly number[]): DataFiles {
  if (field.value.length > LONGEST_FIELD) throw field.wrong('it is too long');
  const words = field.words();
  const numbers = lastNumbers(words);
  if (words[0] === 'LIST') return checked(field, list, sizes, numbers[0] ?? sizes.length - 1);
  if (!field.value.includes('%') || numbers.length < 3) return [field.value];
  const counters = numbers.slice(-4).length === 4 && words.length - numbers.length >= 1 ? numbers.slice(-4) : numbers;
  const [first, last, step, axes = sizes.length - 1] = counters;
  const pattern = words.slice(0, words.length - counters.length).join(' ');
  return checked(field, numbered(field, pattern, first, last, step), sizes, axes);
}

/**
 * The files of a MetaImage header: one name; `LIST` with an optional number of axes in each, and names in the lines that follow; or a name with
 * `%d` and the first number, the last one and the step.
 *
 * @throws ImageError when the names are not as many as the sizes ask for
 */
export function metaDataFiles(field: HeaderField, list: readonly string[], sizes: readonly number[]): DataFiles {
  if (field.value.length > LONGEST_FIELD) throw field.wrong('it is too long');
  const words = field.words();
  const axes = /^LIST(\s+(\d+)D?)?$/i.exec(field.value);
  if (axes) return checked(field, list, sizes, axes[2] ? Number(axes[2]) : sizes.length - 1);
  if (!field.value.includes('%')) return [field.value];
  const numbers = lastNumbers(words).slice(-3);
  const count = sizes[sizes.length - 1];
  const [first = 1, last = first + count - 1, step = 1] = numbers;
  const pattern = words.slice(0, words.length - numbers.length).join(' ');
  return checked(field, numbered(field, pattern, first, last, step), sizes, sizes.length - 1);
}

function lastNumbers(words: readonly string[]): number[] {
  const rest = words.slice(1);
  const from = rest.findLastIndex((word) => !/^-?\d+$/.test(word)) + 1;
  return rest.slice(from).map(Number);
}

/** The names, when they are as many as there are parts with this number of axes. */
function checked(field: HeaderField, names: readonly string[], sizes: readonly number[], axes: number): DataFiles {
  if (axes < 1 || axes > sizes.length) throw field.wrong(`parts of 1 to ${sizes.length} axes are read`);
  const parts = sizes.slice(axes).reduce((product, size) => product * size, 1);
  const isSlabs = axes === sizes.length && names.length > 0 && sizes[axes - 1] % names.length === 0;
  if (names.length !== parts && !isSlabs)
    throw field.wrong(`it names ${names.length} files, and the sizes ${sizes.join(' x ')} ask for ${parts}`);
  return names;
}

function numbered(field: HeaderField, pattern: string, first: number, last: number, step: number): string[] {
  const count = Math.floor((last - first) / step) + 1;
  if (!(count >= 1 && count <= MOST_FILES)) throw field.wrong(`its numbers name no files, or more than ${MOST_FILES}`);
  return Array.from({ length: count }, (_, i) => withNumber(field, pattern, first + i * step));
}

/** `%d`, `%i` and `%u` with a width, as printf writes them. */
function withNumber(field: HeaderField, pattern: string, value: number): string {
  let numbers = 0;
  const text = pattern.replace(/%(%|(0?)(\d{0,2})[diu])/g, (_, what: string, zero: string, width: string) => {
    if (what === '%') return '%';
    numbers++;
    return String(value).padStart(Number(width || 0), zero || ' ');
  });
  if (numbers !== 1) throw field.wrong('a name with one number, such as %03d, is needed');
  return text;
}
