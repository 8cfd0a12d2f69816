import type { Affine } from '../../volume';
import { lengthUnit, type HeaderField } from '../text-header';
import { LPS_SIGNS, spanningAffine, type Signs } from '../vectors';
import type { NrrdAxis, NrrdHeader } from './header';
import { say } from '../../../sentence';

const LONGEST_UNITS = 1000;
const RAS_SIGNS: Signs = [1, 1, 1];
const LAS_SIGNS: Signs = [-1, 1, 1];

/** Spaces that the format knows by name: their signs turn them into RAS, `undefined` when the name does not tell how the patient lies. */
const SPACES: readonly (readonly [signs: Signs | undefined, dimensions: number, ...names: string[]])[] = [
  [RAS_SIGNS, 3, 'rightanteriorsuperior', 'ras'],
  [LAS_SIGNS, 3, 'leftanteriorsuperior', 'las'],
  [LPS_SIGNS, 3, 'leftposteriorsuperior', 'lps'],
  [RAS_SIGNS, 4, 'rightanteriorsuperiortime', 'rast'],
  [LAS_SIGNS, 4, 'leftanteriorsuperiortime', 'last'],
  [LPS_SIGNS, 4, 'leftposteriorsuperiortime', 'lpst'],
  [undefined, 3, 'scannerxyz', '3drighthanded', '3dlefthanded'],
  [undefined, 4, 'scannerxyztime', 'scannerxyzt', '3drighthandedtime', '3dlefthandedtime'],
];

interface NrrdSpace {
  dimensions: number;
  signs: Signs;
}

const isNan = (word: string) => /^[+-]?nan$/i.test(word);

/**
 * The space of a header, if any; one that does not tell left from right is taken for LPS, as ITK does, with a warning.
 * @throws ImageError for names that the format does not know, and for RAS and LAS with time, which ITK and others place differently
 */
export function spaceOf(header: NrrdHeader): NrrdSpace | undefined {
  const [field, dimension] = [header.get('space'), header.get('spacedimension')];
  if (field && dimension) throw dimension.wrong('a header has a space or a space dimension, not both');
  const unnamed = (what: string) =>
    header.warn(say`${what}, which does not tell left from right; it is read as left-posterior-superior`);
  if (dimension) {
    const dimensions = dimension.integer();
    if (dimensions < 2 || dimensions > 4) throw dimension.wrong('2 to 4 are read', 'unsupported');
    if (dimensions > 2) unnamed(`has the space dimension ${dimensions}`);
    return { dimensions, signs: LPS_SIGNS };
  }
  if (!field) return undefined;
  const key = field.value.toLowerCase().replace(/[ -]/g, '');
  const found = SPACES.find(([, , ...names]) => names.includes(key));
  if (!found) throw field.wrong(say`it is not a space of the format`);
  const [signs, dimensions] = found;
  if (dimensions === 4 && signs && signs !== LPS_SIGNS) {
    const reason = say`ITK reads it as left-posterior-superior-time; write the image in that space`;
    throw field.wrong(reason, 'unsupported');
  }
  if (!signs) unnamed(`has the space ${field.value}`);
  return { dimensions, signs: signs ?? LPS_SIGNS };
}

/** The steps along all axes, in the space of the header. @throws ImageError when there is not one vector, or `none`, for each axis */
export function directionsOf(field: HeaderField, space: NrrdSpace, count: number): (number[] | undefined)[] {
  const found = field.value.match(/\([^()]*\)|[^\s()]+/g) ?? [];
  if (found.length !== count) throw field.wrong(say`${count} vectors are needed, one for each axis`);
  return found.map((text) => vectorOf(field, text, space));
}

function vectorOf(field: HeaderField, text: string, { dimensions }: NrrdSpace): number[] | undefined {
  if (text.toLowerCase() === 'none') return undefined;
  if (!/^\(.*\)$/.test(text)) throw field.wrong(say`a vector begins with "(" and ends with ")"`);
  const words = text.slice(1, -1).split(',').map((word) => word.trim()); // prettier-ignore
  if (words.length !== dimensions) throw field.wrong(say`vectors of ${dimensions} numbers are needed`);
  return words.every(isNan) ? undefined : words.map((word) => field.number(word));
}

/** The affine by the header's space. @param steps of the axes of space @throws ImageError when they do not span space, or are not millimetres */
export function affineInSpace(header: NrrdHeader, space: NrrdSpace, steps: readonly (readonly number[])[]): Affine {
  const directions = header.get('spacedirections')!;
  for (const key of ['spacings', 'axismins', 'axismaxs'] as const) {
    const field = header.get(key);
    if (field && !field.words().every(isNan))
      throw field.wrong(say`a header with space directions has none of this field`);
  }
  checkUnits(header, header.get('spaceunits'), [0, 1, 2]);
  if (steps.some((step) => step.length === 4 && step[3] !== 0))
    throw directions.wrong('axes that mix space and time are not read', 'unsupported');
  if (steps.some((step) => step.length < steps.length))
    throw directions.wrong(`${steps.length} axes cannot lie in a space of ${space.dimensions} dimensions`);
  const originField = header.get('spaceorigin');
  const origin = originField && vectorOf(originField, originField.value, space);
  if (!origin) header.warn(say`gives no space origin; its first voxel is taken to lie at 0`);
  const place = { origin: origin ?? [0, 0, 0], steps: steps.map((step) => step.slice(0, 3)) };
  const affine = spanningAffine(place, space.signs);
  if (!affine) throw directions.wrong('these vectors do not span space');
  return affine;
}

/**
 * The affine without a space, as ITK reads it: axes along LPS, spacings, and `axis mins` as the first voxel's edge, or centre where the centering is `node`.
 * @throws ImageError for voxel sizes of 0, units that are not millimetres, and maxima that contradict the spacings
 */
export function affineWithoutSpace(header: NrrdHeader, axes: readonly NrrdAxis[], spatial: readonly number[]): Affine {
  const [spacings, mins, maxs] = (['spacings', 'axismins', 'axismaxs'] as const).map((key) =>
    perAxis(header.get(key), axes.length),
  );
  checkUnits(header, header.get('units'), spatial, axes.length);
  const how = spacings
    ? say`gives voxel sizes but no space`
    : say`does not say where its voxels lie or how large they are`;
  const size = spatial.every((d) => spacings?.[d] !== undefined) ? '' : say`, voxels 1 mm long where no size is given`;
  header.warn(say`${how}; its axes are taken to run left, posterior, superior${size}`);

  const spacing = spatial.map((d) => spacings?.[d] ?? 1);
  if (spacing.some((length) => length === 0)) throw header.get('spacings')!.wrong(say`a voxel size cannot be 0`);
  const centers = (header.get('centerings') ?? header.get('centers'))?.words() ?? [];
  for (const [i, d] of spatial.entries()) {
    const [min, max] = [mins?.[d], maxs?.[d]];
    if (max === undefined) continue;
    const gaps = centers[d] === 'node' ? axes[d].size - 1 : axes[d].size;
    const meant = min === undefined ? NaN : (max - min) / gaps;
    if (!(Math.abs(meant - spacing[i]) <= 1e-6 * Math.abs(meant)))
      throw header.get('axismaxs')!.wrong(say`it contradicts the voxel size ${spacing[i]} of axis ${d}`);
  }
  const placed = spatial.every((d) => mins?.[d] !== undefined);
  const origin = spatial.map((d, i) => (placed ? mins![d]! + (centers[d] === 'node' ? 0 : spacing[i] / 2) : 0));
  const steps = spacing.map((length, i) => spacing.map((_, j) => (i === j ? length : 0)));
  return spanningAffine({ origin, steps })!;
}

function perAxis(field: HeaderField | undefined, count: number): (number | undefined)[] | undefined {
  const words = field?.words();
  if (!field || !words) return undefined;
  if (words.length !== count) throw field.wrong(say`${count} numbers are needed, one for each axis`);
  return words.map((word) => (isNan(word) ? undefined : field.number(word)));
}

function checkUnits(
  header: NrrdHeader,
  field: HeaderField | undefined,
  places: readonly number[],
  count?: number,
): void {
  if (!field) return;
  if (field.value.length > LONGEST_UNITS) throw field.wrong(say`it is too long`);
  const quoted = [...field.value.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map((match) => match[1]);
  const units = quoted.length > 0 ? quoted : field.words();
  if (count !== undefined && units.length !== count)
    throw field.wrong(say`${count} units are needed, one for each axis`);
  for (const unit of places.map((d) => units[d]).filter((text) => text !== undefined)) {
    const meaning = lengthUnit(unit);
    if (meaning === 'other') throw field.wrong(say`lengths in ${unit} are not read; write them in mm`, 'unsupported');
    if (meaning === 'unknown') header.warn(say`has the unit "${unit}" of length; it is read as mm`);
  }
}
