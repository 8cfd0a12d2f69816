import { readHead } from '../../imaging/formats/file-head';
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
import { smallestDtype, volumeFormat, type ResultExtension, type WriterTarget, type Written } from './result-format';
import { writeVolumeFile, type VolumeFileOptions } from './volume-file';

/** Clara's `WriteNifti`. */
export async function writeNifti(sample: Sample, args: WriteNiftiArgs, target: WriterTarget): Promise<Written> {
  const { extension, dtype = writtenDtypes[args.dtype] } = target.asked;
  const bits = target.asked.dtype === 'uint16' ? 16 : 8;
  return write(sample.volume(args.field), sample, target, {
    extension,
    dtype,
    bits,
    compressed: args.compressed,
    args,
  });
}

/** Clara's `WritePng`: fractions cut off, not stretched, unless the config sets `scale`. */
export async function writePng(sample: Sample, args: WritePngArgs, target: WriterTarget): Promise<Written> {
  const { extension = '.png', dtype: asked = args.dtype } = target.asked;
  const dtype = asked === 'uint16' ? 'uint16' : 'uint8';
  return write(sample.volume(args.field), sample, target, { extension, dtype, scale: args.scale });
}

/**
 * AIAA 4.x's `Writer(image, json)`: the field `image` as a file, the field `json` as the JSON answer. The file has the extension the request asks for;
 * else `.png` for a PNG or JPEG, `.nii.gz` for anything else. Label maps become the smallest unsigned type that holds them, other images float32, unless
 * the request names a type.
 */
export async function aiaaWriter(sample: Sample, args: AiaaWriterArgs, target: WriterTarget): Promise<Written> {
  const volume = rowsFirst(sample.volume(args.image), sample);
  const { extension: wanted, dtype = smallestDtype(volume.data) } = target.asked;
  const { path, name } = target.image;
  // A scan has three axes; the file is not read again for each click on it.
  const isScan = loadedImage(sample)?.properties.originalShape?.length === 3;
  const isPicture = async () => !isScan && /^(png|jpeg)$/.test(formatOf(await readHead(path, name))?.name ?? '');
  const extension = !wanted && (await isPicture()) ? '.png' : wanted;
  const { file } = await write(volume, sample, target, { extension, dtype });
  const value = args.json === null ? undefined : sample.values.get(args.json);
  const isObject = value !== null && typeof value === 'object' && !Array.isArray(value);
  return { file, json: isObject ? (value as Record<string, Json>) : {} };
}

/** MONAI's `SaveImaged`. A mask that still lies on another grid than the file is brought there when `resample` is on. */
export async function saveImage(sample: Sample, args: SaveImageArgs, target: WriterTarget): Promise<Written> {
  const { extension: wanted, dtype: asked } = target.asked;
  const given = rowsFirst(sample.volume(args.keys[0]), sample);
  const volume = args.resample ? onFileGrid(given, sample, args.mode === 'nearest') : given;
  const configured = writtenDtypes[args.output_dtype];
  const dtype = asked ?? (configured.startsWith('float') ? smallestDtype(volume.data) : configured);
  const extension = wanted ?? args.output_ext;
  // NIfTI in the config is a default that the wish to compress can change.
  const explicit = wanted === undefined && extension.startsWith('.nii') ? undefined : extension;
  const compressed = args.output_ext === '.nii.gz';
  return write(volume, sample, target, { extension: explicit, dtype, compressed, scale: args.scale });
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

interface FileOptions extends Pick<VolumeFileOptions, 'dtype' | 'args'> {
  extension?: ResultExtension;
  /** Of a PNG. @default 8 for uint8, else 16 */
  bits?: 8 | 16;
  /** Whether a NIfTI is compressed where the request says nothing about it. @default true */
  compressed?: boolean;
  /** Stretches 0..1 to 0..scale in a PNG of the bits that hold it; what lies outside is clipped first, as in MONAI's PNG writers. */
  scale?: 255 | 65535 | null;
}

/**
 * Writes an image as a file: a PNG, fractions cut off, or a volume.
 * @throws ImageError when it has three dimensions and the file is a PNG, ValueRangeError for a value beyond the bits
 */
async function write(
  volume: Volume,
  sample: Sample,
  target: WriterTarget,
  { extension, dtype, bits = dtype === 'uint8' ? 8 : 16, compressed, scale, args }: FileOptions,
): Promise<Written> {
  if (extension !== '.png') {
    const format = volumeFormat(extension, target.asked.compress, compressed);
    return writeVolumeFile(volume, sample, target, { dtype, format, args });
  }
  if (!scale) return target.save(encodePng(volume, bits), '.png', 'image/png');
  const stretch = (value: number) => Math.min(Math.max(value, 0), 1) * scale;
  const stretched = { ...volume, data: Float64Array.from(volume.data, stretch) };
  return target.save(encodePng(stretched, scale === 255 ? 8 : 16), '.png', 'image/png');
}
