import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { constants, createGunzip, gunzipSync } from 'node:zlib';
import { ImageError } from '../image-error';
import { decompressZstd, isZstd } from './zstd';

const CHUNK = 1 << 20;
const HEAD = 4096;
/** Zstandard gives nothing before a block is complete, and a block may have 128 KB. */
const ZSTD_HEAD = 160 << 10;

/** The start of a file, uncompressed when it is gzip or zstd: what formats are recognised by. */
export interface FileHead {
  path: string;
  /** Name the client gave the file: for messages only. */
  name: string;
  /** Bytes on disk. */
  size: number;
  compression: 'none' | 'gzip' | 'zstd';
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
    if (isZstd(start)) return { path, name, size, compression: 'zstd', bytes: await startOfZstd(path, name) };
    const gzip = start[0] === 0x1f && start[1] === 0x8b;
    return { path, name, size, compression: gzip ? 'gzip' : 'none', bytes: gzip ? inflateStart(start, name) : start };
  } finally {
    await file.close();
  }
}

function inflateStart(start: Buffer, name: string): Buffer {
  try {
    return gunzipSync(start, { finishFlush: constants.Z_SYNC_FLUSH });
  } catch (cause) {
    throw new ImageError(
      'unreadable',
      `"${name}" starts like gzip but cannot be decompressed: ${(cause as Error).message}`,
      { cause },
    );
  }
}

/** The first bytes that come out of a zstd file; at most its first blocks are read. */
async function startOfZstd(path: string, name: string): Promise<Buffer> {
  const file = createReadStream(path, { highWaterMark: ZSTD_HEAD });
  let bytes = Buffer.alloc(0);
  for await (const piece of decompressZstd(file as AsyncIterable<Buffer>, name)) {
    bytes = Buffer.concat([bytes, piece.subarray(0, HEAD)]);
    if (bytes.length >= HEAD) break;
  }
  return bytes;
}

/** The whole (decompressed) content in pieces; stop iterating and the file is closed. Errors of zlib come out as they are. */
export async function* contentOf({ path, name, compression }: FileHead): AsyncGenerator<Buffer> {
  const file = createReadStream(path, { highWaterMark: CHUNK });
  if (compression === 'zstd') return yield* decompressZstd(file as AsyncIterable<Buffer>, name);
  const content = compression === 'gzip' ? file.pipe(createGunzip({ chunkSize: CHUNK })) : file;
  if (content !== file) file.on('error', (error) => content.destroy(error));
  try {
    for await (const chunk of content) yield chunk as Buffer;
  } finally {
    file.destroy();
    content.destroy();
  }
}
