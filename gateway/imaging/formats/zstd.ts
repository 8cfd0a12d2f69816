import { Decompress, ZstdErrorCode, type ZstdError } from 'fzstd';
import { ImageError } from '../image-error';

/** Bytes handed to the decompressor at a time: whatever they hold, what comes out of them fits into memory. */
const PIECE = 4096;
/** Largest window that is kept: what the reference decompressor allows unless told otherwise. */
const LARGEST_WINDOW = 2 ** 27;
/** Magic, descriptor, window, dictionary, content size. */
const LONGEST_HEADER = 18;
const CONTENT_SIZE_BYTES = [0, 2, 4, 8];
const DICTIONARY_BYTES = [0, 1, 2, 4];

export function isZstd(bytes: Uint8Array): boolean {
  return bytes.length >= 4 && bytes[0] === 0x28 && bytes[1] === 0xb5 && bytes[2] === 0x2f && bytes[3] === 0xfd;
}

/**
 * Decompresses a Zstandard stream, piece by piece. A checksum in it is not verified; a stream that ends early or contradicts itself is seen.
 *
 * @param chunks the compressed bytes, in order
 * @param name of the file, for messages
 * @throws ImageError when the data are damaged, end early, or need a window of more than 128 MB
 * @see RFC 8878
 */
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
  let first = true;
  for await (const chunk of chunks) {
    if (first) checkWindow(chunk, name);
    first = false;
    for (let at = 0; at < chunk.length; at += PIECE) yield* push(chunk.subarray(at, at + PIECE), false);
  }
  yield* push(new Uint8Array(0), true);
}

function damaged(name: string, cause: ZstdError): ImageError {
  if (cause.code === ZstdErrorCode.UnexpectedEOF)
    return new ImageError('unreadable', `"${name}" is truncated: its zstd data end early`, { cause });
  return new ImageError('unreadable', `"${name}": damaged zstd data (${cause.message})`, { cause });
}

/** Refuses a frame whose window would take more memory than any usual file needs. */
function checkWindow(start: Buffer, name: string): void {
  if (start.length < LONGEST_HEADER) return;
  const descriptor = start[4];
  const singleSegment = (descriptor & 32) !== 0;
  const exponent = start[5] >> 3;
  const window = singleSegment ? contentSize(start, descriptor) : 2 ** (10 + exponent) * (1 + (start[5] & 7) / 8);
  if (window > LARGEST_WINDOW)
    throw new ImageError(
      'unsupported',
      `"${name}" is compressed with a window of ${window} bytes; up to ${LARGEST_WINDOW} are read (zstd without --ultra or --long)`,
    );
}

/** Of a frame that is one segment: its whole length is the window. */
function contentSize(start: Buffer, descriptor: number): number {
  const at = 5 + DICTIONARY_BYTES[descriptor & 3];
  const bytes = CONTENT_SIZE_BYTES[descriptor >> 6] || 1;
  if (bytes === 8) return Number(start.readBigUInt64LE(at));
  return start.readUIntLE(at, bytes) + (bytes === 2 ? 256 : 0);
}
