import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { ImageError } from '../image-error';
import { gunzip } from './inflate';
import { decompressZstd, isZstd } from './zstd';

const CHUNK = 1 << 20;
const HEAD = 4096;
/** Zstandard gives nothing before a block is complete, and a block may have 128 KB. */
const START = { none: HEAD, gzip: HEAD, zstd: 160 << 10 };

export type Compression = 'none' | 'gzip' | 'zstd';

/** The start of a file, uncompressed when it is gzip or zstd: what formats are recognised by. */
export interface FileHead {
  path: string;
  /** Name the client gave the file: for messages only. */
  name: string;
  /** Bytes on disk. */
  size: number;
  compression: Compression;
  bytes: Buffer;
}

/** @throws ImageError when the file is empty or its compressed start is damaged */
export async function readHead(path: string, name: string): Promise<FileHead> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    if (size === 0) throw new ImageError('unreadable', `"${name}" is empty (0 bytes)`);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(HEAD), 0, HEAD, 0);
    const start = buffer.subarray(0, bytesRead);
    const compression = compressionOf(start);
    const head = { path, name, size, compression };
    return { ...head, bytes: compression === 'none' ? start : await startOfContent(head) };
  } finally {
    await file.close();
  }
}

/** How the file is compressed that begins with these bytes. */
export function compressionOf(start: Buffer): Compression {
  if (isZstd(start)) return 'zstd';
  return start[0] === 0x1f && start[1] === 0x8b ? 'gzip' : 'none';
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
    if (bytes.length === 0) {
      const what = `"${head.name}" starts like gzip but cannot be decompressed: ${message}`;
      throw new ImageError('unreadable', what, { cause });
    }
  }
  return bytes;
}

/**
 * The whole (decompressed) content in pieces; stop iterating and the file is closed. An empty piece follows each gzip member that is whole.
 * Errors of zlib come out as they are.
 *
 * @param chunk bytes of the file read at a time
 */
export async function* contentOf(
  { path, name, compression }: Omit<FileHead, 'bytes' | 'size'>,
  chunk = CHUNK,
): AsyncGenerator<Buffer> {
  const file = createReadStream(path, { highWaterMark: chunk });
  try {
    if (compression === 'zstd') yield* decompressZstd(file as AsyncIterable<Buffer>, name);
    else yield* compression === 'gzip' ? gunzip(file as AsyncIterable<Buffer>) : (file as AsyncIterable<Buffer>);
  } finally {
    file.destroy();
  }
}
