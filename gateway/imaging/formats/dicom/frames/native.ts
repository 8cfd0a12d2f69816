import { unreadable, unsupported, type ImageError } from '../../../image-error';
import type { NumericArray } from '../../../volume';
import { keepStoredBits } from './codestream';
import { fullOf422, interleaved } from './colour';
import { storedArray, type FrameSource, type PixelFormat } from './frame';
import type { FrameReader } from './frame-bytes';

/**
 * The samples of an uncompressed frame, interleaved.
 *
 * @throws ImageError when the bytes are not as many as rows × columns × samples ask for; one that makes them even is allowed
 */
export function decodeNative(reader: FrameReader, source: FrameSource, bigEndian: boolean): NumericArray {
  const { format, bitOffset = 0 } = source;
  const { bitsAllocated } = format;
  const samples = samplesOf(format);
  const there = source.ranges.reduce((sum, { length }) => sum + length, 0);
  const wanted = Math.ceil((samples * bitsAllocated + bitOffset) / 8);
  if (there !== wanted && there !== wanted + (wanted % 2)) throw wrongLength(there, wanted, format);
  const inWords = bigEndian && bitsAllocated <= 8 && format.pixelVr === 'OW';
  const bytes = inWords ? bytesOfWords(reader, source) : reader.read(source);
  if (bitsAllocated === 1) return unpackBits(bytes, bitOffset, samples);

  const values = new (storedArray(format))(samples);
  const raw = Buffer.from(values.buffer);
  raw.set(bytes.subarray(0, wanted));
  if (bigEndian && bitsAllocated === 16) raw.swap16();
  if (bigEndian && bitsAllocated === 32) raw.swap32();
  if (bigEndian && bitsAllocated === 64) raw.swap64();
  keepStoredBits(values, format);
  if (format.samplesPerPixel === 1) return values;
  if (is422(format)) return fullOf422(values);
  return format.planarConfiguration === 1 ? interleaved(values) : values;
}

/** Samples in the file. YBR_FULL_422: two pixels are Y1 Y2 Cb Cr (PS3.3 C.7.6.3.1.2). */
function samplesOf(format: PixelFormat): number {
  const { rows, columns, samplesPerPixel } = format;
  if (is422(format) && columns % 2 !== 0)
    throw unsupported(`its colours are YBR_FULL_422 with ${columns} columns; they come in pairs`);
  return rows * columns * (is422(format) ? 2 : samplesPerPixel);
}

const is422 = (format: PixelFormat) =>
  format.samplesPerPixel === 3 && format.photometricInterpretation === 'YBR_FULL_422';

function wrongLength(there: number, wanted: number, format: PixelFormat): ImageError {
  const { rows, columns, samplesPerPixel, bitsAllocated } = format;
  const asked = `${rows} rows × ${columns} columns × ${samplesPerPixel} samples of ${bitsAllocated} bits are ${wanted} bytes`;
  const what = there < wanted ? 'its pixel data is truncated' : 'its pixel data does not have the length of its header';
  return unreadable(`${what}: ${asked}, and there are ${there}`);
}

/** Bytes that were written as words of 16 bits, big endian: each two have changed places (PS3.5 A.3). Values begin at an even byte. */
function bytesOfWords(reader: FrameReader, source: FrameSource): Uint8Array {
  const [{ at, length }] = source.ranges;
  const begin = at - (at % 2);
  const end = at + length + ((at + length) % 2);
  const words = Buffer.from(reader.read({ ...source, ranges: [{ at: begin, length: end - begin }] }));
  return words.swap16().subarray(at - begin, at - begin + length);
}

/** The first pixel is the lowest bit (PS3.5 8.1.1). */
function unpackBits(bytes: Uint8Array, offset: number, samples: number): Uint8Array {
  const values = new Uint8Array(samples);
  for (let i = 0, bit = offset; i < samples; i++, bit++) values[i] = (bytes[bit >> 3] >> (bit & 7)) & 1;
  return values;
}
