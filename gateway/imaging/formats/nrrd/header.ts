import { unsupported } from '../../image-error';
import type { FileHead } from '../file-head';
import type { FileAxes } from '../image-plan';
import { HeaderField, readHeaderText, TextHeader } from '../text-header';
import { say } from '../../../sentence';

/** Fields of the format, without the blanks that their names may have; `centers` is an old name. */
const KNOWN = [
  ...['content', 'number', 'type', 'blocksize', 'dimension', 'space', 'spacedimension', 'sizes', 'spacings'],
  ...['thicknesses', 'axismins', 'axismaxs', 'spacedirections', 'centerings', 'centers', 'kinds', 'labels', 'units'],
  ...['min', 'max', 'oldmin', 'oldmax', 'endian', 'encoding', 'lineskip', 'byteskip', 'sampleunits', 'spaceunits'],
  ...['spaceorigin', 'measurementframe', 'datafile'],
] as const;

type Key = (typeof KNOWN)[number];
/** Comments and pairs of key and value tell nothing of the image and are left out. */
export type NrrdHeader = TextHeader<Key>;

const ABOUT_DATA: readonly Key[] = ['datafile', 'encoding', 'lineskip', 'byteskip', 'endian'];

/**
 * Reads the header of NRRD00.01 and NRRD0001 to NRRD0005 (http://teem.sourceforge.net/nrrd/format.html); names in any case.
 * @throws ImageError for other versions, strange lines, unknown fields and fields that stand there twice
 */
export async function readNrrdHeader(head: FileHead): Promise<NrrdHeader> {
  const { name } = head;
  const { text, length } = await readHeaderText(head, endOfHeader);
  const [magic, ...lines] = text.split(/\r?\n/);
  if (!/^NRRD(00\.01|000[1-5])\s*$/.test(magic)) {
    const begin = JSON.stringify(magic.slice(0, 20));
    throw unsupported(say`"${name}" begins with ${begin}; NRRD0001 to NRRD0005 are read`);
  }
  const header: NrrdHeader = new TextHeader(name, 'NRRD', length);
  header.kept.push(magic);
  for (const line of lines) {
    if (line === '') break;
    if (/^LIST(\s|$)/.test(header.get('datafile')?.value ?? '')) {
      header.list.push(line.trim());
      continue;
    }
    const key = keyIn(line, header);
    if (key) {
      const colon = line.indexOf(':');
      const field = new HeaderField(name, line.slice(0, colon), line.slice(colon + 1).trim(), ': ');
      if (header.get(key)) throw field.wrong(say`it stands there twice`);
      header.fields.set(key, field);
    }
    if (!key || !ABOUT_DATA.includes(key)) header.kept.push(line);
  }
  return header;
}

function endOfHeader(text: string): number {
  const end = /\n\r?\n/.exec(text);
  return end ? end.index + end[0].length : -1;
}

/** The field in a line; undefined for comments and pairs of key and value. */
function keyIn(line: string, header: NrrdHeader): Key | undefined {
  if (line.startsWith('#')) return undefined;
  const colon = line.indexOf(':');
  const name = line.slice(0, Math.max(colon, 0)).replace(/ /g, '').toLowerCase();
  const key = KNOWN.find((known) => known === name);
  if (colon >= 0 && line[colon + 1] !== '=' && key) return key;
  if (line.includes(':=')) return undefined;
  throw header.strange(line, say`neither a field of NRRD nor a pair "key:=value"`);
}

/** Kinds of axes along which an image can be sampled. */
const DOMAIN = ['domain', 'space', 'time'];
/** Kinds of axes of values by the length they must have, 0 for any. Names as Teem knows them, in small letters. */
const RANGE: readonly (readonly string[])[] = [
  ['list', 'point', 'vector', 'contravariant-vector', 'covariant-vector', 'normal'],
  ['stub', 'scalar'],
  ['complex', '2-vector'],
  [
    ...['3-color', 'rgb-color', 'rgbcolor', 'rgb', 'hsv-color', 'hsvcolor', 'hsv', 'xyz-color'],
    ...['3-vector', '3-gradient', '3-normal'],
  ],
  ['4-color', 'rgba-color', 'rgbacolor', 'rgba', '4-vector', 'quaternion'],
];
const MATRIX = /^([23])d-(masked-)?(sym(?:metric)?-)?(matrix|tensor)$/;

export interface NrrdAxis {
  size: number;
  /** In small letters; undefined when the header does not say. */
  kind?: string;
  isDomain: boolean;
  /** Step to the next sample in the space of the header; undefined for an axis that does not lie in it. */
  direction?: readonly number[];
}

/**
 * The axes of space and of channels: by directions, or, without any, by `kinds`.
 * @throws ImageError when there are not two or three axes of space and at most one other longer than 1
 */
export function fileAxesOf({ name }: NrrdHeader, axes: readonly NrrdAxis[], hasSpace: boolean): FileAxes {
  const places = axes.map((_, d) => d);
  const located = places.filter((d) =>
    hasSpace ? axes[d].direction !== undefined : axes[d].isDomain && axes[d].kind !== 'time',
  );
  const spatial = located.filter((d) => !isTime(axes[d], hasSpace)).slice(0, 3);
  const others = places.filter((d) => !spatial.includes(d) && axes[d].size > 1);
  const sizes = axes.map(({ size }) => size);
  if (spatial.length < 2 || others.length > 1) {
    const what = say`"${name}" has ${sizes.join(' x ')} voxels along its axes, of which ${located.length} are space`;
    throw unsupported(say`${what}; two or three axes of space and one of channels are read`);
  }
  return { sizes, spatial, channel: others[0] };
}

/** In a space of four dimensions, the axis that runs along the fourth. */
function isTime({ direction, kind }: NrrdAxis, hasSpace: boolean): boolean {
  return hasSpace ? direction?.length === 4 && direction.slice(0, 3).every((value) => value === 0) : kind === 'time';
}

/** The kind of each axis. @throws ImageError for kinds that are unknown or not read (complex, masked matrices), and lengths that contradict them */
export function kindsOf(
  field: HeaderField | undefined,
  sizes: readonly number[],
): Pick<NrrdAxis, 'kind' | 'isDomain'>[] {
  if (!field) return sizes.map(() => ({ isDomain: true }));
  const kinds = field.words();
  if (kinds.length !== sizes.length) throw field.wrong(say`${sizes.length} kinds are needed, one for each axis`);
  return kinds.map((word, d) => {
    const kind = word.toLowerCase();
    if (kind === '???' || kind === 'none') return { isDomain: true };
    if (DOMAIN.includes(kind)) return { kind, isDomain: true };
    const length = lengthOf(kind);
    if (length < 0) throw field.wrong(say`"${word}" is not a kind of axis`);
    if (kind === 'complex') throw field.wrong(say`complex voxels are not read`, 'unsupported');
    if (kind.includes('masked')) throw field.wrong(say`matrices with a mask are not read`, 'unsupported');
    if (length > 0 && length !== sizes[d])
      throw field.wrong(say`${word} needs ${length} values, axis ${d} has ${sizes[d]}`);
    return { kind, isDomain: false };
  });
}

/** Values along an axis of this kind: 0 for any number, -1 for an unknown kind. */
function lengthOf(kind: string): number {
  const matrix = MATRIX.exec(kind);
  if (!matrix) return RANGE.findIndex((kinds) => kinds.includes(kind));
  const n = Number(matrix[1]);
  return (matrix[3] ? (n * (n + 1)) / 2 : n * n) + (matrix[2] ? 1 : 0);
}
