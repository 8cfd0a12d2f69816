import { spacingOf } from '../../geometry';
import type { Affine } from '../../volume';
import { affineFrom, millimetresPerUnit, rotationOf, sformAffine } from './geometry';
import type { PlacedHeader } from './header';

/** How far, in a product of directions, the axes of an sform may be off the right angle for ITK. */
const ORTHONORMAL = 1e-4;
/** How alike two forms are one for ITK: elements and the sum of offsets of forms that are looked at no further, in the header's unit. */
const SAME_ELEMENTS = 1e-5;
const SAME_OFFSETS = 1e-7;
/** Directions, sizes and offsets of others. */
const ALIKE = 1e-4;
/** Axes that may be one for it, or not. */
const SAME_AXIS = 1e-3;
const SCANNER = 1;

/**
 * Voxel -> RAS mm as ITK reads the header (found with SimpleITK 2.5.7, ITK 5.4): another form than in nibabel may say directions and origin, sizes are
 * always those of `pixdim`, in the header's unit, and an image without a coded form begins at the origin with its axes along LPS.
 * - The sform, where its axes are at right angles and it is the only coded form, or has code 1 (scanner), or is the same as the qform; with axes that
 *   are not at right angles, where it is the same as the qform in all its numbers.
 * - Else the qform, where it is coded.
 * @returns undefined where ITK refuses the image: with no coded form but a sheared sform, or of two dimensions that run out of their plane
 */
export function affineInItk(header: PlacedHeader): Affine | undefined {
  const form = formInItk(header);
  if (!form) return undefined;
  const { pixdim, dim, xyztUnits } = header;
  const unit = millimetresPerUnit(xyztUnits);
  // In an image of two dimensions ITK has no third coordinate.
  const rows = dim.length === 2 ? 2 : 3;
  const affine: number[] = Array.from({ length: 16 }, (_, at) => (at % 4 === 3 ? form[at] * (at < 12 ? unit : 1) : 0));
  for (let column = 0; column < 3; column++) {
    const isKnown = Number.isFinite(pixdim[column + 1]) && pixdim[column + 1] !== 0;
    const size = (isKnown ? pixdim[column + 1] : 1) * unit;
    const step = column < rows ? [0, 4, 8].map((row) => (row < 4 * rows ? form[row + column] : 0)) : [0, 0, 1];
    const length = Math.hypot(...step) || 1;
    for (const [row, value] of step.entries()) affine[4 * row + column] = (value / length) * size;
  }
  return rows === 3 || affine[0] * affine[5] !== affine[1] * affine[4] ? affine : undefined;
}

export function isOrthonormalInItk(header: Pick<PlacedHeader, 'srow'>): boolean {
  const directions = directionsOf(sformAffine(header));
  const product = (a: number, b: number) => [0, 1, 2].reduce((sum, c) => sum + directions[a][c] * directions[b][c], 0);
  return [0, 1, 2].every((a) => [0, 1, 2].every((b) => Math.abs(product(a, b) - Number(a === b)) <= ORTHONORMAL));
}

/**
 * Whether ITK's choice of form is uncertain: it compares forms with permuted or reversed axes by singular vectors, whose signs are a matter of rounding
 * (SimpleITK 2.5.7: of 40 such pairs about half are read either way).
 */
export function isUncertainInItk(header: PlacedHeader): boolean {
  const { sformCode, qformCode } = header;
  if (sformCode <= SCANNER || qformCode <= 0 || !isOrthonormalInItk(header)) return false;
  const [sform, qform] = [sformAffine(header), qformInItk(header)];
  const column = (affine: Affine, c: number) => [affine[c], affine[4 + c], affine[8 + c]];
  const isSameAxis = (a: readonly number[], b: readonly number[]) =>
    [1, -1].some((sign) => Math.hypot(...a.map((value, row) => value - sign * b[row])) <= SAME_AXIS * Math.hypot(...a));
  const axes = [0, 1, 2].map((c) => column(qform, c));
  return (
    !areAlike(sform, qform) &&
    [3, 7, 11].every((at) => Math.abs(sform[at] - qform[at]) <= ALIKE) &&
    [0, 1, 2].every((c) => axes.some((axis) => isSameAxis(column(sform, c), axis)))
  );
}

function formInItk(header: PlacedHeader): Affine | undefined {
  const { sformCode, qformCode } = header;
  const qform = qformCode > 0 ? qformInItk(header) : undefined;
  if (sformCode <= 0) return qform ?? [-1, 0, 0, 0, 0, -1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1];
  const sform = sformAffine(header);
  if (!isOrthonormalInItk(header)) return qform && areSame(sform, qform) ? sform : qform;
  return !qform || sformCode === SCANNER || areAlike(sform, qform) ? sform : qform;
}

/** The qform with NaN as 0 and voxels of negative size as 1, as niftilib has it. */
function qformInItk({ quatern, qoffset, pixdim }: PlacedHeader): Affine {
  const rotation = rotationOf(
    quatern.map((value) => (Number.isFinite(value) ? value : 0)),
    1e-7,
  );
  const zooms = [1, 2, 3].map((d) => (pixdim[d] > 0 && Number.isFinite(pixdim[d]) ? pixdim[d] : 1));
  if (pixdim[0] < 0) zooms[2] = -zooms[2];
  return affineFrom(rotation, zooms, [0, 1, 2].map((d) => qoffset[d] || 0)); // prettier-ignore
}

function areSame(a: Affine, b: Affine): boolean {
  const apart = a.map((value, at) => Math.abs(value - b[at]));
  return (
    apart.every((value, at) => at % 4 === 3 || value <= SAME_ELEMENTS) &&
    apart[3] + apart[7] + apart[11] <= SAME_OFFSETS
  );
}

function areAlike(a: Affine, b: Affine): boolean {
  const near = (x: number, y: number) => Math.abs(x - y) <= ALIKE;
  const [first, second] = [directionsOf(a), directionsOf(b)];
  const sizes = spacingOf(b);
  return (
    [3, 7, 11].every((at) => near(a[at], b[at])) &&
    spacingOf(a).every((length, c) => near(length, sizes[c])) &&
    first.every((row, r) => row.every((value, c) => near(value, second[r][c])))
  );
}

function directionsOf(affine: Affine): number[][] {
  const lengths = spacingOf(affine).map((length) => length || 1);
  return [0, 4, 8].map((row) => lengths.map((length, c) => affine[row + c] / length));
}
