import { Decompress, ZstdErrorCode, type ZstdError } from 'fzstd';
import { unreadable, unsupported, type ImageError } from '../image-error';
import { say } from '../../sentence';

/** Largest window that is kept: what the reference decompressor allows unless told otherwise. */
const LARGEST_WINDOW = 2 ** 27;
/** Bytes handed to the decompressor at a time: however much comes out of them fits into memory. */
const PIECE = 4096;

const CONTENT_SIZE_BYTES = [0, 2, 4, 8];
const DICTIONARY_BYTES = [0, 1, 2, 4];
const ZSTD_MAGIC = 0xfd2fb528;
const SKIPPABLE_MAGIC = 0x184d2a5;

/** Decompresses a Zstandard stream (RFC 8878); checksums are not verified. @throws ImageError for damage, and windows of more than 128 MB */
export async function* decompressZstd(chunks: AsyncIterable<Buffer>, name: string): AsyncGenerator<Buffer> {
  let pieces: Buffer[] = [];
  const decompressor = new Decompress((piece) => pieces.push(Buffer.from(piece)));
  const push = (bytes: Uint8Array, last: boolean): Buffer[] => {
    try {
      decompressor.push(bytes, last);
    } catch (cause) {
      throw damaged(name, cause as ZstdError);
    }
    const made = pieces;
    pieces = [];
    return made;
  };
  const windows = new ZstdWindows();
  for await (const chunk of chunks) {
    const window = windows.largestIn(chunk);
    if (window > LARGEST_WINDOW) {
      const most = say`up to ${LARGEST_WINDOW} are read (zstd without --ultra or --long)`;
      throw unsupported(say`"${name}" is compressed with a window of ${window} bytes; ${most}`);
    }
    for (let at = 0; at < chunk.length; at += PIECE) yield* push(chunk.subarray(at, at + PIECE), false);
  }
  yield* push(new Uint8Array(0), true);
}

function damaged(name: string, cause: ZstdError): ImageError {
  return cause.code === ZstdErrorCode.UnexpectedEOF
    ? unreadable(say`"${name}" is truncated: its zstd data end early`, cause)
    : unreadable(say`"${name}": damaged zstd data (${cause.message})`, cause);
}

/** Follows the frames and blocks of a Zstandard stream (RFC 8878, 3.1.1), to see how large a window each frame asks for before it is allocated. */
export class ZstdWindows {
  private expected: 'frame' | 'block' | 'nothing' = 'frame';
  private skip = 0;
  private header = Buffer.alloc(0);
  private checksumBytes = 0;

  /** The largest window of the frames that begin in these bytes (the next ones of the stream); 0 when none does. */
  largestIn(bytes: Buffer): number {
    let largest = 0;
    for (let at = 0; at < bytes.length && this.expected !== 'nothing';) {
      const passed = Math.min(this.skip, bytes.length - at);
      this.skip -= passed;
      at += passed;
      if (at === bytes.length) break;
      this.header = Buffer.concat([this.header, bytes.subarray(at, ++at)]);
      const window = this.expected === 'frame' ? this.readFrame() : this.readBlock();
      if (window === undefined) continue;
      largest = Math.max(largest, window);
      this.header = Buffer.alloc(0);
    }
    return largest;
  }

  /** The window of a frame whose header is complete; 0 for a frame to be skipped; undefined while bytes are missing. */
  private readFrame(): number | undefined {
    const { header } = this;
    if (header.length < 5) return undefined;
    const magic = header.readUInt32LE(0);
    if (magic >>> 4 === SKIPPABLE_MAGIC) {
      if (header.length < 8) return undefined;
      this.skip = header.readUInt32LE(4);
      return 0;
    }
    if (magic !== ZSTD_MAGIC) {
      this.expected = 'nothing';
      return 0;
    }
    const descriptor = header[4];
    const single = (descriptor & 32) !== 0;
    const sizeAt = 5 + (single ? 0 : 1) + DICTIONARY_BYTES[descriptor & 3];
    const sizeBytes = CONTENT_SIZE_BYTES[descriptor >> 6] || (single ? 1 : 0);
    if (header.length < sizeAt + sizeBytes) return undefined;
    this.expected = 'block';
    this.checksumBytes = descriptor & 4 ? 4 : 0;
    if (!single) return 2 ** (10 + (header[5] >> 3)) * (1 + (header[5] & 7) / 8);
    // The window of a frame that is one segment is its whole length.
    if (sizeBytes === 8) return Number(header.readBigUInt64LE(sizeAt));
    return header.readUIntLE(sizeAt, sizeBytes) + (sizeBytes === 2 ? 256 : 0);
  }

  /** Passes over a block: one byte where it repeats that. */
  private readBlock(): number | undefined {
    if (this.header.length < 3) return undefined;
    const word = this.header.readUIntLE(0, 3);
    const repeats = ((word >> 1) & 3) === 1;
    this.skip = repeats ? 1 : word >> 3;
    if (word & 1) {
      this.skip += this.checksumBytes;
      this.expected = 'frame';
    }
    return 0;
  }
}
