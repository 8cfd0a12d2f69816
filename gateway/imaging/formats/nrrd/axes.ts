import { unsupported } from '../../image-error';
import type { FileAxes } from '../image-plan';
import type { HeaderField } from '../text-header';
import type { NrrdHeader } from './header';

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

/** What the fields tell of one axis. */
export interface NrrdAxis {
  size: number;
  /** In small letters; undefined when the header does not say. */
  kind?: string;
  isDomain: boolean;
  /** Step to the next sample in the space of the header; undefined for an axis that does not lie in it. */
  direction?: readonly number[];
}

/**
 * Which axes are space and which one holds channels: those with a direction, or, where no axis has one, those of which `kinds` does not say
 * otherwise. Axes of length 1 that are not space are left out.
 *
 * @throws ImageError when there are not two or three axes of space and at most one of channels
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
    const what = `"${name}" has ${sizes.join(' x ')} voxels along its axes, of which ${located.length} are space`;
    throw unsupported(`${what}; two or three axes of space and one of channels are read`);
  }
  return { sizes, spatial, channel: others[0] };
}

/** In a space of four dimensions, the axis that runs along the fourth. */
function isTime({ direction, kind }: NrrdAxis, hasSpace: boolean): boolean {
  return hasSpace ? direction?.length === 4 && direction.slice(0, 3).every((value) => value === 0) : kind === 'time';
}

/**
 * The kind of each axis, checked against its length.
 * @throws ImageError for kinds that Teem does not know or that are not read (complex, masked matrices), and for lengths that contradict them
 */
export function kindsOf(
  field: HeaderField | undefined,
  sizes: readonly number[],
): Pick<NrrdAxis, 'kind' | 'isDomain'>[] {
  if (!field) return sizes.map(() => ({ isDomain: true }));
  const kinds = field.words();
  if (kinds.length !== sizes.length) throw field.wrong(`${sizes.length} kinds are needed, one for each axis`);
  return kinds.map((word, d) => {
    const kind = word.toLowerCase();
    if (kind === '???' || kind === 'none') return { isDomain: true };
    if (DOMAIN.includes(kind)) return { kind, isDomain: true };
    const length = lengthOf(kind);
    if (length < 0) throw field.wrong(`"${word}" is not a kind of axis`);
    if (kind === 'complex') throw field.wrong('complex voxels are not read', 'unsupported');
    if (kind.includes('masked')) throw field.wrong('matrices with a mask are not read', 'unsupported');
    if (length > 0 && length !== sizes[d])
      throw field.wrong(`${word} needs ${length} values, axis ${d} has ${sizes[d]}`);
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
