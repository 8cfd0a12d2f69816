import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import pLimit from 'p-limit';
import { unreadable } from '../image-error';
import { gunzip } from '../inflate/inflate';
import { arrivingAt } from './arriving-file';
import { decompressZstd } from './zstd';
import { say } from '../../sentence';

const CHUNK = 1 << 20;
const HEAD = 4096;
/** Zstandard gives nothing before a block is complete, and a block may have 128 KB. */
const START = { none: HEAD, gzip: HEAD, zstd: 160 << 10 };
const FILES_AT_ONCE = 16;

export type Compression = 'none' | 'gzip' | 'zstd';

export interface NamedFile {
  path: string;
  /** Name the client gave the file, perhaps with folders: for messages. */
  name: string;
}

export interface FileOnDisk extends NamedFile {
  /** In bytes. */
  size: number;
}

/** The start of a file, uncompressed when it is gzip or zstd: what formats are recognised by. */
export interface FileHead extends FileOnDisk {
  compression: Compression;
  bytes: Buffer;
}

/** Up to `length` bytes of a file from byte `at` on; fewer at its end. */
export async function readPiece(path: string, at: number, length: number): Promise<Buffer> {
  const file = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, at);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

/** @throws ImageError when the file is empty or its compressed start is damaged */
export async function readHead(path: string, name: string): Promise<FileHead> {
  // Of a file that is still arriving, what it may have at the most.
  const size = (await arrivingAt(path)?.started()) ?? (await stat(path)).size;
  if (size === 0) throw unreadable(say`"${name}" is empty (0 bytes)`);
  const start = await readPiece(path, 0, HEAD);
  const compression = compressionOf(start);
  const head = { path, name, size, compression };
  return { ...head, bytes: compression === 'none' ? start : await startOfContent(head) };
}

export function compressionOf(start: Buffer): Compression {
  const magic = start.toString('hex', 0, 4);
  return magic === '28b52ffd' ? 'zstd' : magic.startsWith('1f8b') ? 'gzip' : 'none';
}

/** The first bytes that come out of a compressed file, fewer when it ends early; no more of it is read than they need. */
async function startOfContent(head: Omit<FileHead, 'bytes'>): Promise<Buffer> {
  let bytes = Buffer.alloc(0);
  try {
    for await (const piece of contentOf(head, START[head.compression])) {
      bytes = Buffer.concat([bytes, piece.subarray(0, HEAD)]);
      if (bytes.length >= HEAD) break;
    }
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (!code?.startsWith('Z_')) throw cause;
    if (bytes.length === 0)
      throw unreadable(say`"${head.name}" starts like gzip but cannot be decompressed: ${message}`, cause);
  }
  return bytes;
}

/**
 * The whole (decompressed) content in pieces, an empty one after each whole gzip member; stop iterating and the file is closed. Errors of zlib come out as
 * they are. @param chunk bytes of the file read at a time
 */
export async function* contentOf(
  { path, name, compression }: Pick<FileHead, 'path' | 'name' | 'compression'>,
  chunk = CHUNK,
): AsyncGenerator<Buffer> {
  const file = createReadStream(path, { highWaterMark: chunk });
  const bytes = file as AsyncIterable<Buffer>;
  try {
    if (compression === 'none') yield* bytes;
    else if (compression === 'zstd') yield* decompressZstd(bytes, name);
    // Streams keep several pieces.
    else for await (const piece of gunzip(bytes)) yield Buffer.from(piece);
  } finally {
    file.destroy();
  }
}

/** The results of work on files, in the order of `items`; a few are worked on at a time. */
export function inParallel<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const limit = pLimit(FILES_AT_ONCE);
  return Promise.all(items.map((item) => limit(() => work(item))));
}
