import type { FileHandle } from 'node:fs/promises';

/** Bytes that are read where they are wanted: a file, or what a deflated one holds. */
export interface ByteSource {
  /** Bytes from `at` on, fewer than `length` where the source ends. They are not written to. */
  read(at: number, length: number): Promise<Buffer>;
  /** How many bytes there are, as far as `end`. */
  available(end: number): Promise<number>;
}

/** The headers of most images. */
const HEAD = 16 << 10;

/** A file. Its first bytes, which are asked for several times, are kept. */
export class FileSource implements ByteSource {
  private head: Buffer | undefined;

  /** @param size of the file */
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
    const bytes = Buffer.allocUnsafeSlow(end - at);
    let filled = 0;
    while (filled < bytes.length) {
      const { bytesRead } = await this.file.read(bytes, filled, bytes.length - filled, at + filled);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    return bytes.subarray(0, filled);
  }
}
