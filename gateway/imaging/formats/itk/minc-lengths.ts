import { open } from 'node:fs/promises';
import type { FileHead } from '../file-head';

const HDF5 = '\x89HDF\r\n\x1a\n';
/** Headers of heaps, in which attributes may lie compressed (HDF5 File Format Specification 3.0, III.G and IV.A.2.p). */
const HEAPS = ['FRHP', 'SMTB'];
const NAME = Buffer.from('length\0');
/** Before the name: version, flags, sizes of name, type and space; version 3 adds an encoding. */
const HEADS: Record<number, number> = { 1: 8, 2: 8, 3: 9 };
const LONGEST_HEAD = 9;
/** An attribute with a single number and what stands before it, at most. */
const ATTRIBUTE_BYTES = 128;
const CHUNK = 1 << 20;

/**
 * The lengths of the axes of a MINC 2 image: its dimensions are HDF5 objects with an attribute `length`, by which libminc makes room. Attributes in object headers are
 * never compressed, so that all of them are found by their name; undefined for a file in which they may lie elsewhere, and for MINC 1.
 * @see HDF5 File Format Specification 3.0, IV.A.2.m "The Attribute Message"; libminc 2.4, `_miget_file_dimension`
 */
export async function mincLengths({ path, bytes, compression }: FileHead): Promise<number[] | undefined> {
  if (compression !== 'none' || bytes.toString('latin1', 0, HDF5.length) !== HDF5) return undefined;
  const lengths: number[] = [];
  const file = await open(path, 'r');
  try {
    const buffer = Buffer.alloc(CHUNK + LONGEST_HEAD + ATTRIBUTE_BYTES);
    for (let at = 0; ; at += CHUNK) {
      const { bytesRead } = await file.read(buffer, 0, buffer.length, at);
      const piece = buffer.subarray(0, bytesRead);
      if (HEAPS.some((mark) => piece.includes(mark))) return undefined;
      const end = Math.min(bytesRead, CHUNK + LONGEST_HEAD);
      // A name in the first bytes belongs to the piece before, but for the first piece, which begins with the superblock.
      for (
        let name = piece.indexOf(NAME, LONGEST_HEAD);
        name >= 0 && name < end;
        name = piece.indexOf(NAME, name + 1)
      ) {
        const length = numberAt(piece, name);
        if (length !== undefined) lengths.push(length);
      }
      if (bytesRead < buffer.length) break;
    }
  } finally {
    await file.close();
  }
  return lengths.length < 2 ? undefined : lengths.map((length) => Math.max(1, length));
}

/** The value of the attribute whose name stands at `name`; undefined where it is not an attribute with one integer. */
function numberAt(piece: Buffer, name: number): number | undefined {
  const version = [1, 2, 3].find((one) => piece[name - HEADS[one]] === one && piece.readUInt16LE(name - HEADS[one] + 2) === NAME.length); // prettier-ignore
  if (version === undefined) return undefined;
  const head = name - HEADS[version];
  const padded = (bytes: number) => (version === 1 ? Math.ceil(bytes / 8) * 8 : bytes);
  const type = name + padded(NAME.length);
  const value = type + padded(piece.readUInt16LE(head + 4)) + padded(piece.readUInt16LE(head + 6));
  const isInteger = (piece[type] & 0x0f) === 0;
  const size = piece.length >= type + 8 ? piece.readUInt32LE(type + 4) : 0;
  if (!isInteger || (size !== 4 && size !== 8) || value + size > piece.length) return undefined;
  // The lowest bit says the order of bytes; lengths are below 2³¹.
  return piece[type + 1] & 1 ? piece.readUInt32BE(value + size - 4) : piece.readUInt32LE(value);
}
