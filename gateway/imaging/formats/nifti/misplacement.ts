import { largestDistance, multiply } from '../../geometry';
import type { Affine } from '../../volume';
import { affineInNibabel } from './geometry';
import { affineInItk, type PlacedHeader } from './itk-reading';
import { stepInImage, type Geometry, type NiftiGrid } from './result-geometry';
import { inMillimetres } from './units';

/**
 * How far, in mm, the written result lies at most off the place where ITK or nibabel has the image. Readers that do not open the image do not count;
 * ITK opens no NIfTI-2 image, and no NIfTI-1 image without orthonormal form.
 */
export function misplacement(
  geometry: Geometry,
  affine: Affine,
  shape: readonly number[],
  image: NiftiGrid | undefined,
): number {
  if (geometry === image?.header) return 0;
  const { pixdim, quatern, qoffset, srow, ...rest } = geometry;
  const [p, q, o, s] = [pixdim, quatern, qoffset, srow].map((numbers) => numbers.map(Math.fround));
  const written: PlacedHeader & { version: 1 } = {
    ...rest,
    version: 1,
    pixdim: p,
    quatern: q,
    qoffset: o,
    srow: s,
    dim: [...shape],
  };
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
