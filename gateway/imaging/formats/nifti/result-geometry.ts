import { applyAffine, IDENTITY, invert, largestDistance, multiply, shearOf } from '../../geometry';
import type { Affine, VolumeProperties } from '../../volume';
import { affineInNibabel, affineOf, inMillimetres, qformAffine, qformFields, sformAffine } from './geometry';
import type { Geometry, NiftiHeader } from './header';
import { affineInItk } from './itk-reading';

/** The NIfTI image that a result belongs to. */
export interface NiftiGrid {
  header: NiftiHeader;
  affine: Affine;
}

export function niftiGridOf({ header, originalAffine }: VolumeProperties): NiftiGrid | undefined {
  return header && originalAffine ? { header: header as NiftiHeader, affine: originalAffine } : undefined;
}

/** Both forms are those of the scanner: readers agree on what is coded so. */
const SCANNER = 1;
const MILLIMETRES = 2;
const ROUNDING = 1e-9;
/** How far, in voxels, a result may lie off its image and still be on the same grid. */
const SAME_GRID = 0.01;

/**
 * The fields that place a result where each reader sees the image: both of a NIfTI image's forms, in its unit and codes, byte for byte on its grid, else
 * carried along; without one equal forms in millimetres. The qform of a sheared affine is the nearest one about the middle of the result.
 * @param affine voxel -> RAS of the result, in mm @param shape voxels along its two or three spatial axes
 */
export function geometryOfResult(affine: Affine, shape: readonly number[], image?: NiftiGrid): Geometry {
  return (image && carriedForms(affine, shape, image)) ?? bothForms(affine, shape);
}

/** Voxel -> RAS in mm of a result in ITK's own formats: where ITK has the NIfTI image that it belongs to, if there is one. */
export function affineForItk(affine: Affine, image?: NiftiGrid): Affine {
  const step = image && stepInImage(affine, image);
  if (!image || !step) return affine;
  const { header } = image;
  return multiply(affineInItk(header) ?? inMillimetres(affineOf(header), header), step);
}

/** Voxel of the result -> voxel of the image; undefined when the image's axes do not span space. */
function stepInImage(affine: Affine, image: NiftiGrid): Affine | undefined {
  try {
    return multiply(invert(image.affine), affine);
  } catch {
    return undefined;
  }
}

function carriedForms(affine: Affine, shape: readonly number[], image: NiftiGrid): Geometry | undefined {
  const { header } = image;
  const { sformCode, qformCode, xyztUnits } = header;
  const isCoded = sformCode > 0 || qformCode > 0;
  const sameShape = shape.every((length, d) => length === (header.dim[d] ?? 1));
  const isSame = affine.every((value, at) => value === image.affine[at]);
  const step = stepInImage(affine, image);
  if ((isSame || (step && largestDistance(IDENTITY, step, shape) <= SAME_GRID)) && (isCoded || sameShape))
    return header.version === 2 ? withSform(header) : header;
  if (!step || !isCoded) return undefined;
  return {
    ...qformFields(multiply(qformAffine(header), step)),
    srow: multiply(sformAffine(header), step).slice(0, 12),
    qformCode,
    sformCode,
    xyztUnits,
  };
}

/** The same place in float32, where a quaternion near half a turn loses its rotation by up to 6e-4: nibabel, which reads NIfTI-2, prefers the sform. */
function withSform(header: NiftiHeader): Geometry {
  if (header.sformCode > 0 || header.qformCode <= 0) return header;
  return { ...header, sformCode: header.qformCode, srow: qformAffine(header).slice(0, 12) };
}

function bothForms(affine: Affine, shape: readonly number[]): Geometry {
  const fields = qformFields(affine);
  const middle = [0, 1, 2].map((d) => ((shape[d] ?? 1) - 1) / 2);
  const placed = { ...fields, dim: [...shape], srow: [], qformCode: SCANNER, sformCode: 0 };
  const [wanted, got] = [affine, qformAffine(placed)].map((form) => applyAffine(form, middle));
  const isSheared = shearOf(affine) > ROUNDING;
  const qoffset = fields.qoffset.map((value, d) => value + (isSheared ? wanted[d] - got[d] : 0));
  return {
    ...fields,
    qoffset,
    srow: affine.slice(0, 12),
    qformCode: SCANNER,
    sformCode: SCANNER,
    xyztUnits: MILLIMETRES,
  };
}

/** How far, in mm, a result lies off the image in ITK or nibabel, if they open it: ITK opens no NIfTI-2, and no NIfTI-1 without orthonormal form. */
export function misplacement(
  geometry: Geometry,
  affine: Affine,
  shape: readonly number[],
  image: NiftiGrid | undefined,
): number {
  if (geometry === image?.header) return 0;
  const [pixdim, quatern, qoffset, srow] = (['pixdim', 'quatern', 'qoffset', 'srow'] as const).map((field) =>
    geometry[field].map(Math.fround),
  );
  const written = { ...geometry, version: 1 as const, pixdim, quatern, qoffset, srow, dim: [...shape] };
  const step = image && stepInImage(affine, image);
  const apart = (wanted: Affine | undefined, got: Affine | undefined) =>
    wanted ? (got ? largestDistance(wanted, got, shape) : Infinity) : 0;
  if (!image || !step) return apart(affine, affineInItk(written));
  const { header } = image;
  const inItk = header.version === 1 ? affineInItk(header) : undefined;
  const inNibabel = multiply(inMillimetres(affineInNibabel(header), header), step);
  return Math.max(
    apart(inItk && multiply(inItk, step), affineInItk(written)),
    apart(inNibabel, inMillimetres(affineInNibabel(written), written)),
  );
}
