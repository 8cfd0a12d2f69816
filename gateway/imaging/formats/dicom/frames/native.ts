import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { unreadable, unsupported, type ImageError } from '../../../image-error';
import type { NumericArray } from '../../../volume';
import { keepStoredBits } from './codestream';
import { fullOf422, interleaved } from './colour';
import { storedArray, type FrameSource, type PixelFormat } from './frame';
import { say } from '../../../../sentence';

/** The samples of an uncompressed frame, interleaved. @throws ImageError when the bytes are not as many as the header asks for, or those made even */
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
    throw unsupported(say`its colours are YBR_FULL_422 with ${columns} columns; they come in pairs`);
  return rows * columns * (is422(format) ? 2 : samplesPerPixel);
}

const is422 = (format: PixelFormat) =>
  format.samplesPerPixel === 3 && format.photometricInterpretation === 'YBR_FULL_422';

function wrongLength(there: number, wanted: number, format: PixelFormat): ImageError {
  const { rows, columns, samplesPerPixel, bitsAllocated } = format;
  const asked = say`${rows} rows × ${columns} columns × ${samplesPerPixel} samples of ${bitsAllocated} bits are ${wanted} bytes`;
  const what =
    there < wanted ? say`its pixel data is truncated` : say`its pixel data does not have the length of its header`;
  return unreadable(say`${what}: ${asked}, and there are ${there}`);
}

/** Bytes that were written as words of 16 bits, big endian: each two have changed places (PS3.5 A.3). Values begin at an even byte. */
function bytesOfWords(reader: FrameReader, source: FrameSource): Uint8Array {
  const [{ at, length }] = source.ranges;
  const begin = at - (at % 2);
  const end = at + length + ((at + length) % 2);
  const words = Buffer.from(reader.read({ ...source, ranges: [{ at: begin, length: end - begin }] }));
  return words.swap16().subarray(at - begin, at - begin + length);
}

function unpackBits(bytes: Uint8Array, offset: number, samples: number): Uint8Array {
  const values = new Uint8Array(samples);
  for (let i = 0, bit = offset; i < samples; i++, bit++) values[i] = (bytes[bit >> 3] >> (bit & 7)) & 1;
  return values;
}

/** Reads frames; a file stays open until a frame of another one comes, or {@link close}. */
export class FrameReader {
  private file: { path: string; handle: number; size: number } | undefined;

  /** The bytes of a frame, its fragments joined. @throws ImageError when the file ends before */
  read(source: FrameSource): Uint8Array {
    const { bytes, path, ranges } = source;
    const total = ranges.reduce((sum, { length }) => sum + length, 0);
    const size = bytes?.length ?? this.open(path!).size;
    const end = Math.max(0, ...ranges.map(({ at, length }) => at + length));
    if (end > size)
      throw unreadable(say`it is truncated: its pixel data should reach to byte ${end}, and there are ${size}`);
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
      this.file = { path, handle, size: 0 };
      this.file.size = fstatSync(handle).size;
    }
    return this.file!;
  }

  private fill(part: Uint8Array, at: number): void {
    const count = readSync(this.file!.handle, part, 0, part.length, at);
    if (count < part.length) throw unreadable(say`it is truncated: it ends at byte ${at + count}`);
  }
}
