import { stat } from 'node:fs/promises';
import { ImageError } from '../image-error';
import { toFloat32 } from './decoded-image';
import type { DecodedImage } from './decoded-image';
import { readDicomFile } from './dicom/read-file';
import { readDicomSeries, type SeriesOptions } from './dicom/read-series';
import type { FileHead } from './file-head';
import { readHead } from './file-head';
import { readPlanned, readPlannedAsFloat32 } from './image-plan';
import type { ImagePlan, RealImage } from './image-plan';
import { formatBySuffix, readWithItk } from './itk/read-itk';
import { halfOfPair, niftiVersion } from './nifti/header';
import { planMetaImage } from './metaimage/plan-metaimage';
import { planNifti } from './nifti/plan-nifti';
import { settleNotFinite } from './not-finite';
import { planNrrd } from './nrrd/plan-nrrd';
import type { ReadOptions } from './read-options';
import { formatOf } from './sniff';

export { ImageError } from '../image-error';
export { limitVoxels, VoxelLimitError } from '../voxel-limit';
export { inParallel } from './dicom/in-parallel';
export { kindOfOther, type OtherFile } from './dicom/series/left-out';
export type { DecodedImage } from './decoded-image';
export type { RealImage } from './image-plan';
export { toFloat32 } from './decoded-image';

/**
 * Decodes an image file, or a folder of DICOM files. It is recognised by its content; the name counts only for formats that have no
 * magic bytes.
 *
 * @param path where the file or the folder lies
 * @param name what the client called it: for messages, and for formats without magic bytes
 * @param options for DICOM
 * @throws ImageError when the file is empty, damaged, truncated, of an unknown format, or of a kind we refuse
 * @throws VoxelLimitError when a DICOM header announces more voxels than this thread may make
 */
export async function decodeImage(
  path: string,
  name: string,
  options: ReadOptions & SeriesOptions = {},
): Promise<DecodedImage> {
  if (await isFolder(path)) return readDicomSeries(path, name, options);
  const { head, format } = await recognise(path, name);
  if (isPlanned(format)) return readPlanned(await planners[format](head, options));
  return format === 'dicom' ? readDicomFile(head, options) : readWithItk(head, format);
}

/** Formats read here, in one pass, from a header that tells where the voxels lie. */
const planners = { nifti: planNifti, nrrd: planNrrd, mha: planMetaImage } satisfies Record<
  string,
  (head: FileHead, options: ReadOptions) => ImagePlan | Promise<ImagePlan>
>;

function isPlanned(format: string): format is keyof typeof planners {
  return format in planners;
}

/**
 * The image in real values, all of them finite: what `toFloat32(await decodeImage(path, name))` gives, with NaN and infinity replaced, and with less
 * memory for what is read in one pass and for DICOM.
 * @throws ImageError as {@link decodeImage} and {@link settleNotFinite}
 */
export async function decodeAsFloat32(path: string, name: string, options: ReadOptions = {}): Promise<RealImage> {
  if (!(await isFolder(path))) {
    const { head, format } = await recognise(path, name);
    if (isPlanned(format)) {
      const { notFinite, ...image } = await readPlannedAsFloat32(await planners[format](head, options));
      return settled(image, name, options, notFinite);
    }
  }
  const image = await decodeImage(path, name, { ...options, asFloat32: true });
  return settled({ volume: toFloat32(image), warnings: image.warnings ?? [] }, name, options);
}

function settled({ volume, warnings }: RealImage, name: string, { notFinite }: ReadOptions, count?: number): RealImage {
  const warning = settleNotFinite(volume.data, name, notFinite, count);
  return { volume, warnings: warning === undefined ? warnings : [...warnings, warning] };
}

async function isFolder(path: string): Promise<boolean> {
  return (await stat(path)).isDirectory();
}

async function recognise(path: string, name: string) {
  const head = await readHead(path, name);
  const format = formatOf(head) ?? formatBySuffix(name);
  if (!format) throw unknownFormat(head);
  return { head, format };
}

/**
 * What kind of image a file is, from its first bytes and its name; nothing is decoded.
 * @throws ImageError when it is empty, of no known format, one half of a NIfTI pair, or a NRRD or MetaImage whose header cannot be followed
 */
export async function recogniseImage(path: string, name: string): Promise<{ format: string; gzip: boolean }> {
  const { head, format } = await recognise(path, name);
  if (niftiVersion(head.bytes)?.paired) throw halfOfPair(name);
  if (format === 'nrrd' || format === 'mha') await planners[format](head);
  return { format, gzip: head.compression === 'gzip' };
}

function unknownFormat({ name, compression, bytes, size }: FileHead): ImageError {
  if (/\.img(\.gz)?$/i.test(name)) return halfOfPair(name);
  if (/\.z?raw(\.gz)?$/i.test(name)) {
    const what = `"${name}" holds voxels without a header; send it with its header (.mhd, .nhdr) as a session`;
    return new ImageError('unsupported', what);
  }
  const start = [...bytes.subarray(0, 8)].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
  const content = compression === 'none' ? '' : `is ${compression}, but its content `;
  return new ImageError(
    'unreadable',
    `"${name}" (${size} bytes) ${content}is no image this server knows: it starts with ${start || 'nothing'}; ` +
      'NIfTI, DICOM, NRRD, MetaImage (.mha), PNG and JPEG are read',
  );
}
