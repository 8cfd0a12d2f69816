import { stat } from 'node:fs/promises';
import { unreadable, unsupported, type ImageError } from '../image-error';
import { arrivingAt } from './arriving-file';
import { ComingVoxels } from './coming-voxels';
import { dicom, readDicomSeries } from './dicom/read-series';
import { readHead, type FileHead } from './file-head';
import type { ImageFormat } from './image-format';
import type { DecodedImage, ReadOptions, RealImage } from './decoded-image';
import { readPlanned, readPlannedAsFloat32, type ImagePlan } from './image-plan';
import { itkFormats } from './itk/read-itk';
import { metaImage } from './metaimage/metaimage';
import { halfOfPair } from './nifti/header';
import { nifti } from './nifti/read-nifti';
import { nrrd } from './nrrd/nrrd';
import { settleNotFinite, toFloat32 } from './real-values';
import { say } from '../../sentence';

export { ImageError } from '../image-error';
export { limitVoxels, VoxelLimitError } from '../voxel-limit';
export { kindOfOther } from './dicom/series/left-out';
export { inParallel } from './file-head';
export type { DecodedImage, OtherFile, RealImage } from './decoded-image';
export { toFloat32 } from './real-values';

/** Every format that is read, in the order in which their marks are looked for. */
const formats: readonly ImageFormat[] = [nifti, nrrd, metaImage, dicom, ...itkFormats];

/** The format the content shows, whatever the file is called; undefined when no magic number fits. */
export function formatOf({ bytes, compression }: Pick<FileHead, 'bytes' | 'compression'>): ImageFormat | undefined {
  return formats.find((format) => (format.compressed || compression === 'none') && format.matches?.(bytes));
}

/** Whether images of the format of this name have no place in the patient. */
export const isPicture = (name: string): boolean =>
  formats.some((format) => format.name === name && format.isPicture === true);

/** Decodes an image file or DICOM folder. @param name the client's, for messages and suffixes @throws ImageError; VoxelLimitError for DICOM */
export async function decodeImage(path: string, name: string, options: ReadOptions = {}): Promise<DecodedImage> {
  const found = await planOrImage(path, name, options);
  return 'source' in found ? readPlanned(found) : found;
}

/** As {@link decodeAsFloat32}, or the voxels as they are stored while another thread reads them, where there is one. */
export async function decodeWhileRead(
  path: string,
  name: string,
  options: ReadOptions,
): Promise<RealImage | ComingVoxels> {
  const found = await planOrImage(path, name, { ...options, asFloat32: true });
  return ('source' in found && (await ComingVoxels.of(found))) || realImageOf(found, name, options);
}

/** The result of `toFloat32(await decodeImage(path, name))`, with NaN and infinity replaced, in less memory. @throws ImageError */
export async function decodeAsFloat32(path: string, name: string, options: ReadOptions = {}): Promise<RealImage> {
  return realImageOf(await planOrImage(path, name, { ...options, asFloat32: true }), name, options);
}

async function realImageOf(found: ImagePlan | DecodedImage, name: string, options: ReadOptions): Promise<RealImage> {
  if (!('source' in found)) return settled({ volume: toFloat32(found), warnings: found.warnings ?? [] }, name, options);
  const { notFinite, ...image } = await readPlannedAsFloat32(found);
  return settled(image, name, options, notFinite);
}

async function planOrImage(path: string, name: string, options: ReadOptions): Promise<ImagePlan | DecodedImage> {
  if ((await stat(path)).isDirectory()) return readDicomSeries(path, name, options);
  const { head, format } = await recognise(path, name);
  // Readers of other formats look at the end of a file first.
  if (arrivingAt(path) && format !== nifti) throw unreadable(say`"${name}" has not arrived yet`);
  return format.plan ? format.plan(head, options) : format.read!(head, options);
}

function settled({ volume, warnings }: RealImage, name: string, { notFinite }: ReadOptions, count?: number): RealImage {
  const warning = settleNotFinite(volume.data, name, notFinite, count);
  return { volume, warnings: warning === undefined ? warnings : [...warnings, warning] };
}

async function recognise(path: string, name: string) {
  const head = await readHead(path, name);
  const [suffix = null] = /\.[a-z0-9]+$/.exec(name.toLowerCase()) ?? [];
  const format = formatOf(head) ?? formats.find((known) => known.suffix === suffix);
  if (!format) throw unknownFormat(head);
  return { head, format };
}

/** The format of an image, from its first bytes and its name. @throws ImageError as far as the start of the file shows that it cannot be used */
export async function recogniseImage(path: string, name: string): Promise<{ format: string; gzip: boolean }> {
  const { head, format } = await recognise(path, name);
  await format.check?.(head);
  return { format: format.name, gzip: head.compression === 'gzip' };
}

function unknownFormat({ name, compression, bytes, size }: FileHead): ImageError {
  if (/\.img(\.gz)?$/i.test(name)) return halfOfPair(name);
  if (/\.z?raw(\.gz)?$/i.test(name))
    return unsupported(
      say`"${name}" holds voxels without a header; send it with its header (.mhd, .nhdr) as a session`,
    );
  const start = [...bytes.subarray(0, 8)].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
  const content = compression === 'none' ? '' : `is ${compression}, but its content `;
  return unreadable(
    `"${name}" (${size} bytes) ${content}is no image this server knows: it starts with ${start || 'nothing'}; ` +
      'NIfTI, DICOM, NRRD, MetaImage (.mha), PNG and JPEG are read',
  );
}
