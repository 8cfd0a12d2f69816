import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { constants, createGunzip, gunzipSync } from 'node:zlib';
import { ImageError } from '../image-error';

const CHUNK = 1 << 20;
const HEAD = 4096;

/** The start of a file, uncompressed when it is gzip: what formats are recognised by. */
export interface FileHead {
  path: string;
  /** Name the client gave the file: for messages only. */
  name: string;
  /** Bytes on disk. */
  size: number;
  gzip: boolean;
  bytes: Buffer;
}

/** @throws ImageError when the file is empty or its gzip header is damaged */
export async function readHead(path: string, name: string): Promise<FileHead> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    if (size === 0) throw new ImageError('unreadable', `"${name}" is empty (0 bytes)`);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(HEAD), 0, HEAD, 0);
    const start = buffer.subarray(0, bytesRead);
    const gzip = start[0] === 0x1f && start[1] === 0x8b;
    return { path, name, size, gzip, bytes: gzip ? inflateStart(start, name) : start };
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

/** The whole (decompressed) content in pieces; stop iterating and the file is closed. Errors of zlib come out as they are. */
export async function* contentOf({ path, gzip }: FileHead): AsyncGenerator<Buffer> {
  const file = createReadStream(path, { highWaterMark: CHUNK });
  const content = gzip ? file.pipe(createGunzip({ chunkSize: CHUNK })) : file;
  if (content !== file) file.on('error', (error) => content.destroy(error));
  try {
    for await (const chunk of content) yield chunk as Buffer;
  } finally {
    file.destroy();
    content.destroy();
  }
}
