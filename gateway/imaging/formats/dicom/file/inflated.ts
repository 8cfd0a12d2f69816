import { createReadStream } from 'node:fs';
import { createInflateRaw } from 'node:zlib';
import { ImageError } from '../../../image-error';
import type { ByteSource } from './byte-source';

/**
 * The data set of a file in Deflated Explicit VR Little Endian, inflated only as far as it is read: what a header claims is known before its
 * pixels take memory.
 *
 * @see DICOM PS3.5 §A.5, RFC 1951
 */
export class InflatedSource implements ByteSource {
  private readonly content: AsyncIterator<Buffer>;
  private readonly close: () => void;
  private bytes = Buffer.alloc(0);
  private filled = 0;
  private ended = false;

  /** @param start of the deflated bytes in the file */
  constructor(path: string, start: number) {
    const file = createReadStream(path, { start });
    const inflate = createInflateRaw();
    file.on('error', (error) => inflate.destroy(error));
    this.content = file.pipe(inflate)[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
    this.close = () => {
      file.destroy();
      inflate.destroy();
    };
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

  end(): void {
    this.close();
  }

  private async inflateMore(): Promise<void> {
    try {
      const { value, done } = await this.content.next();
      if (done) this.ended = true;
      else this.append(value);
    } catch (cause) {
      const why = (cause as NodeJS.ErrnoException).code === 'Z_BUF_ERROR' ? 'is truncated' : 'is damaged';
      throw new ImageError('unreadable', `its deflated data set ${why}: ${(cause as Error).message}`, { cause });
    }
  }

  private append(piece: Buffer): void {
    if (this.filled + piece.length > this.bytes.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(1 << 16, 2 * this.bytes.length, this.filled + piece.length));
      this.bytes.copy(larger, 0, 0, this.filled);
      this.bytes = larger;
    }
    piece.copy(this.bytes, this.filled);
    this.filled += piece.length;
  }
}
