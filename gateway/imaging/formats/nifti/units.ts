import type { Affine } from '../../volume';
import type { NiftiHeader } from './header';

/** How lengths in a NIfTI header are read: in the unit that it names, or as millimetres whatever it names. */
export type NiftiUnits = 'convert' | 'ignore';

/** Spatial units of nifti1.h by their code, the three lowest bits of `xyzt_units`. */
const METRE = 1;
const MICROMETRE = 3;

/** How many millimetres the header's unit has; one that is unknown or not named counts as the millimetre, as in ITK. */
export function millimetresPerUnit(xyztUnits: number): number {
  const unit = xyztUnits & 7;
  return unit === METRE ? 1000 : unit === MICROMETRE ? 0.001 : 1;
}

/** The affine of a header in mm. */
export function inMillimetres(affine: Affine, { xyztUnits }: Pick<NiftiHeader, 'xyztUnits'>): Affine {
  const unit = millimetresPerUnit(xyztUnits);
  return unit === 1 ? affine : affine.map((value, at) => (at < 12 ? value * unit : value));
}
