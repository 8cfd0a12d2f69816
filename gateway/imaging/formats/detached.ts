import { open } from 'node:fs/promises';
import { tooLarge, unsupported } from '../image-error';
import { readHead, type NamedFile } from './file-head';
import { formatOf } from './decode';
import { leftOut } from './image-plan';
import { decodedName } from './text-header';
import type { JoinLimits, TextImage } from './image-format';
import { checkRoom, readVoxels } from './voxel-source';
import { say, type Sentence } from '../../sentence';

export interface SentFile extends NamedFile {
  bytes: number;
}

/** An image whose header lies in a file of its own, and the files that hold its voxels. */
export interface DetachedImage {
  format: string;
  header: SentFile;
  /** In the order of the voxels, each with the same number of them. */
  files: readonly SentFile[];
  image: TextImage;
}

const MAY_BE_HEADER = /\.(nhdr|nrrd|mhd|mha)$/i;

/** The NRRD or MetaImage header, if any, whose voxels lie in other files. @throws ImageError when one is missing, or for several headers */
export async function findDetached(files: readonly SentFile[]): Promise<DetachedImage | undefined> {
  const found: DetachedImage[] = [];
  for (const file of files.filter(({ name, bytes }) => bytes > 0 && MAY_BE_HEADER.test(name))) {
    const head = await readHead(file.path, file.name);
    const format = formatOf(head);
    const header = await format?.readHeader?.(head);
    if (!format || !header?.dataFile) continue;
    const image = header.image();
    found.push({ format: format.name, header: file, image, files: dataFilesOf(image, file, files) });
  }
  if (found.length < 2) return found[0];
  const names = found.map(({ header }) => `"${header.name}"`).join(', ');
  throw unsupported(say`one image is read at a time, and ${found.length} headers came: ${names}`);
}

/** The files that a header names, in this order. @throws ImageError when one is missing, or named twice */
function dataFilesOf(image: TextImage, header: SentFile, files: readonly SentFile[]): SentFile[] {
  const others = files.filter((file) => file !== header);
  const found = namesIn(image).map((text) => {
    const name = baseName(text);
    const wanted = [name, ...(image.compressedSuffix ? [name + image.compressedSuffix] : [])];
    const file =
      others.find((other) => wanted.includes(baseName(other.name))) ??
      others.find((other) => wanted.some((one) => sameName(one, other.name)));
    if (file) return file;
    const what = say`"${header.name}" needs the file "${name}", which holds its voxels and is not in this upload`;
    throw unsupported(say`${what}; send the image as one file, or all its files as a session`);
  });
  const twice = found.find((file, i) => found.indexOf(file) !== i);
  if (twice) throw unsupported(say`"${header.name}" names "${twice.name}" more than once`);
  return found;
}

const namesIn = (image: TextImage) => image.dataFiles().map(decodedName);
const baseName = (name: string) => name.slice(Math.max(name.lastIndexOf('/'), name.lastIndexOf('\\')) + 1);
const sameName = (a: string, b: string) => baseName(a).toLowerCase() === baseName(b).toLowerCase();

/** Writes header and voxels as one uncompressed file. @returns warnings @throws ImageError, naming the file, for voxels too few, too many or damaged */
export async function joinDetached(detached: DetachedImage, target: string, limits: JoinLimits): Promise<Sentence[]> {
  const { header, files, image } = detached;
  const { bytes, sizes, type } = image;
  const { maxBytes, room } = limits;
  if (bytes > maxBytes) throw tooLarge(say`"${header.name}" has ${bytes} bytes of voxels; ${maxBytes} are taken`);
  await room?.(bytes);
  const part = bytes / files.length;
  const names = namesIn(image);
  const warnings: Sentence[] = [];
  const out = await open(target, 'w');
  try {
    await out.writeFile(image.joinedHeader, 'latin1');
    for (const file of files) {
      const isNamed = names.some((name) => sameName(name, file.name));
      const source = await image.sourceIn({ ...file, size: file.bytes }, 0, !isNamed);
      checkRoom(source, part, sizes);
      const trailing = await readVoxels(source, part, type, (piece) => out.writeFile(piece));
      if (trailing > 0) warnings.push(leftOut(file.name, trailing));
    }
  } finally {
    await out.close();
  }
  return warnings;
}
