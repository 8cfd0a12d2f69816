import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { unreadable } from '../../../image-error';
import type { FrameSource } from './frame';

/** Reads frames; a file stays open until a frame of another one comes, or {@link close}. */
export class FrameReader {
  private file: { path: string; handle: number; size: number } | undefined;

  /**
   * The bytes of a frame, its fragments joined.
   * @throws ImageError when the file ends before
   */
  read(source: FrameSource): Uint8Array {
    const { bytes, path, ranges } = source;
    const total = ranges.reduce((sum, { length }) => sum + length, 0);
    const size = bytes?.length ?? this.open(path!).size;
    const end = Math.max(0, ...ranges.map(({ at, length }) => at + length));
    if (end > size)
      throw unreadable(`it is truncated: its pixel data should reach to byte ${end}, and there are ${size}`);
    if (bytes && ranges.length === 1) return bytes.subarray(ranges[0].at, ranges[0].at + total);
    const joined = Buffer.allocUnsafeSlow(total);
    let filled = 0;
    for (const { at, length } of ranges) {
      const part = joined.subarray(filled, filled + length);
      if (bytes) part.set(bytes.subarray(at, at + length));
      else this.fill(part, at);
      filled += length;
    }
    return joined;
  }

  close(): void {
    if (this.file) closeSync(this.file.handle);
    this.file = undefined;
  }

  private open(path: string): { handle: number; size: number } {
    if (this.file?.path !== path) {
      this.close();
      const handle = openSync(path, 'r');
      this.file = { path, handle, size: fstatSync(handle).size };
    }
    return this.file!;
  }

  private fill(part: Uint8Array, at: number): void {
    for (let done = 0; done < part.length;) {
      const count = readSync(this.file!.handle, part, done, part.length - done, at + done);
      if (count === 0) throw unreadable(`it is truncated: it ends at byte ${at + done}`);
      done += count;
    }
  }
}
