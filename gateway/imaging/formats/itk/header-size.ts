import { open, readFile } from 'node:fs/promises';
import { unsupported } from '../../image-error';
import { jpegStructure } from '../dicom/frames/jpeg-markers';
import type { FileHead } from '../file-head';
import { vtkHeader } from './check-complete';
import { mincLengths } from './minc-lengths';
import { say } from '../../../sentence';

/** The facts that a header tells of its voxels. */
export interface HeaderSize {
  /** Voxels along each axis. */
  lengths: number[];
  channels: number;
  /** Of one value of one channel. */
  bytes: number;
}

type Reader = (head: FileHead) => HeaderSize | undefined | Promise<HeaderSize | undefined>;

/** The size of an image that ITK will read, from its header alone; undefined where the format does not tell it (MINC 1). */
export async function headerSize(head: FileHead, format: string): Promise<HeaderSize | undefined> {
  try {
    return await readers[format]?.(head);
  } catch (error) {
    // A header that ends early is ITK's to refuse.
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

const inOrder = (axes: readonly number[], number: (at: number) => number) => axes.map((at) => Math.max(1, number(at)));

const readers: Record<string, Reader> = {
  /** PNG (ISO/IEC 15948, 11.2.2): width, height, bits, colour type; a palette gives colours with alpha. */
  png: ({ bytes }) => ({
    lengths: inOrder([16, 20], (at) => bytes.readUInt32BE(at)),
    channels: { 0: 1, 2: 3, 3: 4, 4: 2 }[bytes[25]] ?? 4,
    bytes: bytes[24] > 8 ? 2 : 1,
  }),
  jpeg: async ({ path }) => {
    const { columns, rows, components, precision } = jpegStructure(await readFile(path));
    return { lengths: [columns, rows], channels: components, bytes: precision > 8 ? 2 : 1 };
  },
  tiff: tiffSize,
  bmp: ({ bytes }) => ({ lengths: inOrder([18, 22], (at) => Math.abs(bytes.readInt32LE(at))), channels: 4, bytes: 1 }),
  gipl: ({ bytes }) =>
    raw(
      inOrder([0, 2, 4, 6], (at) => bytes.readUInt16BE(at)),
      8,
    ),
  mgh: ({ bytes }) =>
    raw(
      inOrder([4, 8, 12, 16], (at) => bytes.readInt32BE(at)),
      4,
    ),
  mgz: ({ bytes }) =>
    raw(
      inOrder([4, 8, 12, 16], (at) => bytes.readInt32BE(at)),
      4,
    ),
  minc: async (head) => {
    const lengths = await mincLengths(head);
    return lengths && raw(lengths, 8);
  },
  mrc: ({ bytes }) => raw(inOrder([0, 4, 8], (at) => (bytes[212] === 0x11 ? bytes.readInt32BE(at) : bytes.readInt32LE(at))), 8), // prettier-ignore
  vtk: ({ bytes, name }) => {
    const { lengths, values, valueBytes } = vtkHeader(bytes, name);
    return { lengths, channels: values / (lengths[0] * lengths[1] * lengths[2]), bytes: valueBytes };
  },
};

/** @param bytes of the widest type of the format */
const raw = (lengths: number[], bytes: number): HeaderSize => ({ lengths, channels: 1, bytes });

const TIFF_ENTRY_BYTES = 12;
/** Tags of TIFF 6.0: ImageWidth, ImageLength, BitsPerSample, SamplesPerPixel. */
const TIFF_TAGS = [256, 257, 258, 277] as const;
/** A page may begin at any byte, so that a small file can have millions. */
const MOST_TIFF_PAGES = 10_000;
const MOST_TIFF_ENTRIES = 1_000_000;

/** The largest page of a TIFF file, as often as there are pages: they become slices. @throws ImageError for more pages than anybody has */
async function tiffSize({ path, name, bytes: start }: FileHead): Promise<HeaderSize | undefined> {
  const isLittle = start[0] === 0x49;
  const u16 = (bytes: Buffer, at: number) => (isLittle ? bytes.readUInt16LE(at) : bytes.readUInt16BE(at));
  const u32 = (bytes: Buffer, at: number) => (isLittle ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at));
  const largest = [1, 1, 1, 1];
  const seen = new Set<number>();
  let all = 0;
  const file = await open(path, 'r');
  try {
    const read = async (at: number, length: number) => (await file.read(Buffer.alloc(length), 0, length, at)).buffer;
    for (let at = u32(start, 4); at !== 0 && !seen.has(at);) {
      seen.add(at);
      const count = u16(await read(at, 2), 0);
      all += count;
      if (seen.size > MOST_TIFF_PAGES || all > MOST_TIFF_ENTRIES)
        throw unsupported(
          say`"${name}" has more than ${MOST_TIFF_PAGES} pages, or ${MOST_TIFF_ENTRIES} entries of their directories; send a volume as NIfTI`,
        );
      const entries = await read(at + 2, count * TIFF_ENTRY_BYTES + 4);
      for (let entry = 0; entry < count * TIFF_ENTRY_BYTES; entry += TIFF_ENTRY_BYTES) {
        const tag = TIFF_TAGS.findIndex((one) => one === u16(entries, entry));
        if (tag < 0) continue;
        // SHORT (3) lies in the first two bytes; several bits per sample lie elsewhere, and are at most 64.
        const isShort = u16(entries, entry + 2) === 3;
        const isElsewhere = u32(entries, entry + 4) > (isShort ? 2 : 1);
        const value = isElsewhere ? 64 : isShort ? u16(entries, entry + 8) : u32(entries, entry + 8);
        largest[tag] = Math.max(largest[tag], value);
      }
      at = u32(entries, count * TIFF_ENTRY_BYTES);
    }
  } finally {
    await file.close();
  }
  const [width, height, bits, samples] = largest;
  const lengths = seen.size > 1 ? [width, height, seen.size] : [width, height];
  // A palette gives colours.
  return { lengths, channels: Math.max(samples, 3), bytes: Math.ceil(bits / 8) };
}
