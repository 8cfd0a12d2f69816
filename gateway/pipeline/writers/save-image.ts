import { invert, multiply, sameAffine } from '../../imaging/geometry';
import { resampleAffine } from '../../imaging/ops/resample/resample-affine';
import { spatialLetters, spatialShape, type Volume } from '../../imaging/volume';
import type { Sample } from '../../transforms/sample';
import { writtenDtypes, type SaveImageArgs } from '../../transforms/writers';
import { rowsFirst } from './input-grid';
import { writePngFile } from './png-file';
import { requestedFormat, smallestDtype, volumeFormat } from './result-format';
import type { WriterTarget, Written } from './target';
import { writeVolumeFile } from './volume-file';

/**
 * MONAI's `SaveImaged`. What the request asks for wins over the config. A mask that still lies on another grid than the file is brought
 * there when `resample` is on.
 */
export async function saveImage(sample: Sample, args: SaveImageArgs, target: WriterTarget): Promise<Written> {
  const { extension: wanted, dtype: asked, compress } = requestedFormat(target.params);
  const given = rowsFirst(sample.volume(args.keys[0]), sample);
  const volume = args.resample ? onFileGrid(given, sample, args.mode === 'nearest') : given;
  const configured = writtenDtypes[args.output_dtype];
  const dtype = asked ?? (configured.startsWith('float') ? smallestDtype(volume.data) : configured);
  const extension = wanted ?? args.output_ext;
  if (extension === '.png')
    return writePngFile(volume, target, { bits: dtype === 'uint8' ? 8 : 16, scale: args.scale ?? undefined });
  // NIfTI in the config is a default that the wish to compress can change.
  const explicit = wanted === undefined && extension.startsWith('.nii') ? undefined : extension;
  const format = volumeFormat(explicit, compress, args.output_ext === '.nii.gz');
  return writeVolumeFile(volume, sample, target, { dtype, format });
}

/** The volume on the grid of the file that was loaded; itself when it lies there, or when there is no geometry. */
function onFileGrid(volume: Volume, sample: Sample, nearest: boolean): Volume {
  const loaded = [...sample.volumes.values()].find(({ properties }) => properties.originalAffine && properties.originalShape);
  const { originalAffine, originalShape, asCanonical } = loaded?.properties ?? {};
  if (!volume.affine || !originalAffine || !originalShape || asCanonical || spatialLetters(volume) !== 'XYZ') return volume;
  const sameShape = spatialShape(volume).every((length, d) => length === originalShape[d]);
  if (sameShape && sameAffine(volume.affine, originalAffine)) return volume;
  const toVolume = multiply(invert(volume.affine), originalAffine);
  return { ...resampleAffine(volume, toVolume.slice(0, 12), originalShape, nearest), affine: originalAffine };
} // prettier-ignore
