import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { ImageError } from '../../image-error';
import { jpegStructure } from '../dicom/frames/jpeg-markers';
import type { FileHead } from '../file-head';
import { readVtkHeader } from './vtk-header';

/** Bytes that a file must have by its own header; undefined where the header says nothing that is known here. */
const lengths: Partial<Record<string, (bytes: Buffer) => number | undefined>> = {
  bmp: bmpLength,
  gipl: giplLength,
  mgh: mghLength,
  mrc: mrcLength,
};

/**
 * Refuses a file that ends before its voxels do, in the formats whose ITK reader fills up what is missing without a word (seen with
 * @itk-wasm/image-io 1.6.1: BMP, GIPL, JPEG, MRC and VTK; MGH counts with them). The readers of PNG, TIFF and MINC refuse such files by themselves.
 *
 * @throws ImageError with the bytes that there are and that there should be
 */
export async function checkComplete(head: FileHead, format: string): Promise<void> {
  const { name, size, bytes } = head;
  if (format === 'jpeg') return checkJpeg(head);
  if (format === 'vtk') return checkVtk(head);
  if (head.compression !== 'none') return;
  const needed = lengths[format]?.(bytes);
  if (needed !== undefined && needed > size) throw truncated(name, `${needed} bytes`, `${size}`);
}

/** A JPEG ends with its end marker. */
async function checkJpeg({ path, name }: FileHead): Promise<void> {
  try {
    jpegStructure(await readFile(path));
  } catch (error) {
    if (!(error instanceof ImageError)) throw error;
    throw new ImageError(error.kind, `"${name}" cannot be read: ${error.message}`, { cause: error });
  }
}

async function checkVtk({ path, name, size, bytes }: FileHead): Promise<void> {
  const header = readVtkHeader(bytes, name);
  const { dataAt, values, valueBytes } = header;
  if (!header.isAscii) {
    const needed = dataAt + values * valueBytes;
    if (needed > size) throw truncated(name, `${needed} bytes`, `${size}`);
    return;
  }
  const found = await countNumbers(path, dataAt, values);
  if (found < values) throw truncated(name, `${values} numbers`, `${found}`);
}

/** Numbers of a text from a byte on, at most `most`. */
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

/** Windows bitmap: rows of a multiple of four bytes, after an offset; packed ones say their bytes. */
function bmpLength(bytes: Buffer): number | undefined {
  if (bytes.length < 54) return 54;
  const [offset, width, height] = [bytes.readUInt32LE(10), bytes.readInt32LE(18), Math.abs(bytes.readInt32LE(22))];
  const [bits, compression, stated] = [bytes.readUInt16LE(28), bytes.readUInt32LE(30), bytes.readUInt32LE(34)];
  if (compression !== 0 && compression !== 3) return offset + stated;
  return offset + Math.ceil((bits * width) / 32) * 4 * height;
}

const GIPL_TYPE_BYTES: Record<number, number> = { 7: 1, 8: 1, 15: 2, 16: 2, 31: 4, 32: 4, 64: 4, 65: 8 };

/** GIPL: 256 bytes of header, big endian; four lengths, then the type. */
function giplLength(bytes: Buffer): number | undefined {
  if (bytes.length < 256) return 256;
  const voxels = [0, 2, 4, 6].reduce((product, at) => product * Math.max(1, bytes.readUInt16BE(at)), 1);
  const size = GIPL_TYPE_BYTES[bytes.readUInt16BE(8)];
  return size === undefined ? undefined : 256 + voxels * size;
}

const MGH_TYPE_BYTES: Record<number, number> = { 0: 1, 1: 4, 3: 4, 4: 2 };

/** MGH of FreeSurfer: 284 bytes of header, big endian; version, four lengths, type. */
function mghLength(bytes: Buffer): number | undefined {
  if (bytes.length < 284) return 284;
  const voxels = [4, 8, 12, 16].reduce((product, at) => product * Math.max(1, bytes.readInt32BE(at)), 1);
  const size = MGH_TYPE_BYTES[bytes.readInt32BE(20)];
  return size === undefined ? undefined : 284 + voxels * size;
}

const MRC_MODE_BYTES: Record<number, number> = { 0: 1, 1: 2, 2: 4, 3: 4, 4: 8, 6: 2, 16: 3 };

/** MRC2014: 1024 bytes of header and an extended one, in the byte order that its machine stamp at byte 212 says. */
function mrcLength(bytes: Buffer): number | undefined {
  if (bytes.length < 1024) return 1024;
  const isBig = bytes[212] === 0x11;
  const word = (at: number) => (isBig ? bytes.readInt32BE(at) : bytes.readInt32LE(at));
  const size = MRC_MODE_BYTES[word(12)];
  return size === undefined ? undefined : 1024 + Math.max(0, word(92)) + word(0) * word(4) * word(8) * size;
}

function truncated(name: string, needed: string, found: string): ImageError {
  return new ImageError('unreadable', `"${name}" is truncated: its header promises ${needed}, the file has ${found}`);
}
