import { ImageError } from '../../image-error';
import { readHead } from '../file-head';
import type { FileHead } from '../file-head';
import { isLocal, readMetaHeader } from '../metaimage/header';
import { metaImageOf, metaSource } from '../metaimage/plan-metaimage';
import { readNrrdHeader } from '../nrrd/header';
import { nrrdImageOf, nrrdSource } from '../nrrd/plan-nrrd';
import { formatOf } from '../sniff';
import { decodedName } from '../text-header';
import type { ValueType } from '../value-types';
import type { VoxelSource } from '../voxel-source';
import { metaDataFiles, nrrdDataFiles } from './data-files';

export interface NamedFile {
  path: string;
  /** What the client called it, perhaps with folders. */
  name: string;
  bytes: number;
}

/** An image whose header lies in a file of its own, and the files that hold its voxels. */
export interface DetachedImage {
  format: 'nrrd' | 'mha';
  header: NamedFile;
  /** In the order of the voxels, each with the same number of them. */
  files: readonly NamedFile[];
  sizes: readonly number[];
  /** Bytes of all voxels. */
  bytes: number;
  type: ValueType;
  /** Where the voxels lie in a file. */
  sourceOf: (file: NamedFile) => Promise<VoxelSource>;
  /** The header for the voxels behind it, not compressed. */
  joinedHeader: string;
}

const MAY_BE_HEADER = /\.(nhdr|nrrd|mhd|mha)$/i;

/**
 * The NRRD or MetaImage header among files whose voxels lie in others of them; undefined when there is none. Only files of the same upload are
 * looked at, whatever path the header names: its last part is compared with the names the client sent.
 *
 * @throws ImageError when a file that the header names is missing, or several headers came
 */
export async function findDetached(files: readonly NamedFile[]): Promise<DetachedImage | undefined> {
  const found: DetachedImage[] = [];
  for (const file of files.filter(({ name, bytes }) => bytes > 0 && MAY_BE_HEADER.test(name))) {
    const head = await readHead(file.path, file.name);
    const format = formatOf(head);
    const image =
      format === 'nrrd' ? await nrrdOf(head, file, files) : format === 'mha' && (await metaOf(head, file, files));
    if (image) found.push(image);
  }
  if (found.length < 2) return found[0];
  const names = found.map(({ header }) => `"${header.name}"`).join(', ');
  throw new ImageError('unsupported', `one image is read at a time, and ${found.length} headers came: ${names}`);
}

async function nrrdOf(
  head: FileHead,
  file: NamedFile,
  files: readonly NamedFile[],
): Promise<DetachedImage | undefined> {
  const header = await readNrrdHeader(head);
  const field = header.fields.get('datafile');
  if (!field) return undefined;
  const image = nrrdImageOf(header);
  const names = nrrdDataFiles(field, header.list, image.sizes).map(decodedName);
  // Numbers in digits are little endian once they are read.
  const endian = image.littleEndian || image.encoding === 'ascii' ? 'little' : 'big';
  return {
    ...{ format: 'nrrd', header: file, sizes: image.sizes, bytes: image.bytes, type: image.type },
    files: filesOf(names, file, files, []),
    sourceOf: (data) => nrrdSource(header, image, { ...data, size: data.bytes }, 0),
    joinedHeader: [...header.kept, `endian: ${endian}`, 'encoding: raw', '', ''].join('\n'),
  };
}

async function metaOf(
  head: FileHead,
  file: NamedFile,
  files: readonly NamedFile[],
): Promise<DetachedImage | undefined> {
  const header = await readMetaHeader(head);
  const field = header.fields.get('ElementDataFile')!;
  if (isLocal(field.value)) return undefined;
  const image = metaImageOf(header);
  const names = metaDataFiles(field, header.list, image.sizes).map(decodedName);
  const isBigEndian = !image.littleEndian && !image.isText;
  return {
    ...{ format: 'mha', header: file, sizes: image.sizes, bytes: image.bytes, type: image.type },
    // MetaIO looks for the name with `.gz` as well.
    files: filesOf(names, file, files, ['.gz']),
    sourceOf: (data) => {
      const isNamed = names.some((name) => sameName(baseName(name), baseName(data.name)));
      const how = isNamed ? image : { isText: false, isCompressed: true };
      return metaSource(header, how, { ...data, size: data.bytes }, 0);
    },
    joinedHeader: [
      ...header.kept,
      'BinaryData = True',
      `BinaryDataByteOrderMSB = ${isBigEndian ? 'True' : 'False'}`,
      'CompressedData = False',
      'ElementDataFile = LOCAL',
      '',
    ].join('\n'),
  };
}

/** The files of these names, in this order. @throws ImageError when one is missing, or named twice */
function filesOf(
  names: readonly string[],
  header: NamedFile,
  files: readonly NamedFile[],
  suffixes: readonly string[],
): NamedFile[] {
  const others = files.filter((file) => file !== header);
  const found = names.map((text) => {
    const name = baseName(text);
    const wanted = ['', ...suffixes].map((suffix) => name + suffix);
    const exact = others.find((file) => wanted.includes(baseName(file.name)));
    const file = exact ?? others.find((other) => wanted.some((one) => sameName(one, baseName(other.name))));
    if (file) return file;
    const what = `"${header.name}" needs the file "${name}", which holds its voxels and is not in this upload`;
    throw new ImageError('unsupported', `${what}; send the image as one file, or all its files as a session`);
  });
  const twice = found.find((file, i) => found.indexOf(file) !== i);
  if (twice) throw new ImageError('unsupported', `"${header.name}" names "${twice.name}" more than once`);
  return found;
}

/** A name without its folders, of either kind. */
function baseName(name: string): string {
  return name.slice(Math.max(name.lastIndexOf('/'), name.lastIndexOf('\\')) + 1);
}

function sameName(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}
