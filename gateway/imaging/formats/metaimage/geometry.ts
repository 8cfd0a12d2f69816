import type { Affine } from '../../volume';
import { lengthUnit, type HeaderField } from '../text-header';
import { spanningAffine } from '../vectors';
import type { MetaHeader, MetaKey } from './header';

/**
 * Where the voxels lie, as ITK reads it: `TransformMatrix` (or `Rotation`, `Orientation`) holds the directions of the axes one after the other in
 * LPS, each times its `ElementSpacing` (`ElementSize` where that is missing); `Offset` (or `Position`, `Origin`, `ImagePosition`) is the centre of
 * the first voxel. `CenterOfRotation` and `AnatomicalOrientation` do not count.
 *
 * @param dims number of axes: 2, 3, or 4 of which the last one is time or channels
 * @throws ImageError for numbers that are missing, 0 or contradict each other, and for lengths that are not millimetres
 */
export function affineOfMeta(header: MetaHeader, dims: number): Affine {
  const spacingField = header.get('ElementSpacing') ?? header.get('ElementSize');
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
  if (missing.length > 0) header.warn(`does not give ${missing.join(', ')}, which is taken as ITK takes it`);
  warnOfRest(header, matrix !== undefined);
  const units = header.get('DistanceUnits');
  const meaning = units && lengthUnit(units.value);
  if (meaning === 'other') throw units!.wrong('lengths are read in mm; write the image in mm', 'unsupported');
  if (meaning === 'unknown') header.warn(`has the field "${units!.toString()}", which is read as mm`);

  const spatial = Math.min(dims, 3);
  const directions = Array.from({ length: dims }, (_, axis) =>
    Array.from({ length: dims }, (__, d) => (matrix ? matrix[dims * axis + d] : Number(axis === d))),
  );
  const mixes = dims > 3 && directions.some((vector, axis) => vector.some((v, d) => v !== 0 && axis < 3 !== d < 3));
  if (mixes) throw matrixField!.wrong('axes that mix space and the fourth dimension are not read', 'unsupported');
  const steps = directions
    .slice(0, spatial)
    .map((vector, axis) => vector.slice(0, spatial).map((v) => v * spacing[axis]));
  const affine = spanningAffine({ origin: offset.slice(0, spatial), steps });
  if (!affine) throw matrixField!.wrong('these directions do not span space');
  return affine;
}

/** The first of several fields that mean the same. @throws ImageError when two of them have other values */
function oneOf(header: MetaHeader, names: readonly MetaKey[], count: number): HeaderField | undefined {
  const present = names.map((name) => header.get(name)).filter((field) => field !== undefined);
  const values = present.map((field) => field.exactly(count).join(' '));
  const other = values.findIndex((value) => value !== values[0]);
  if (other > 0) throw present[other].wrong(`it contradicts the field "${present[0].toString()}"`);
  return present[0];
}

/** Fields that ITK reads past, where they say more than nothing. */
function warnOfRest(header: MetaHeader, hasMatrix: boolean): void {
  const tell = (key: MetaKey, says: (field: HeaderField) => boolean, what: string) => {
    const field = header.get(key);
    if (field && says(field)) header.warn(`has the field "${field.toString()}"; ITK does not ${what}`);
  };
  const isNot = (usual: number) => (field: HeaderField) => field.exactly(1)[0] !== usual;
  const movesCentre = (field: HeaderField) => field.numbers().some((value) => value !== 0);
  tell('CenterOfRotation', movesCentre, 'use it for images, nor does this server');
  const turns = ({ value }: HeaderField) => !hasMatrix && !/^(RAI|LPS|\?*)$/i.test(value);
  tell('AnatomicalOrientation', turns, 'use it, nor does this server: TransformMatrix places an image');
  tell('ElementToIntensityFunctionSlope', isNot(1), 'rescale voxels by it, nor does this server');
  tell('ElementToIntensityFunctionOffset', isNot(0), 'rescale voxels by it, nor does this server');
}
