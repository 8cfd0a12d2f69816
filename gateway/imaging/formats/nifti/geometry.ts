import type { Affine } from '../../volume';
import { polarFactor, spacingOf } from '../../geometry';
import type { NiftiHeader } from './header';

/** How lengths in a NIfTI header are read: in the unit that it names, or as millimetres whichever it names. */
export type NiftiUnits = 'convert' | 'ignore';

/** Spatial units of nifti1.h by their code, the three lowest bits of `xyzt_units`. */
const [METRE, MICROMETRE] = [1, 3];

/** How many millimetres the header's unit has; one that is unknown or not named counts as the millimetre, as in ITK. */
export function millimetresPerUnit(xyztUnits: number): number {
  const unit = xyztUnits & 7;
  return unit === METRE ? 1000 : unit === MICROMETRE ? 0.001 : 1;
}

export function inMillimetres(affine: Affine, { xyztUnits }: Pick<NiftiHeader, 'xyztUnits'>): Affine {
  const unit = millimetresPerUnit(xyztUnits);
  return unit === 1 ? affine : affine.map((value, at) => (at < 12 ? value * unit : value));
}

/** nibabel's tolerance for "the quaternion has unit length already": 3 epsilons of the numbers of the header, float32 or (NIfTI-2) float64. */
const UNIT_TOLERANCE = { 1: 3 * 2 ** -23, 2: 3 * Number.EPSILON };

/** The part of a header that places its voxels. */
type FormFields = Pick<NiftiHeader, 'dim' | 'pixdim' | 'quatern' | 'qoffset' | 'srow' | 'sformCode' | 'qformCode'> & {
  /** @default 1 */
  version?: 1 | 2;
};

export function sformAffine({ srow }: Pick<NiftiHeader, 'srow'>): Affine {
  return [...srow, 0, 0, 0, 1];
}

/** The qform as a 4x4 affine: rotation of the quaternion, columns scaled by `pixdim`, third one by qfac too (nifti1.h, method 2). */
export function qformAffine(header: FormFields): Affine {
  const rotation = rotationOf(header.quatern, UNIT_TOLERANCE[header.version ?? 1]);
  const zooms = zoomsOf(header);
  if (header.pixdim[0] < 0) zooms[2] = -zooms[2];
  return affineFrom(rotation, zooms, header.qoffset);
}

/** Rotation of a quaternion (a, b, c, d); one longer than 1 is half a turn (a = 0) about its axis. @param tolerance of a², below which it is 0 */
export function rotationOf([b, c, d]: readonly number[], tolerance: number): number[] {
  const rest = 1 - (b * b + c * c + d * d);
  const scale = rest < -tolerance ? 1 / Math.hypot(b, c, d) : 1;
  return quaternionToMatrix(rest < tolerance ? 0 : Math.sqrt(rest), b * scale, c * scale, d * scale);
}

/** Where a file without any form lies: centred on the origin, x running to the left (nibabel's base affine). */
function baseAffine(header: FormFields): Affine {
  const [x, y, z] = zoomsOf(header);
  const centre = (d: number) => ((header.dim[d] ?? 1) - 1) / 2;
  return [-x, 0, 0, x * centre(0), 0, y, 0, -y * centre(1), 0, 0, z, -z * centre(2), 0, 0, 0, 1];
}

/**
 * Voxel -> RAS in the header's unit: sform if coded, else qform if coded, else the base affine; but a coded qform wins over a coded sform whose column
 * lengths contradict `pixdim` (MONAI 1.x repairs headers so).
 */
export function affineOf(header: NiftiHeader): Affine {
  const preferred = affineInNibabel(header);
  if (header.sformCode <= 0 || header.qformCode <= 0 || matchesPixdim(preferred, header)) return preferred;
  const qform = qformAffine(header);
  return matchesPixdim(qform, header) ? qform : preferred;
}

/** The affine that nibabel has: sform if coded, else qform if coded, else the base affine; in the header's unit. */
export function affineInNibabel(header: FormFields): Affine {
  if (header.sformCode > 0) return sformAffine(header);
  return header.qformCode > 0 ? qformAffine(header) : baseAffine(header);
}

function matchesPixdim(affine: Affine, { pixdim }: FormFields): boolean {
  return spacingOf(affine).every((norm, d) => Math.abs(pixdim[d + 1] - norm) <= 1e-8 + 1e-5 * norm);
}

/** Voxel sizes: absolute values, 1 for an axis that is missing or has size 0 (nibabel's header check does the same). */
function zoomsOf({ pixdim, dim }: FormFields): number[] {
  return [1, 2, 3].map((d) => (d <= dim.length && Number.isFinite(pixdim[d]) && Math.abs(pixdim[d])) || 1);
}

function quaternionToMatrix(a: number, b: number, c: number, d: number): number[] {
  return [
    a * a + b * b - c * c - d * d, 2 * (b * c - a * d), 2 * (b * d + a * c),
    2 * (b * c + a * d), a * a + c * c - b * b - d * d, 2 * (c * d - a * b),
    2 * (b * d - a * c), 2 * (c * d + a * b), a * a + d * d - b * b - c * c,
  ]; // prettier-ignore
}

/** Columns of a rotation times the sizes of voxels, and an offset. */
export function affineFrom(rotation: readonly number[], zooms: readonly number[], offset: readonly number[]): Affine {
  const row = (r: number) => [0, 1, 2].map((c) => rotation[3 * r + c] * zooms[c]).concat(offset[r]);
  return [...row(0), ...row(1), ...row(2), 0, 0, 0, 1];
}

/** The qform fields nearest to an affine: shears are dropped by taking the polar factor, as nibabel's `set_qform` does. */
export function qformFields(affine: Affine): Pick<NiftiHeader, 'quatern' | 'qoffset' | 'pixdim'> {
  const zooms = spacingOf(affine).map((zoom) => zoom || 1);
  const scaled = [0, 1, 2].flatMap((r) => [0, 1, 2].map((c) => affine[4 * r + c] / zooms[c]));
  const qfac = determinant(scaled) > 0 ? 1 : -1;
  if (qfac < 0) for (const i of [2, 5, 8]) scaled[i] = -scaled[i];
  return {
    quatern: matrixToQuaternion(polarFactor(scaled)),
    qoffset: [affine[3], affine[7], affine[11]],
    pixdim: [qfac, ...zooms, 1, 1, 1, 1],
  };
}

function determinant([a, b, c, d, e, f, g, h, i]: readonly number[]): number {
  return a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g);
}

/** b, c, d of the unit quaternion (a >= 0) of a rotation, from whichever component is largest (Shepperd's method). */
function matrixToQuaternion(m: readonly number[]): number[] {
  const squares = [1 + m[0] + m[4] + m[8], 1 + m[0] - m[4] - m[8], 1 - m[0] + m[4] - m[8], 1 - m[0] - m[4] + m[8]];
  const largest = squares.indexOf(Math.max(...squares));
  const twice = Math.sqrt(squares[largest]);
  const [x, y, z] = [m[7] - m[5], m[2] - m[6], m[3] - m[1]];
  const [xy, xz, yz] = [m[1] + m[3], m[2] + m[6], m[5] + m[7]];
  const quaternion = [
    [squares[0], x, y, z],
    [x, squares[1], xy, xz],
    [y, xy, squares[2], yz],
    [z, xz, yz, squares[3]],
  ][largest].map((value) => value / (2 * twice));
  return quaternion.slice(1).map((value) => (quaternion[0] < 0 ? -value : value));
}
