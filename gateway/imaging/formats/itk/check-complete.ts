import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { ImageError, unreadable, unsupported } from '../../image-error';
import { jpegStructure } from '../dicom/frames/jpeg-markers';
import type { FileHead } from '../file-head';
import { known, say, type Said } from '../../../sentence';

/**
 * Refuses a file that ends before its voxels do, where ITK's reader silently fills up (@itk-wasm/image-io 1.6.1: BMP, GIPL, JPEG, MRC and VTK; MGH counts
 * with them). The readers of PNG, TIFF and MINC refuse such files by themselves.
 */
export async function checkComplete(head: FileHead, format: string): Promise<void> {
  const { name, size, bytes } = head;
  if (format === 'jpeg') return checkJpeg(head);
  if (format === 'vtk') return checkVtk(head);
  if (head.compression !== 'none') return;
  const needed = lengths[format]?.(bytes);
  if (needed !== undefined && needed > size) throw truncated(name, say`${needed} bytes`, say`${size}`);
}

function truncated(name: string, needed: Said, found: Said): ImageError {
  return unreadable(say`"${name}" is truncated: its header promises ${needed}, the file has ${found}`);
}

/** All of a file is read, before its header is known. */
const MOST_JPEG_BYTES = 64 << 20;

async function checkJpeg({ path, name, size }: FileHead): Promise<void> {
  if (size > MOST_JPEG_BYTES)
    throw unsupported(say`"${name}" is a JPEG of ${size} bytes, at most ${MOST_JPEG_BYTES} are read`);
  try {
    jpegStructure(await readFile(path));
  } catch (error) {
    if (!(error instanceof ImageError)) throw error;
    throw new ImageError(error.kind, say`"${name}" cannot be read: ${error.said}`, { cause: error });
  }
}

/** Bytes that a file must have by its own header; undefined where the header says nothing that is known here. */
const lengths: Partial<Record<string, (bytes: Buffer) => number | undefined>> = {
  /** Windows bitmap: rows of a multiple of four bytes, after an offset; packed ones say their bytes. */
  bmp: (bytes) => {
    if (bytes.length < 54) return 54;
    const [offset, width, height] = [bytes.readUInt32LE(10), bytes.readInt32LE(18), Math.abs(bytes.readInt32LE(22))];
    const [bits, compression, stated] = [bytes.readUInt16LE(28), bytes.readUInt32LE(30), bytes.readUInt32LE(34)];
    if (compression !== 0 && compression !== 3) return offset + stated;
    return offset + Math.ceil((bits * width) / 32) * 4 * height;
  },
  /** GIPL: 256 bytes of header, big endian; four lengths, then the type. */
  gipl: (bytes) => rawLength(bytes, 256, GIPL_TYPE_BYTES, (at) => bytes.readUInt16BE(at), [0, 2, 4, 6], 8),
  /** MGH of FreeSurfer: 284 bytes of header, big endian; version, four lengths, type. */
  mgh: (bytes) => rawLength(bytes, 284, MGH_TYPE_BYTES, (at) => bytes.readInt32BE(at), [4, 8, 12, 16], 20),
  /** MRC2014: 1024 bytes of header and an extended one, in the byte order that its machine stamp at byte 212 says. */
  mrc: (bytes) => {
    const word = (at: number) => (bytes[212] === 0x11 ? bytes.readInt32BE(at) : bytes.readInt32LE(at));
    const length = rawLength(bytes, 1024, MRC_MODE_BYTES, word, [0, 4, 8], 12);
    return length === undefined || bytes.length < 1024 ? length : length + Math.max(0, word(92));
  },
};

const GIPL_TYPE_BYTES: Record<number, number> = { 7: 1, 8: 1, 15: 2, 16: 2, 31: 4, 32: 4, 64: 4, 65: 8 };
const MGH_TYPE_BYTES: Record<number, number> = { 0: 1, 1: 4, 3: 4, 4: 2 };
const MRC_MODE_BYTES: Record<number, number> = { 0: 1, 1: 2, 2: 4, 3: 4, 4: 8, 6: 2, 16: 3 };

/** Of a header with lengths of axes and a type at fixed places, followed by voxels that are not compressed. */
function rawLength(
  bytes: Buffer,
  header: number,
  typeBytes: Record<number, number>,
  number: (at: number) => number,
  axes: readonly number[],
  type: number,
): number | undefined {
  if (bytes.length < header) return header;
  const size = typeBytes[number(type)] as number | undefined;
  return size && header + axes.reduce((voxels, at) => voxels * Math.max(1, number(at)), size);
}

async function checkVtk({ path, name, size, bytes }: FileHead): Promise<void> {
  const { isAscii, dataAt, values, valueBytes } = vtkHeader(bytes, name);
  const found = isAscii ? await countNumbers(path, dataAt, values) : size;
  const needed = isAscii ? values : dataAt + values * valueBytes;
  if (found < needed) throw truncated(name, say`${needed} ${known(isAscii ? 'numbers' : 'bytes')}`, say`${found}`);
}

async function countNumbers(path: string, start: number, most: number): Promise<number> {
  let count = 0;
  let inside = false;
  for await (const chunk of createReadStream(path, { start, highWaterMark: 1 << 20 })) {
    for (const byte of chunk as Buffer) {
      const isSpace = byte <= 0x20;
      if (!isSpace && !inside) count++;
      inside = !isSpace;
    }
    if (count > most) break;
  }
  return count;
}

/** Bytes of a value in a binary file; `long` has four, since ITK's program is one of 32 bits. */
const VTK_TYPE_BYTES: Record<string, number> = {
  ...{ unsigned_char: 1, char: 1, unsigned_short: 2, short: 2, unsigned_int: 4, int: 4 },
  ...{ unsigned_long: 4, long: 4, float: 4, double: 8 },
};

/**
 * Where the values of legacy VTK structured points lie, and how many there are. @param bytes the first 4 kB @throws ImageError for another kind
 * @see https://docs.vtk.org/en/latest/vtk_file_formats/vtk_legacy_file_format.html
 */
export function vtkHeader(bytes: Buffer, name: string) {
  const text = bytes.toString('latin1');
  const refused = (what: Said) => unsupported(say`"${name}" is a VTK file that ${what}`);
  const form = /^# vtk DataFile Version [^\n]*\n[^\n]*\n\s*(ASCII|BINARY)\s/i.exec(text)?.[1].toUpperCase();
  if (!form)
    throw refused(say`does not begin as legacy VTK files do (# vtk DataFile Version, a title, ASCII or BINARY)`);
  const lengths = /^\s*DIMENSIONS[ \t]+(\d+)[ \t]+(\d+)[ \t]+(\d+)/im.exec(text)?.slice(1).map(Number);
  if (!/^\s*DATASET[ \t]+STRUCTURED_POINTS/im.test(text) || !lengths || lengths.includes(0))
    throw refused(say`holds no structured points with three dimensions`);
  const voxels = lengths[0] * lengths[1] * lengths[2];

  const attribute = /^[ \t]*(?:(SCALARS)[ \t]+\S+[ \t]+(\w+)(?:[ \t]+(\d+))?|(VECTORS|TENSORS)[ \t]+\S+[ \t]+(\w+)|(COLOR_SCALARS)[ \t]+\S+[ \t]+(\d+))[ \t]*\r?\n([ \t]*LOOKUP_TABLE[^\n]*\n)?/im.exec(text); // prettier-ignore
  if (!attribute) throw refused(say`holds no SCALARS, VECTORS, TENSORS or COLOR_SCALARS within its first 4096 bytes`);
  const [all, scalars, type = 'unsigned_char', channels = '1', vectors, vectorType, , colours] = attribute;
  const valueBytes = VTK_TYPE_BYTES[(vectorType ?? type).toLowerCase()];
  if (valueBytes === undefined)
    throw refused(say`has values of type ${vectorType ?? type}; integers, float and double are read`);
  const perVoxel = scalars ? Number(channels) : vectors ? (/^v/i.test(vectors) ? 3 : 9) : Number(colours);
  return {
    isAscii: form === 'ASCII',
    dataAt: attribute.index + all.length,
    lengths,
    values: voxels * perVoxel,
    valueBytes,
  };
}
