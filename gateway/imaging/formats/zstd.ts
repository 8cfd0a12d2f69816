import { Decompress, ZstdErrorCode, type ZstdError } from 'fzstd';
import { ImageError } from '../image-error';
import { LARGEST_WINDOW, ZstdWindows } from './zstd-windows';

/** Bytes handed to the decompressor at a time: whatever they hold, what comes out of them fits into memory. */
const PIECE = 4096;

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
  const windows = new ZstdWindows();
  for await (const chunk of chunks) {
    const window = windows.largestIn(chunk);
    if (window > LARGEST_WINDOW) throw tooLarge(name, window);
    for (let at = 0; at < chunk.length; at += PIECE) yield* push(chunk.subarray(at, at + PIECE), false);
  }
  yield* push(new Uint8Array(0), true);
}

function damaged(name: string, cause: ZstdError): ImageError {
  if (cause.code === ZstdErrorCode.UnexpectedEOF)
    return new ImageError('unreadable', `"${name}" is truncated: its zstd data end early`, { cause });
  return new ImageError('unreadable', `"${name}": damaged zstd data (${cause.message})`, { cause });
}

function tooLarge(name: string, window: number): ImageError {
  return new ImageError(
    'unsupported',
    `"${name}" is compressed with a window of ${window} bytes; up to ${LARGEST_WINDOW} are read (zstd without --ultra or --long)`,
  );
}
