import { createReadStream } from 'node:fs';
import { unreadable, unsupported, type ImageError } from '../image-error';
import { gunzip, inflateZlib } from '../inflate/inflate';
import { arrivingAt } from './arriving-file';
import { piecesOf } from './file-pieces';
import { hexBytes, writtenNumbers } from './text-voxels';
import type { ValueType } from './value-types';
import { decompressZstd } from './zstd';
import { say } from '../../sentence';

export interface VoxelSource {
  path: string;
  name: string;
  /** The part of the file that holds them: from the byte `from` to before the byte `to`. */
  from: number;
  to: number;
  encoding: VoxelEncoding;
  /** Bytes of the (decompressed) part before the first voxel; below 0, -1 - `skip` bytes follow the last one. */
  skip: number;
}

/** Most bytes of voxels per byte of a file: deflate makes up to 1032, a zstd block of 4 bytes repeats one 128 KB times, a digit may be 8 bytes. */
const MOST_PER_BYTE = { raw: 1, gzip: 1032, zlib: 1032, zstd: 32768, ascii: 8, hex: 0.5 };
export type VoxelEncoding = keyof typeof MOST_PER_BYTE;

/** Most voxel bytes a file may hold: what one typed array can carry everywhere. */
const MAX_VOXEL_BYTES = 2 ** 32 - 1;
/** Bytes after the voxels that are still read, so that a checksum at the end is verified. */
const MAX_TRAILING_BYTES = 1 << 20;
const CHUNK = 1 << 20;
/** Bytes of text turned into numbers at a time, which takes milliseconds. */
const TEXT_CHUNK = 1 << 16;

/** Refuses, before anything is allocated, a header that promises more voxels than the file can hold. @param lengths of the axes, for the message */
export function checkRoom(
  { name, from, to, encoding, skip }: VoxelSource,
  bytes: number,
  lengths: readonly number[],
): void {
  const promise = say`its header promises ${lengths.join(' x ')} voxels (${bytes} bytes)`;
  const before = encoding === 'raw' ? Math.max(skip, 0) : 0;
  const room = Math.max(to - from - before, 0);
  if (bytes > room * MOST_PER_BYTE[encoding]) {
    const held = encoding === 'raw' ? say`: ${room} of ${bytes} voxel bytes` : '';
    throw unreadable(say`"${name}" is truncated${held}; ${promise}, the file has ${to} bytes`);
  }
  if (bytes > MAX_VOXEL_BYTES) throw unsupported(say`"${name}" is too large: ${promise}`);
}

/**
 * Hands the `bytes` bytes of the voxels to `take`, each piece valid until it is done; reads on to the end of a compressed stream, for its checksum.
 * @param type in which numbers written in digits are handed on, little endian
 * @returns how many bytes follow that the header does not tell of, as far as read @throws ImageError when there are too few, or they are damaged
 */
export async function readVoxels(
  source: VoxelSource,
  bytes: number,
  type: ValueType,
  take: (piece: Uint8Array) => void | Promise<void>,
): Promise<number> {
  const { encoding } = source;
  const compressed = encoding !== 'raw';
  let skip = source.skip;
  let taken = 0;
  let trailing = 0;
  try {
    if (skip < 0) skip = (await lengthOf(source, type)) - bytes + 1 + skip;
    if (skip < 0) throw truncated(source, bytes + skip, bytes);
    for await (const chunk of contentOf(source, type)) {
      const start = Math.min(skip, chunk.length);
      const end = Math.min(chunk.length, start + bytes - taken);
      const busy = take(chunk.subarray(start, end));
      if (busy) await busy;
      skip -= start;
      taken += end - start;
      trailing += chunk.length - end;
      // An empty piece: a member of gzip is whole, and what follows it is not of this image.
      if (taken === bytes && (!compressed || chunk.length === 0 || trailing > MAX_TRAILING_BYTES)) break;
    }
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code === 'Z_BUF_ERROR' && taken < bytes) throw truncated(source, taken, bytes, cause);
    if (!code?.startsWith('Z_')) throw cause;
    const what = encoding === 'zlib' ? say`zlib` : say`gzip`;
    throw unreadable(say`"${source.name}": damaged ${what} data (${message})`, cause);
  }
  if (taken < bytes) throw truncated(source, taken, bytes);
  if (source.skip < 0) return 0;
  if (encoding !== 'raw') return trailing;
  const to = (await arrivingAt(source.path)?.size()) ?? source.to;
  return to - source.from - source.skip - bytes;
}

type Decoder = (file: AsyncIterable<Buffer>, name: string, type: ValueType) => AsyncIterable<Buffer>;
const decoders: Record<VoxelEncoding, Decoder> = {
  raw: (file) => file,
  gzip: gunzip,
  zlib: inflateZlib,
  zstd: decompressZstd,
  ascii: writtenNumbers,
  hex: hexBytes,
};

/** Their decoders read from chunks that came before the last one. */
const KEEPS_CHUNKS: ReadonlySet<VoxelEncoding> = new Set(['zstd', 'ascii', 'hex']);

async function* contentOf({ path, name, from, to, encoding }: VoxelSource, type: ValueType): AsyncGenerator<Buffer> {
  if (to <= from) return;
  if (!KEEPS_CHUNKS.has(encoding)) return yield* decoders[encoding](piecesOf(path, from, to), name, type);
  const highWaterMark = encoding === 'zstd' ? CHUNK : TEXT_CHUNK;
  const stream = createReadStream(path, { start: from, end: to - 1, highWaterMark });
  const file = stream as AsyncIterable<Buffer>;
  try {
    yield* decoders[encoding](file, name, type);
  } finally {
    stream.destroy();
  }
}

async function lengthOf(source: VoxelSource, type: ValueType): Promise<number> {
  if (source.encoding === 'raw') return Math.max(source.to - source.from, 0);
  let length = 0;
  for await (const piece of contentOf(source, type)) length += piece.length;
  return length;
}

function truncated({ name }: VoxelSource, filled: number, wanted: number, cause?: unknown): ImageError {
  return unreadable(say`"${name}" is truncated: ${Math.max(filled, 0)} of ${wanted} voxel bytes`, cause);
}
