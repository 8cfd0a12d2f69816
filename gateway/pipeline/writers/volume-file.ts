import { IDENTITY, shearOf } from '../../imaging/geometry';
import { isOrthonormalInItk, isUncertainInItk } from '../../imaging/formats/nifti/itk-reading';
import { encodeMha } from '../../imaging/formats/metaimage/metaimage';
import type { VoxelType } from '../../imaging/formats/value-types';
import { affineForItk, geometryOfResult, misplacement } from '../../imaging/formats/nifti/result-geometry';
import { encodeNifti } from '../../imaging/formats/nifti/write-nifti';
import { encodeNrrd } from '../../imaging/formats/nrrd/nrrd';
import { channelView, channelAxis, reorderAxes, spatialShape, type Axes, type Volume } from '../../imaging/volume';
import { RequestError, type Sample } from '../../transforms/sample';
import type { WriteNiftiArgs } from '../../transforms/writers';
import { placeOnInputGrid, type PlacedVolume } from './input-grid';
import type { VolumeFormat, WriterTarget } from './result-format';
import { say } from '../../sentence';

export interface VolumeFileOptions {
  dtype: VoxelType;
  format: VolumeFormat;
  args?: Partial<WriteNiftiArgs>;
}

/** Writes `volume` on the grid of the request's file, then applies what the config wants changed about the array. */
export async function writeVolumeFile(
  volume: Volume,
  sample: Sample,
  target: WriterTarget,
  { dtype, format, args = {} }: VolumeFileOptions,
) {
  const placed = placeOnInputGrid(volume, sample, { revertCanonical: args.revert_canonical });
  const transposed = args.transpose_axes ? transpose(oneChannel(placed.volume), args.transpose_axes) : placed.volume;
  const shaped = args.squeeze ? squeeze(oneChannel(transposed)) : transposed;
  const result = args.use_identity ? { volume: { ...shaped, affine: IDENTITY } } : { ...placed, volume: shaped };
  if (!args.use_identity) checkPlace(result, format.extension, sample);
  const bytes = await encode(result, dtype, format);
  return target.save(bytes, format.extension, 'application/octet-stream');
}

function encode({ volume, image }: PlacedVolume, dtype: VoxelType, { extension, compress }: VolumeFormat) {
  if (extension.startsWith('.nii')) return encodeNifti(volume, { dtype, compress, image });
  const placed = volume.affine ? { ...volume, affine: affineForItk(volume.affine, image) } : volume;
  return extension === '.nrrd' ? encodeNrrd(placed, { dtype, compress }) : encodeMha(placed, { dtype, compress });
}

/** Without the channel axis when that has one channel. */
const oneChannel = (volume: Volume) => (volume.shape[channelAxis(volume)] === 1 ? channelView(volume, 0) : volume);

/** numpy's transpose of the array without channel axis (a channel axis stays last): new axis d is old axis `order[d]`; the affine stays. */
function transpose(single: Volume, order: readonly number[]): Volume {
  const letters = [...single.axes].filter((axis) => axis !== 'C').sort();
  const all = channelAxis(single) < 0 ? letters : [...letters, 'C'];
  const complete = order.length === letters.length && all.length > letters.length ? [...order, letters.length] : order;
  if (complete.length !== all.length || complete.toSorted().some((d, at) => d !== at)) {
    throw new Error(`transpose_axes [${order.join(', ')}] does not fit an image with the axes ${all.join('')}`);
  }
  if (all.length > letters.length && complete[letters.length] !== letters.length) {
    throw new Error(`transpose_axes [${order.join(', ')}] moves the channel axis, which NIfTI keeps last`);
  }
  const reordered = reorderAxes(single, complete.map((d) => all[d]).join('') as Axes);
  return { ...reordered, axes: all.join('') as Axes };
}

/** numpy's squeeze: axes of length 1 go, the others move up; at least two spatial axes stay. */
function squeeze(single: Volume): Volume {
  const long = [...single.axes].map((_, d) => d).filter((d) => single.shape[d] !== 1);
  const spatial = long.filter((d) => single.axes[d] !== 'C');
  if (spatial.length !== 2 || single.axes.replace('C', '').length === 2) return single;
  let next = 0;
  const axes = long.map((d) => (single.axes[d] === 'C' ? 'C' : 'XY'[next++])).join('') as Axes;
  return { ...single, axes, shape: long.map((d) => single.shape[d]), strides: long.map((d) => single.strides[d]) };
}

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
function checkPlace({ volume, image }: PlacedVolume, extension: string, sample: Sample): void {
  if (!volume.affine) return;
  if (!extension.startsWith('.nii')) {
    const uncertain = say`sform and qform of the image differ in the order or direction of its axes alone, and which of them programs that are built on ITK take is not certain; ask for "result_extension": ".nii.gz", which keeps both`;
    if (image && isUncertainInItk(image.header)) throw new RequestError(uncertain);
    return;
  }
  const shape = spatialShape(volume);
  const geometry = geometryOfResult(volume.affine, shape, image);
  if (image && geometry === image.header && geometry.sformCode > 0 && !isOrthonormalInItk(geometry)) {
    const reading =
      geometry.qformCode > 0 ? say`read its qform instead` : say`open neither it nor this result as NIfTI`;
    sample.warn(say`The sform of the image is sheared: programs that are built on ITK ${reading}.`);
  }
  const off = misplacement(geometry, volume.affine, shape, image);
  if (off <= UNSAID) return;
  const shear = shearOf(volume.affine);
  const why =
    shear > UNSHEARED
      ? say`its axes are ${degrees(shear)} degrees off the right angle`
      : say`the image has neither form coded, and the result lies on another grid`;
  if (shear > ROUNDED_DIRECTIONS || shear <= UNSHEARED)
    throw new RequestError(
      say`programs that are built on ITK would see a NIfTI file of this result elsewhere than the image: ${why}; ask for "result_extension": ".nrrd" or ".mha"`,
    );
  sample.warn(
    say`Programs that are built on ITK see this NIfTI file up to ${off.toPrecision(2)} mm off the image, since ${why}; .nrrd and .mha are exact.`,
  );
}

const degrees = (cosine: number) => ((Math.asin(Math.min(1, cosine)) * 180) / Math.PI).toPrecision(2);
