import { createWriteStream } from 'node:fs';
import { mkdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { asGatewayError, fail, type GatewayError } from '../errors';
import { megabytes } from '../free-room';
import {
  ImageError,
  inParallel,
  isPicture,
  kindOfOther,
  recogniseImage,
  VoxelLimitError,
} from '../imaging/formats/decode';
import type { OtherFile } from '../imaging/formats/decode';
import { contentOf } from '../imaging/formats/file-head';
import { numberedFiles } from '../imaging/formats/numbered-files';
import { type DetachedImage, findDetached, joinDetached } from '../imaging/formats/detached';
import { joinPair } from '../imaging/formats/nifti/read-nifti';
import { moveFile } from '../workspace/durable-files';
import { ORIGINALS, sizeOfFolder, type SessionRecord } from './session-folder';
import { say, type Sentence } from '../sentence';

/** The image where it was decoded or joined. */
const CONVERTED = 'image.nii';

/** A file on disk that may be moved away. */
export interface SourceFile {
  path: string;
  /** The client's name of it. */
  name: string;
  bytes: number;
  /** The name of its form field; none where it did not come in a form. */
  field?: string;
  /** It came from a PACS, which calls objects by their UID, that was asked for the series of this UID. */
  fetched?: string;
}

export type ImportedImage = Pick<SessionRecord, 'image' | 'name' | 'meta' | 'warnings' | 'channels'>;

/** An image that was decoded and written as NIfTI. */
export interface Converted {
  /** Voxels along each axis. */
  shape: number[];
  /** Warnings about how it was read, one sentence each. */
  warnings: readonly Sentence[];
}

/** The client's name of an image. */
export interface NamedImage {
  name: string;
  /** The files of a folder, by their names there; those that are missing are called by their UID. */
  names?: ReadonlyMap<string, string>;
  /** UID of the series that it must be. @default any */
  series?: string;
  /** Files that came with a series and are not images of it. */
  others?: readonly OtherFile[];
}

/** Decodes an image (file or folder of DICOM files) and writes it as uncompressed NIfTI. Not on the main thread. */
export type ToNifti = (
  source: string,
  target: string,
  image: NamedImage,
  signal: AbortSignal,
  room: Room,
) => Promise<Converted>;

/** Asked before more is written. @param bytes that there will be then; throws where there is no room */
export type Room = (bytes: number) => Promise<void>;

export interface ImportOptions {
  /** Store the image as uncompressed NIfTI; DICOM always is. */
  saveAsNifti: boolean;
  toNifti: ToNifti;
  /** Largest session, and image that may come out of a compressed file. */
  maxBytes: number;
  /** Room for the image that is made. @param kept bytes of other files that stay beside it, or go after it */
  roomBeside: (kept: number) => Room;
  signal: AbortSignal;
}

/**
 * Moves what a client sent into the session's folder: one image as it came, the two files of a NIfTI pair or a NRRD or MetaImage header and its
 * files of voxels joined into one, or the files of a DICOM series, decoded once into `image.nii` with the originals kept beside it. Several of these, each
 * under form fields of a number of its own, are the channels of one image; each further one has a folder inside.
 * @throws EMPTY_IMAGE, UNREADABLE_IMAGE, UNSUPPORTED_IMAGE, BAD_UPLOAD for several files that are not a series, SESSION_TOO_LARGE, DISK_FULL
 */
export async function importImage(
  folder: string,
  files: readonly SourceFile[],
  options: ImportOptions,
): Promise<ImportedImage> {
  const name = files.length === 1 ? files[0].name : `${files.length} files`;
  return asImageFailure(name, options, async () => {
    const pair = pairOf(files);
    if (pair) return importPair(folder, pair, options);
    const detached = await findDetached(files);
    if (detached) return importDetached(folder, detached, files, options);
    const channels = await channelsOf(files);
    if (channels) return importChannels(folder, channels, options);
    if (files.length > 1) return importSeries(folder, files, name, options);
    refuseEmpty(files[0]);
    const format = await recogniseImage(files[0].path, name);
    return format.format === 'dicom'
      ? importSeries(folder, files, name, options)
      : importFile(folder, files[0], format, options);
  });
}

/** Undefined for one image: slices of a series may have fields of numbered names too. */
async function channelsOf(files: readonly SourceFile[]): Promise<SourceFile[][] | undefined> {
  const named = files.flatMap((file) => (file.field === undefined ? [] : [{ ...file, field: file.field }]));
  const groups = named.length === files.length ? numberedFiles(named) : undefined;
  if (!groups?.every(({ length }) => length === 1)) return groups;
  const formats = await inParallel(files, ({ path, name }) => recogniseImage(path, name).catch(() => undefined));
  return formats.every((found) => found?.format === 'dicom') ? undefined : groups;
}

async function importChannels(
  folder: string,
  [first, ...others]: readonly SourceFile[][],
  options: ImportOptions,
): Promise<ImportedImage> {
  const image = await importImage(folder, first, options);
  const channels: NonNullable<ImportedImage['channels']> = [];
  const warnings = [...(image.warnings ?? [])];
  for (const [at, files] of others.entries()) {
    const place = `channel${at + 1}`;
    await mkdir(join(folder, place));
    const before = await sizeOfFolder(folder);
    const roomBeside = (kept: number) => options.roomBeside(before + kept);
    const other = await importImage(join(folder, place), files, { ...options, roomBeside });
    channels.push({ image: `${place}/${other.image}`, name: other.name, format: other.meta.format });
    warnings.push(...(other.warnings ?? []));
  }
  return { ...image, channels, warnings };
}

function refuseEmpty({ bytes, name }: SourceFile): void {
  if (bytes === 0) throw fail('EMPTY_IMAGE', { file: name });
}

type Pair = [header: SourceFile, voxels: SourceFile];

/** The two files of a NIfTI pair: `x.hdr` and `x.img`, each perhaps compressed. */
function pairOf(files: readonly SourceFile[]): Pair | undefined {
  const header = files.find(({ name }) => /\.hdr(\.gz)?$/i.test(name));
  const voxels = files.find(({ name }) => /\.img(\.gz)?$/i.test(name));
  return files.length === 2 && header && voxels ? [header, voxels] : undefined;
}

/** The part that the two files of a pair share in their names. */
const stemOf = (name: string) => name.toLowerCase().replace(/\.(hdr|img)(\.gz)?$/, '');

async function importPair(folder: string, [header, voxels]: Pair, options: ImportOptions): Promise<ImportedImage> {
  if (stemOf(header.name) !== stemOf(voxels.name)) {
    const what = say`"${header.name}" and "${voxels.name}" do not belong together: the two files of a pair have one name before .hdr and .img`;
    throw new ImageError('unsupported', what);
  }
  [header, voxels].forEach(refuseEmpty);
  const target = join(folder, CONVERTED);
  const limits = { ...options, room: options.roomBeside(0) };
  await asImageFailure(voxels.name, options, () => joinPair(header, voxels, target, limits));
  return { image: CONVERTED, name: header.name.replace(/hdr(\.gz)?$/i, 'nii'), meta: { format: 'nifti' } };
}

async function importDetached(
  folder: string,
  detached: DetachedImage,
  files: readonly SourceFile[],
  options: ImportOptions,
): Promise<ImportedImage> {
  const { saveAsNifti, toNifti, signal, roomBeside } = options;
  const { header, format } = detached;
  const other = files.find((file) => file !== header && !detached.files.includes(file));
  if (other) {
    const what = say`a session holds one image, and "${header.name}" does not name the file "${other.name}"`;
    throw fail('BAD_UPLOAD', { what });
  }
  const image = `image.${format}`;
  const name = header.name.replace(/\.[a-z]+$/i, `.${format}`);
  const joined = join(folder, image);
  const limits = { ...options, room: roomBeside(0) };
  const warnings = await asImageFailure(header.name, options, () => joinDetached(detached, joined, limits));
  if (!saveAsNifti) return { image, name, meta: { format }, warnings };
  const { size } = await stat(joined);
  const converted = await toNifti(joined, join(folder, CONVERTED), { name }, signal, roomBeside(size));
  await rm(joined);
  return convertedImage({ ...converted, warnings: [...warnings, ...converted.warnings] }, { format });
}

const convertedImage = ({ shape, warnings }: Converted, meta: ImportedImage['meta']): ImportedImage => ({
  image: CONVERTED,
  name: CONVERTED,
  meta: { ...meta, shape },
  warnings,
});

/** Files that are not DICOM stay where they are; the rest is kept under numbers. */
async function importSeries(
  folder: string,
  files: readonly SourceFile[],
  name: string,
  { toNifti, signal, roomBeside }: ImportOptions,
): Promise<ImportedImage> {
  const kinds = await inParallel(files, kindOfOther);
  const dicom = files.filter((_, at) => kinds[at] === undefined);
  const others = kinds.filter((kind) => kind !== undefined);
  const second = await imageBeside(files.filter((_, at) => kinds[at]));
  if (dicom.length === 0 || second) {
    const what = say`a session holds one image, a header (.hdr, .mhd, .nhdr) with the files of its voxels, or the files of one DICOM series; ${files.length} files came, and "${(second ?? files[0]).name}" is not DICOM`;
    throw fail('BAD_UPLOAD', { what });
  }
  const originals = join(folder, ORIGINALS);
  await mkdir(originals, { recursive: true });
  const names = new Map<string, string>();
  for (const [at, file] of dicom.entries()) {
    const place = `${String(at).padStart(5, '0')}.dcm`;
    await moveFile(file.path, join(originals, place));
    if (!file.fetched) names.set(place, file.name);
  }
  const room = roomBeside(dicom.reduce((sum, { bytes }) => sum + bytes, 0));
  const converted = await toNifti(
    originals,
    join(folder, CONVERTED),
    { name, names, series: dicom[0].fetched, others },
    signal,
    room,
  );
  return convertedImage(converted, { format: 'dicom', files: dicom.length });
}

/** Another image of the patient: which one is meant cannot be guessed. */
async function imageBeside(files: readonly SourceFile[]): Promise<SourceFile | undefined> {
  const formats = await inParallel(files, ({ path, name }) => recogniseImage(path, name).catch(() => undefined));
  return files.find((_, at) => ['nifti', 'nrrd', 'mha'].includes(formats[at]?.format ?? ''));
}

async function importFile(
  folder: string,
  { path, name }: SourceFile,
  { format, gzip }: { format: string; gzip: boolean },
  { saveAsNifti, toNifti, maxBytes, roomBeside, signal }: ImportOptions,
): Promise<ImportedImage> {
  const meta = { format, ...(isPicture(format) && { picture: true }) };
  // NIfTI would give a picture a place in the patient.
  if (!saveAsNifti || meta.picture || (format === 'nifti' && !gzip)) {
    const [suffix = ''] = /(\.nii)?\.[a-z0-9]{1,8}$/i.exec(name) ?? [];
    const image = `image${suffix.toLowerCase()}`;
    await moveFile(path, join(folder, image));
    return { image, name, meta };
  }
  // What was sent stays outside of the session, and goes.
  const [target, room] = [join(folder, CONVERTED), roomBeside(0)];
  if (format !== 'nifti') return convertedImage(await toNifti(path, target, { name }, signal, room), meta);
  const content = Readable.from(contentOf({ path, name, compression: 'gzip' }));
  await pipeline(content, limit(maxBytes, room), createWriteStream(target), { signal });
  return { image: CONVERTED, name: name.replace(/\.gz$/i, ''), meta };
}

function limit(maxBytes: number, room: Room): Transform {
  let bytes = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      if (bytes > maxBytes) return done(new ImageError('too-large', say`more than ${maxBytes} bytes come out of it`));
      room(bytes).then(() => done(null, chunk), done);
    },
  });
}

async function asImageFailure<T>(file: string, { maxBytes }: ImportOptions, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof ImageError && error.kind === 'too-large') throw sessionTooLarge(file, maxBytes, error);
    throw asSessionFailure(error, file);
  }
}

/** An image that does not fit however many sessions end. */
export function sessionTooLarge(file: string, maxBytes: number, cause?: Error): GatewayError {
  return fail('SESSION_TOO_LARGE', { file, limit: `${megabytes(maxBytes)} MB` }, { cause });
}

/** Errors of the image and of the disk as errors of the catalogue. */
export function asSessionFailure(error: unknown, file: string): GatewayError {
  const cause = { cause: error };
  if (error instanceof ImageError) {
    const code = error.kind === 'unreadable' ? 'UNREADABLE_IMAGE' : 'UNSUPPORTED_IMAGE';
    return fail(code, { file, what: error.said }, cause);
  }
  if (error instanceof VoxelLimitError) return fail('IMAGE_TOO_LARGE', { file, what: error.said }, cause);
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ABORT_ERR') return fail('CANCELLED', {}, cause);
  if (code !== 'Z_DATA_ERROR' && code !== 'Z_BUF_ERROR') return asGatewayError(error);
  const what = say`its compressed data ${code === 'Z_DATA_ERROR' ? say`is damaged` : say`ends early`}`;
  return fail('UNREADABLE_IMAGE', { file, what }, cause);
}
