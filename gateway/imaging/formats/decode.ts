import { stat } from 'node:fs/promises';
import { unreadable, unsupported, type ImageError } from '../image-error';
import { readDicomSeries } from './dicom/read-series';
import { readHead, type FileHead } from './file-head';
import { formatBySuffix, formatOf } from './formats';
import type { DecodedImage, ReadOptions, RealImage } from './decoded-image';
import { readPlanned, readPlannedAsFloat32, type ImagePlan } from './image-plan';
import { halfOfPair } from './nifti/header';
import { settleNotFinite, toFloat32 } from './real-values';

export { ImageError } from '../image-error';
export { limitVoxels, VoxelLimitError } from '../voxel-limit';
export { kindOfOther } from './dicom/series/left-out';
export { inParallel } from './file-head';
export type { DecodedImage, OtherFile, RealImage } from './decoded-image';
export { toFloat32 } from './real-values';

/**
 * Decodes an image file, or a folder of DICOM files. It is recognised by its content; the name counts only for formats that have no
 * magic bytes.
 *
 * @param path where the file or the folder lies
 * @param name what the client called it: for messages, and for formats without magic bytes
 * @throws ImageError when the file is empty, damaged, truncated, of an unknown format, or of a kind that is refused
 * @throws VoxelLimitError when a DICOM header announces more voxels than this thread may make
 */
export async function decodeImage(path: string, name: string, options: ReadOptions = {}): Promise<DecodedImage> {
  const found = await planOrImage(path, name, options);
  return 'source' in found ? readPlanned(found) : found;
}

/**
 * The image in real values, all of them finite: what `toFloat32(await decodeImage(path, name))` gives, with NaN and infinity replaced, and with less
 * memory for what is read in one pass and for DICOM.
 * @throws ImageError as {@link decodeImage} and {@link settleNotFinite}
 */
export async function decodeAsFloat32(path: string, name: string, options: ReadOptions = {}): Promise<RealImage> {
  const found = await planOrImage(path, name, { ...options, asFloat32: true });
  if (!('source' in found)) return settled({ volume: toFloat32(found), warnings: found.warnings ?? [] }, name, options);
  const { notFinite, ...image } = await readPlannedAsFloat32(found);
  return settled(image, name, options, notFinite);
}

async function planOrImage(path: string, name: string, options: ReadOptions): Promise<ImagePlan | DecodedImage> {
  if ((await stat(path)).isDirectory()) return readDicomSeries(path, name, options);
  const { head, format } = await recognise(path, name);
  return format.plan ? format.plan(head, options) : format.read!(head, options);
}

function settled({ volume, warnings }: RealImage, name: string, { notFinite }: ReadOptions, count?: number): RealImage {
  const warning = settleNotFinite(volume.data, name, notFinite, count);
  return { volume, warnings: warning === undefined ? warnings : [...warnings, warning] };
}

async function recognise(path: string, name: string) {
  const head = await readHead(path, name);
  const format = formatOf(head) ?? formatBySuffix(name);
  if (!format) throw unknownFormat(head);
  return { head, format };
}

/**
 * The format of an image, from its first bytes and its name; nothing is decoded.
 * @throws ImageError when it is empty, of no known format, one half of a NIfTI pair, or a NRRD or MetaImage whose header cannot be followed
 */
export async function recogniseImage(path: string, name: string): Promise<{ format: string; gzip: boolean }> {
  const { head, format } = await recognise(path, name);
  await format.check?.(head);
  return { format: format.name, gzip: head.compression === 'gzip' };
}

function unknownFormat({ name, compression, bytes, size }: FileHead): ImageError {
  if (/\.img(\.gz)?$/i.test(name)) return halfOfPair(name);
  if (/\.z?raw(\.gz)?$/i.test(name))
    return unsupported(`"${name}" holds voxels without a header; send it with its header (.mhd, .nhdr) as a session`);
  const start = [...bytes.subarray(0, 8)].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
  const content = compression === 'none' ? '' : `is ${compression}, but its content `;
  return unreadable(
    `"${name}" (${size} bytes) ${content}is no image this server knows: it starts with ${start || 'nothing'}; ` +
      'NIfTI, DICOM, NRRD, MetaImage (.mha), PNG and JPEG are read',
  );
}
