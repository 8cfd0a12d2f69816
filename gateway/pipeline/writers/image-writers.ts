import { readHead } from '../../imaging/formats/file-head';
import type { VoxelType } from '../../imaging/formats/value-types';
import { encodePng } from '../../imaging/formats/png';
import { formatOf } from '../../imaging/formats/decode';
import { invert, multiply, sameAffine } from '../../imaging/geometry';
import { resampleAffine } from '../../imaging/ops/resample/resample-affine';
import { spatialLetters, spatialShape, type Volume } from '../../imaging/volume';
import type { Json, Sample } from '../../transforms/sample';
import {
  writtenDtypes,
  type AiaaWriterArgs,
  type SaveImageArgs,
  type WriteNiftiArgs,
  type WritePngArgs,
} from '../../transforms/writers';
import { loadedImage, rowsFirst } from './input-grid';
import { smallestDtype, volumeFormat } from './result-format';
import type { WriterTarget, Written } from './target';
import { writeVolumeFile } from './volume-file';

/** Clara's `WriteNifti`. */
export async function writeNifti(sample: Sample, args: WriteNiftiArgs, target: WriterTarget): Promise<Written> {
  const { extension, dtype, compress } = target.asked;
  const volume = sample.volume(args.field);
  if (extension === '.png') return writePngFile(volume, target, dtype === 'uint16' ? 16 : 8);
  const format = volumeFormat(extension, compress, args.compressed);
  return writeVolumeFile(volume, sample, target, { dtype: dtype ?? writtenDtypes[args.dtype], format, args });
}

/** Clara's `WritePng`: fractions cut off, not stretched, unless the config sets `scale`. */
export async function writePng(sample: Sample, args: WritePngArgs, target: WriterTarget): Promise<Written> {
  const { extension, dtype = args.dtype, compress } = target.asked;
  const volume = sample.volume(args.field);
  const isWide = dtype === 'uint16';
  if (!extension || extension === '.png') return writePngFile(volume, target, isWide ? 16 : 8, args.scale);
  const format = volumeFormat(extension, compress);
  return writeVolumeFile(volume, sample, target, { dtype: isWide ? 'uint16' : 'uint8', format });
}

/**
 * AIAA 4.x's `Writer(image, json)`: the field `image` as a file, the field `json` as the JSON answer. The file has the extension the request asks for;
 * else `.png` for a PNG or JPEG, `.nii.gz` for anything else. Label maps become the smallest unsigned type that holds them, other images float32, unless
 * the request names a type.
 */
export async function aiaaWriter(sample: Sample, args: AiaaWriterArgs, target: WriterTarget): Promise<Written> {
  const { extension, dtype: wanted, compress } = target.asked;
  const volume = rowsFirst(sample.volume(args.image), sample);
  const dtype = wanted ?? smallestDtype(volume.data);
  const { file } =
    extension === '.png' || (!extension && (await isPicture(target.image)))
      ? await writePngFile(volume, target, bitsOf(dtype))
      : await writeVolumeFile(volume, sample, target, { dtype, format: volumeFormat(extension, compress) });
  return { file, json: jsonOf(sample, args.json) };
}

async function isPicture({ path, name }: { path: string; name: string }): Promise<boolean> {
  const format = formatOf(await readHead(path, name))?.name;
  return format === 'png' || format === 'jpeg';
}

function jsonOf(sample: Sample, field: string | null): Record<string, Json> {
  const value = field === null ? undefined : sample.values.get(field);
  return value !== null && typeof value === 'object' && !Array.isArray(value) ? (value as Record<string, Json>) : {};
}

/** MONAI's `SaveImaged`. A mask that still lies on another grid than the file is brought there when `resample` is on. */
export async function saveImage(sample: Sample, args: SaveImageArgs, target: WriterTarget): Promise<Written> {
  const { extension: wanted, dtype: asked, compress } = target.asked;
  const given = rowsFirst(sample.volume(args.keys[0]), sample);
  const volume = args.resample ? onFileGrid(given, sample, args.mode === 'nearest') : given;
  const configured = writtenDtypes[args.output_dtype];
  const dtype = asked ?? (configured.startsWith('float') ? smallestDtype(volume.data) : configured);
  const extension = wanted ?? args.output_ext;
  if (extension === '.png') return writePngFile(volume, target, bitsOf(dtype), args.scale);
  // NIfTI in the config is a default that the wish to compress can change.
  const explicit = wanted === undefined && extension.startsWith('.nii') ? undefined : extension;
  const format = volumeFormat(explicit, compress, args.output_ext === '.nii.gz');
  return writeVolumeFile(volume, sample, target, { dtype, format });
}

/** The volume on the grid of the file that was loaded; itself when it lies there, or when there is no geometry. */
function onFileGrid(volume: Volume, sample: Sample, nearest: boolean): Volume {
  const { originalAffine, originalShape, asCanonical } = loadedImage(sample)?.properties ?? {};
  if (!volume.affine || !originalAffine || !originalShape || asCanonical || spatialLetters(volume) !== 'XYZ') return volume;
  const isSameShape = spatialShape(volume).every((length, d) => length === originalShape[d]);
  if (isSameShape && sameAffine(volume.affine, originalAffine)) return volume;
  const toVolume = multiply(invert(volume.affine), originalAffine);
  return { ...resampleAffine(volume, toVolume.slice(0, 12), originalShape, nearest), affine: originalAffine };
} // prettier-ignore

const bitsOf = (dtype: VoxelType) => (dtype === 'uint8' ? 8 : 16);

/**
 * Writes a 2-D image as PNG, fractions cut off.
 * @param scale stretches 0..1 to 0..scale and picks the bits that hold it; what lies outside is clipped first, as in MONAI's PNG writers
 * @throws ImageError when it has three dimensions, ValueRangeError for a value beyond the bits
 */
async function writePngFile(volume: Volume, target: WriterTarget, bits: 8 | 16, scale: 255 | 65535 | null = null) {
  if (!scale) return target.save(encodePng(volume, bits), '.png', 'image/png');
  const stretch = (value: number) => Math.min(Math.max(value, 0), 1) * scale;
  const stretched = { ...volume, data: Float64Array.from(volume.data, stretch) };
  return target.save(encodePng(stretched, scale === 255 ? 8 : 16), '.png', 'image/png');
}
