import { shearOf } from '../../imaging/geometry';
import { isOrthonormalInItk, isUncertainInItk } from '../../imaging/formats/nifti/itk-reading';
import { geometryOfResult, misplacement, type NiftiGrid } from '../../imaging/formats/nifti/result-geometry';
import { spatialShape } from '../../imaging/volume';
import { RequestError, type Sample } from '../../transforms/sample';
import type { PlacedVolume } from './input-grid';

/** How far, in mm, a voxel of a result may lie off its image without a word. */
const UNSAID = 0.01;
/** Cosine between axes of a grid at right angles in float32. */
const UNSHEARED = 1e-5;
/** Cosine between axes that direction cosines of three digits (DICOM) can have at most at what were right angles. */
const ROUNDED_DIRECTIONS = 2e-3;

/**
 * Whether a file of this format can say where this result lies, in each reader that opens the image as well. ITK takes right angles only: of axes that are a
 * little off them, as rounded direction cosines are, it reads the nearest ones, and the client is told how far that is; more is refused.
 *
 * @throws RequestError for a result that a reader would see elsewhere
 */
export function checkPlace({ volume, image }: PlacedVolume, extension: string, sample: Sample): void {
  if (!volume.affine) return;
  if (!extension.startsWith('.nii')) return checkPlaceInItk(image);
  const shape = spatialShape(volume);
  const geometry = geometryOfResult(volume.affine, shape, image);
  if (image && geometry === image.header && geometry.sformCode > 0 && !isOrthonormalInItk(geometry)) {
    const reading = geometry.qformCode > 0 ? 'read its qform instead' : 'open neither it nor this result as NIfTI';
    sample.warn(`The sform of the image is sheared: programs that are built on ITK ${reading}.`);
  }
  const off = misplacement(geometry, volume.affine, shape, image);
  if (off <= UNSAID) return;
  const shear = shearOf(volume.affine);
  const why =
    shear > UNSHEARED
      ? `its axes are ${degrees(shear)} degrees off the right angle`
      : 'the image has neither form coded, and the result lies on another grid';
  if (shear > ROUNDED_DIRECTIONS || shear <= UNSHEARED)
    throw new RequestError(
      `programs that are built on ITK would see a NIfTI file of this result elsewhere than the image: ${why}; ask for "result_extension": ".nrrd" or ".mha"`,
    );
  sample.warn(
    `Programs that are built on ITK see this NIfTI file up to ${off.toPrecision(2)} mm off the image, since ${why}; .nrrd and .mha are exact.`,
  );
}

/** @throws RequestError where it is not certain where ITK, which reads this result, has its image */
function checkPlaceInItk(image: NiftiGrid | undefined): void {
  if (image && isUncertainInItk(image.header))
    throw new RequestError(
      'sform and qform of the image differ in the order or direction of its axes alone, and which of them programs that are built on ITK take is not certain; ask for "result_extension": ".nii.gz", which keeps both',
    );
}

const degrees = (cosine: number) => ((Math.asin(Math.min(1, cosine)) * 180) / Math.PI).toPrecision(2);
