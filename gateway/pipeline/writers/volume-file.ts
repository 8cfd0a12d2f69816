import { IDENTITY } from '../../imaging/geometry';
import { encodeMha } from '../../imaging/formats/metaimage/metaimage';
import type { VoxelType } from '../../imaging/formats/value-types';
import { affineForItk } from '../../imaging/formats/nifti/result-geometry';
import { encodeNifti } from '../../imaging/formats/nifti/write-nifti';
import { encodeNrrd } from '../../imaging/formats/nrrd/nrrd';
import { channelView, channelAxis, reorderAxes } from '../../imaging/volume';
import type { Axes, Volume } from '../../imaging/volume';
import type { Sample } from '../../transforms/sample';
import type { WriteNiftiArgs } from '../../transforms/writers';
import { checkPlace } from './check-place';
import { placeOnInputGrid, type PlacedVolume } from './input-grid';
import type { VolumeFormat } from './result-format';
import type { WriterTarget } from './target';

interface VolumeFileOptions {
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
  const transposed = args.transpose_axes ? transpose(placed.volume, args.transpose_axes) : placed.volume;
  const shaped = args.squeeze ? squeeze(transposed) : transposed;
  const result = args.use_identity
    ? { volume: { ...shaped, affine: IDENTITY } }
    : { volume: shaped, image: placed.image };
  if (!args.use_identity) checkPlace(result, format.extension, sample);
  const bytes = await encode(result, dtype, format);
  return target.save(bytes, format.extension, 'application/octet-stream');
}

function encode({ volume, image }: PlacedVolume, dtype: VoxelType, { extension, compress }: VolumeFormat) {
  if (extension.startsWith('.nii')) return encodeNifti(volume, { dtype, compress, image });
  const placed = volume.affine ? { ...volume, affine: affineForItk(volume.affine, image) } : volume;
  return extension === '.nrrd' ? encodeNrrd(placed, { dtype, compress }) : encodeMha(placed, { dtype, compress });
}

/** numpy's transpose of the array without channel axis (a channel axis stays last): new axis d is old axis `order[d]`; the affine stays. */
function transpose(volume: Volume, order: readonly number[]): Volume {
  const single = channelAxis(volume) >= 0 && volume.shape[channelAxis(volume)] === 1 ? channelView(volume, 0) : volume;
  const letters = [...single.axes].filter((axis) => axis !== 'C').sort();
  const all = channelAxis(single) < 0 ? letters : [...letters, 'C'];
  const complete = order.length === letters.length && all.length > letters.length ? [...order, letters.length] : order;
  if (
    complete.length !== all.length ||
    new Set(complete).size !== all.length ||
    complete.some((d) => d >= all.length)
  ) {
    throw new Error(`transpose_axes [${order.join(', ')}] does not fit an image with the axes ${all.join('')}`);
  }
  if (all.length > letters.length && complete[letters.length] !== letters.length) {
    throw new Error(`transpose_axes [${order.join(', ')}] moves the channel axis, which NIfTI keeps last`);
  }
  const reordered = reorderAxes(single, complete.map((d) => all[d]).join('') as Axes);
  return { ...reordered, axes: all.join('') as Axes };
}

/** numpy's squeeze: axes of length 1 go, the others move up; at least two spatial axes stay. */
function squeeze(volume: Volume): Volume {
  const single = channelAxis(volume) >= 0 && volume.shape[channelAxis(volume)] === 1 ? channelView(volume, 0) : volume;
  const long = [...single.axes].map((_, d) => d).filter((d) => single.shape[d] !== 1);
  const spatial = long.filter((d) => single.axes[d] !== 'C');
  if (spatial.length !== 2 || single.axes.replace('C', '').length === 2) return single;
  let next = 0;
  const axes = long.map((d) => (single.axes[d] === 'C' ? 'C' : 'XY'[next++])).join('') as Axes;
  return { ...single, axes, shape: long.map((d) => single.shape[d]), strides: long.map((d) => single.strides[d]) };
}
