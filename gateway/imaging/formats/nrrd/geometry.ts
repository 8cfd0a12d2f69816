import type { Affine } from '../../volume';
import { lengthUnit } from '../length-unit';
import { affineOfSteps, LPS_SIGNS } from '../lps-geometry';
import type { Signs } from '../lps-geometry';
import type { HeaderField } from '../text-header';
import type { NrrdAxis } from './axes';
import type { NrrdHeader } from './header';

const LONGEST_UNITS = 1000;

/** A space that the format knows by name. */
interface NamedSpace {
  dimensions: 3 | 4;
  /** Signs that turn it into RAS; undefined when the name does not tell how the patient lies. */
  signs?: Signs;
}

const spaces: Readonly<Record<string, NamedSpace>> = {
  rightanteriorsuperior: { dimensions: 3, signs: [1, 1, 1] },
  ras: { dimensions: 3, signs: [1, 1, 1] },
  leftanteriorsuperior: { dimensions: 3, signs: [-1, 1, 1] },
  las: { dimensions: 3, signs: [-1, 1, 1] },
  leftposteriorsuperior: { dimensions: 3, signs: LPS_SIGNS },
  lps: { dimensions: 3, signs: LPS_SIGNS },
  rightanteriorsuperiortime: { dimensions: 4, signs: [1, 1, 1] },
  rast: { dimensions: 4, signs: [1, 1, 1] },
  leftanteriorsuperiortime: { dimensions: 4, signs: [-1, 1, 1] },
  last: { dimensions: 4, signs: [-1, 1, 1] },
  leftposteriorsuperiortime: { dimensions: 4, signs: LPS_SIGNS },
  lpst: { dimensions: 4, signs: LPS_SIGNS },
  scannerxyz: { dimensions: 3 },
  scannerxyztime: { dimensions: 4 },
  scannerxyzt: { dimensions: 4 },
  '3drighthanded': { dimensions: 3 },
  '3dlefthanded': { dimensions: 3 },
  '3drighthandedtime': { dimensions: 4 },
  '3dlefthandedtime': { dimensions: 4 },
};

/** The space that the axes lie in. */
export interface NrrdSpace {
  dimensions: number;
  signs: Signs;
}

/**
 * The space of a header; undefined when it names none. What does not tell left from right is taken for LPS, as ITK does, with a warning.
 *
 * @throws ImageError for names that the format does not know, and for RAS and LAS with time, which ITK and others place differently
 */
export function spaceOf({ name, fields }: NrrdHeader, warnings: string[]): NrrdSpace | undefined {
  const field = fields.get('space');
  const dimension = fields.get('spacedimension');
  if (field && dimension) throw dimension.wrong('a header has a space or a space dimension, not both');
  const unnamed = (what: string) =>
    warnings.push(`"${name}" ${what}, which does not tell left from right; it is read as left-posterior-superior`);
  if (dimension) {
    const dimensions = dimension.integer();
    if (dimensions < 2 || dimensions > 4) throw dimension.wrong('2 to 4 are read', 'unsupported');
    if (dimensions > 2) unnamed(`has the space dimension ${dimensions}`);
    return { dimensions, signs: LPS_SIGNS };
  }
  if (!field) return undefined;
  const key = field.value.toLowerCase().replace(/[ -]/g, '');
  if (!Object.hasOwn(spaces, key)) throw field.wrong('it is not a space of the format');
  const { dimensions, signs } = spaces[key];
  if (dimensions === 4 && signs && signs !== LPS_SIGNS) {
    const reason = 'ITK reads it as left-posterior-superior-time; write the image in that space';
    throw field.wrong(reason, 'unsupported');
  }
  if (!signs) unnamed(`has the space ${field.value}`);
  return { dimensions, signs: signs ?? LPS_SIGNS };
}

/**
 * The steps along all axes, in the space of the header.
 * @throws ImageError when there is not one vector, or `none`, for each axis
 */
export function directionsOf(field: HeaderField, space: NrrdSpace, count: number): (number[] | undefined)[] {
  const found = field.value.match(/\([^()]*\)|[^\s()]+/g) ?? [];
  if (found.length !== count) throw field.wrong(`${count} vectors are needed, one for each axis`);
  return found.map((text) => vectorOf(field, text, space));
}

/** A vector, or undefined for `none` and for one of NaN only. */
export function vectorOf(field: HeaderField, text: string, { dimensions }: NrrdSpace): number[] | undefined {
  if (text.toLowerCase() === 'none') return undefined;
  if (!/^\(.*\)$/.test(text)) throw field.wrong('a vector begins with "(" and ends with ")"');
  const words = text.slice(1, -1).split(',').map((word) => word.trim()); // prettier-ignore
  if (words.length !== dimensions) throw field.wrong(`vectors of ${dimensions} numbers are needed`);
  if (words.every((word) => /^[+-]?nan$/i.test(word))) return undefined;
  return words.map((word) => field.number(word));
}

/**
 * Where the voxels lie by the space of the header.
 *
 * @param steps of the two or three axes of space
 * @throws ImageError when they do not span space, or their lengths are not millimetres
 */
export function affineInSpace(
  { name, fields }: NrrdHeader,
  space: NrrdSpace,
  steps: readonly (readonly number[])[],
  warnings: string[],
): Affine {
  const directions = fields.get('spacedirections')!;
  for (const absent of ['spacings', 'axismins', 'axismaxs'] as const)
    if (
      fields
        .get(absent)
        ?.words()
        .some((word) => !/^[+-]?nan$/i.test(word))
    )
      throw fields.get(absent)!.wrong('a header with space directions has none of this field');
  checkUnits(fields.get('spaceunits'), [0, 1, 2], warnings, name);
  if (steps.some((step) => step.length === 4 && step[3] !== 0))
    throw directions.wrong('axes that mix space and time are not read', 'unsupported');
  if (steps.some((step) => step.length < steps.length))
    throw directions.wrong(`${steps.length} axes cannot lie in a space of ${space.dimensions} dimensions`);
  const originField = fields.get('spaceorigin');
  const origin = originField && vectorOf(originField, originField.value, space);
  if (!origin) warnings.push(`"${name}" gives no space origin; its first voxel is taken to lie at 0`);
  const place = { origin: origin ?? [0, 0, 0], steps: steps.map((step) => step.slice(0, 3)) };
  const affine = affineOfSteps(place, space.signs);
  if (!affine) throw directions.wrong('these vectors do not span space');
  return affine;
}

/**
 * Where the voxels lie when the header names no space, as ITK reads it: axes along LPS, spacings of the axes, and `axis mins` as the edge of the
 * first voxel (its centre where the centering is `node`).
 *
 * @param spatial places of the axes of space
 * @throws ImageError for voxel sizes of 0, units that are not millimetres, and maxima that contradict the spacings
 */
export function affineWithoutSpace(
  { name, fields }: NrrdHeader,
  axes: readonly NrrdAxis[],
  spatial: readonly number[],
  warnings: string[],
): Affine {
  const [spacings, mins, maxs] = (['spacings', 'axismins', 'axismaxs'] as const).map((field) =>
    perAxis(fields.get(field), axes.length),
  );
  checkUnits(fields.get('units'), spatial, warnings, name, axes.length);
  const how = spacings ? 'gives voxel sizes but no space' : 'does not say where its voxels lie or how large they are';
  const size = spatial.every((d) => spacings?.[d] !== undefined) ? '' : ', voxels 1 mm long where no size is given';
  warnings.push(`"${name}" ${how}; its axes are taken to run left, posterior, superior${size}`);

  const spacing = spatial.map((d) => spacings?.[d] ?? 1);
  if (spacing.some((length) => length === 0)) throw fields.get('spacings')!.wrong('a voxel size cannot be 0');
  const centers = (fields.get('centerings') ?? fields.get('centers'))?.words() ?? [];
  for (const [i, d] of spatial.entries()) {
    const [min, max] = [mins?.[d], maxs?.[d]];
    if (max === undefined) continue;
    const gaps = centers[d] === 'node' ? axes[d].size - 1 : axes[d].size;
    const meant = min === undefined ? NaN : (max - min) / gaps;
    if (!(Math.abs(meant - spacing[i]) <= 1e-6 * Math.abs(meant)))
      throw fields.get('axismaxs')!.wrong(`it contradicts the voxel size ${spacing[i]} of axis ${d}`);
  }
  const placed = spatial.every((d) => mins?.[d] !== undefined);
  const origin = spatial.map((d, i) => (placed ? mins![d]! + (centers[d] === 'node' ? 0 : spacing[i] / 2) : 0));
  const steps = spacing.map((length, i) => spacing.map((_, j) => (i === j ? length : 0)));
  return affineOfSteps({ origin, steps })!;
}

/** A number for each axis, undefined where it is NaN. */
function perAxis(field: HeaderField | undefined, count: number): (number | undefined)[] | undefined {
  const words = field?.words();
  if (!field || !words) return undefined;
  if (words.length !== count) throw field.wrong(`${count} numbers are needed, one for each axis`);
  return words.map((word) => (/^[+-]?nan$/i.test(word) ? undefined : field.number(word)));
}

function checkUnits(
  field: HeaderField | undefined,
  places: readonly number[],
  warnings: string[],
  name: string,
  count?: number,
): void {
  if (!field) return;
  if (field.value.length > LONGEST_UNITS) throw field.wrong('it is too long');
  const quoted = [...field.value.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map((match) => match[1]);
  const units = quoted.length > 0 ? quoted : field.words();
  if (count !== undefined && units.length !== count) throw field.wrong(`${count} units are needed, one for each axis`);
  for (const unit of places.map((d) => units[d]).filter((text) => text !== undefined)) {
    const meaning = lengthUnit(unit);
    if (meaning === 'other') throw field.wrong(`lengths in ${unit} are not read; write them in mm`, 'unsupported');
    if (meaning === 'unknown') warnings.push(`"${name}" has the unit "${unit}" of length; it is read as mm`);
  }
}
