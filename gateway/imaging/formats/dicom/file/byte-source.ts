import { createReadStream } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { createInflateRaw } from 'node:zlib';
import { unreadable } from '../../../image-error';
import { say } from '../../../../sentence';

/** Bytes that are read where they are wanted: a file, or the content of a deflated one. */
export interface ByteSource {
  /** Bytes from `at` on, fewer than `length` where the source ends. They are not written to. */
  read(at: number, length: number): Promise<Buffer>;
  available(end: number): Promise<number>;
}

/** The headers of most images. */
const HEAD = 16 << 10;

/** A file. Its first bytes, which are asked for several times, are kept. */
export class FileSource implements ByteSource {
  private head: Buffer | undefined;

  constructor(
    private readonly file: FileHandle,
    private readonly size: number,
  ) {}

  async read(at: number, length: number): Promise<Buffer> {
    const end = Math.min(this.size, at + length);
    if (end <= at) return Buffer.alloc(0);
    if (end > Math.min(HEAD, this.size)) return this.fromFile(at, end);
    this.head ??= await this.fromFile(0, Math.min(HEAD, this.size));
    return this.head.subarray(at, end);
  }

  available(end: number): Promise<number> {
    return Promise.resolve(Math.min(this.size, end));
  }

  private async fromFile(at: number, end: number): Promise<Buffer> {
    const { buffer, bytesRead } = await this.file.read(Buffer.allocUnsafeSlow(end - at), 0, end - at, at);
    return buffer.subarray(0, bytesRead);
  }
}

/** A Deflated Explicit VR Little Endian data set (PS3.5 A.5), inflated as far as it is read, so the header comes before pixels take memory. */
export class InflatedSource implements ByteSource {
  private readonly content: AsyncIterator<Buffer>;
  readonly end: () => void;
  private bytes: Buffer = Buffer.alloc(0);
  private filled = 0;
  private ended = false;

  constructor(path: string, start: number) {
    const file = createReadStream(path, { start });
    const inflate = createInflateRaw();
    file.on('error', (error) => inflate.destroy(error));
    this.content = file.pipe(inflate)[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
    this.end = () => [file, inflate].forEach((stream) => stream.destroy());
  }

  /** @throws ImageError when the deflated bytes are damaged or end early */
  async read(at: number, length: number): Promise<Buffer> {
    const end = await this.available(at + length);
    return this.bytes.subarray(Math.min(at, end), end);
  }

  async available(end: number): Promise<number> {
    while (!this.ended && this.filled < end) await this.inflateMore();
    return Math.min(this.filled, end);
  }

  private async inflateMore(): Promise<void> {
    try {
      const { value, done } = await this.content.next();
      if (done) this.ended = true;
      else this.append(value);
    } catch (cause) {
      const why = (cause as NodeJS.ErrnoException).code === 'Z_BUF_ERROR' ? say`is truncated` : say`is damaged`;
      throw unreadable(say`its deflated data set ${why}: ${(cause as Error).message}`, cause);
    }
  }

  private append(piece: Buffer): void {
    if (this.filled + piece.length > this.bytes.length) {
      // Shared: decode threads read frames in it.
      const size = Math.max(1 << 16, 2 * this.bytes.length, this.filled + piece.length);
      const larger = Buffer.from(new SharedArrayBuffer(size));
      this.bytes.copy(larger, 0, 0, this.filled);
      this.bytes = larger;
    }
    piece.copy(this.bytes, this.filled);
    this.filled += piece.length;
  }
}
