import type { Affine } from '../../volume';
import { lengthUnit } from '../length-unit';
import { affineOfSteps } from '../lps-geometry';
import type { HeaderField } from '../text-header';
import type { MetaFieldName, MetaHeader } from './header';

/**
 * Where the voxels lie, as ITK reads it: `TransformMatrix` (or `Rotation`, `Orientation`) holds the directions of the axes one after the other in
 * LPS, each times its `ElementSpacing` (`ElementSize` where that is missing); `Offset` (or `Position`, `Origin`, `ImagePosition`) is the centre of
 * the first voxel. `CenterOfRotation` and `AnatomicalOrientation` do not count.
 *
 * @param dims number of axes: 2, 3, or 4 of which the last one is time or channels
 * @throws ImageError for numbers that are missing, 0 or contradict each other, and for lengths that are not millimetres
 */
export function affineOfMeta(header: MetaHeader, dims: number, warnings: string[]): Affine {
  const { fields, name } = header;
  const spacingField = fields.get('ElementSpacing') ?? fields.get('ElementSize');
  const matrixField = oneOf(header, ['TransformMatrix', 'Rotation', 'Orientation'], dims * dims);
  const offsetField = oneOf(header, ['Offset', 'Position', 'Origin', 'ImagePosition'], dims);
  const spacing = spacingField?.exactly(dims) ?? new Array<number>(dims).fill(1);
  if (spacing.includes(0)) throw spacingField!.wrong('a voxel size cannot be 0');
  const matrix = matrixField?.exactly(dims * dims);
  const offset = offsetField?.exactly(dims) ?? new Array<number>(dims).fill(0);

  const missing = [
    ...(spacingField ? [] : ['ElementSpacing (1 mm)']),
    ...(matrix ? [] : ['TransformMatrix (axes to the left, to the back, up)']),
    ...(offsetField ? [] : ['Offset (0)']),
  ];
  if (missing.length > 0)
    warnings.push(`"${name}" does not give ${missing.join(', ')}, which is taken as ITK takes it`);
  warnOfRest(header, matrix !== undefined, warnings);
  const units = fields.get('DistanceUnits');
  if (units && lengthUnit(units.value) === 'other')
    throw units.wrong('lengths are read in mm; write the image in mm', 'unsupported');
  if (units && lengthUnit(units.value) === 'unknown')
    warnings.push(`"${name}" has the field "${units.toString()}", which is read as mm`);

  const spatial = Math.min(dims, 3);
  const direction = (axis: number) =>
    Array.from({ length: dims }, (_, d) => (matrix ? matrix[dims * axis + d] : Number(axis === d)));
  const directions = Array.from({ length: dims }, (_, axis) => direction(axis));
  const mixes = dims > 3 && directions.some((vector, axis) => vector.some((v, d) => v !== 0 && axis < 3 !== d < 3));
  if (mixes) throw matrixField!.wrong('axes that mix space and the fourth dimension are not read', 'unsupported');
  const steps = directions
    .slice(0, spatial)
    .map((vector, axis) => vector.slice(0, spatial).map((v) => v * spacing[axis]));
  const affine = affineOfSteps({ origin: offset.slice(0, spatial), steps });
  if (!affine) throw matrixField!.wrong('these directions do not span space');
  return affine;
}

/** The first of several fields that mean the same. @throws ImageError when two of them have other values */
function oneOf({ fields }: MetaHeader, names: readonly MetaFieldName[], count: number): HeaderField | undefined {
  const present = names.map((name) => fields.get(name)).filter((field) => field !== undefined);
  const values = present.map((field) => field.exactly(count).join(' '));
  const other = values.findIndex((value) => value !== values[0]);
  if (other > 0) throw present[other].wrong(`it contradicts the field "${present[0].toString()}"`);
  return present[0];
}

/** Fields that ITK reads past, where they say more than nothing. */
function warnOfRest({ fields, name }: MetaHeader, hasMatrix: boolean, warnings: string[]): void {
  const tell = (field: HeaderField, what: string) =>
    warnings.push(`"${name}" has the field "${field.toString()}"; ${what}`);
  const centre = fields.get('CenterOfRotation');
  if (centre?.numbers().some((value) => value !== 0))
    tell(centre, 'ITK does not use it for images, nor does this server');
  const orientation = fields.get('AnatomicalOrientation');
  if (orientation && !hasMatrix && !/^(RAI|LPS|\?*)$/i.test(orientation.value))
    tell(orientation, 'ITK does not use it, nor does this server: TransformMatrix places an image');
  const slope = fields.get('ElementToIntensityFunctionSlope');
  const intercept = fields.get('ElementToIntensityFunctionOffset');
  if (slope && slope.exactly(1)[0] !== 1) tell(slope, 'ITK does not rescale voxels by it, nor does this server');
  if (intercept && intercept.exactly(1)[0] !== 0)
    tell(intercept, 'ITK does not rescale voxels by it, nor does this server');
}
