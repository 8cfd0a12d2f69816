import { inflateRawSync } from 'node:zlib';
import { ImageError, unreadable, unsupported } from '../../../image-error';
import type { NumericArray } from '../../../volume';
import { rescaleInto } from '../../real-values';
import { applyPalette, rgbOf } from './colour';
import { isPalette, layoutOf, type FramePixels, type FrameSource, type PixelFormat } from './frame';
import { decodeJpeg, decodeJpegLs } from './jpeg';
import { decodeJpeg2000 } from './jpeg-2000';
import { decodeJpegLossless } from './jpeg-lossless';
import { decodeNative, FrameReader } from './native';
import { decodeRle } from './rle';
import { codingOf, transferSyntaxName, type Coding } from './transfer-syntaxes';
import { say, type Said, sentenceOf } from '../../../../sentence';

/** Decodes one frame in this thread. @param reader the caller closes it @throws ImageError that speaks of "it": the caller knows the file's name */
export async function decodeFrame(source: FrameSource, reader = new FrameReader()): Promise<FramePixels> {
  const { format } = source;
  const coding = checkFormat(format);
  const { channels, length } = layoutOf(format);
  const isNative = coding === 'native' || coding === 'big-endian';
  const samples = isNative
    ? decodeNative(reader, source, coding === 'big-endian')
    : await decoders[coding](reader.read(source), format);
  const colours = () => (channels === 3 ? rgbOf(samples, photometricOf(format, coding)) : samples);
  const values = isPalette(format) ? applyPalette(samples, format.palette) : colours();
  if (values.length !== length)
    throw unreadable(say`its pixel data decodes to ${values.length} values; ${length} were expected`);
  return { values, channels };
}

/** Decoders of compressed frames; samples come out as they are stored, interleaved. */
const decoders: Record<
  Exclude<Coding, 'native' | 'big-endian'>,
  (bytes: Uint8Array, format: PixelFormat) => NumericArray | Promise<NumericArray>
> = {
  'deflated-frame': decodeDeflated,
  rle: decodeRle,
  jpeg: decodeJpeg,
  'jpeg-lossless': decodeJpegLossless,
  'jpeg-ls': decodeJpegLs,
  'jpeg-2000': decodeJpeg2000,
  htj2k: decodeJpeg2000,
};

/** Of the samples as they come out of their decoder: some make RGB themselves. */
function photometricOf({ photometricInterpretation: photometric }: PixelFormat, coding: Coding): string {
  const isTransformed = coding === 'jpeg' || photometric === 'YBR_RCT' || photometric === 'YBR_ICT';
  return isTransformed ? 'RGB' : photometric;
}

/** A frame of "Deflated Image Frame Compression" (PS3.5 A.4.13): a raw deflate stream. */
function decodeDeflated(bytes: Uint8Array, format: PixelFormat): NumericArray {
  const { rows, columns, samplesPerPixel, bitsAllocated } = format;
  const most = Math.ceil((rows * columns * samplesPerPixel * bitsAllocated) / 8) + 1;
  let all: Buffer;
  try {
    all = inflateRawSync(bytes, { maxOutputLength: most });
  } catch (cause) {
    throw unreadable(say`its pixel data cannot be inflated (${sentenceOf(cause)})`, cause);
  }
  return decodeNative(new FrameReader(), { bytes: all, ranges: [{ at: 0, length: all.length }], format }, false);
}

/** Samples of one frame: 11,585 by 11,585 pixels. The decoders of compressed frames are 32-bit programs. */
const MOST_SAMPLES = 2 ** 27;

const GREY = ['MONOCHROME2', 'MONOCHROME1', 'PALETTE COLOR'];

const isLength = (value: number) => Number.isInteger(value) && value > 0 && value <= 0xffff;

/** How the pixels are decoded. @throws ImageError for numbers that contradict each other, and for what is not read */
function checkFormat(format: PixelFormat): Coding {
  const { transferSyntax, rows, columns, samplesPerPixel, bitsAllocated, bitsStored, highBit, float = false } = format;
  const coding = codingOf(transferSyntax);
  if (!coding) {
    const advice = say`export it as JPEG 2000, JPEG-LS or uncompressed`;
    throw unsupported(say`${transferSyntaxName(transferSyntax)} is not read; ${advice}`);
  }
  if (!isLength(rows) || !isLength(columns)) throw unsupported(say`it has ${rows} rows and ${columns} columns`);
  if (samplesPerPixel !== 1 && samplesPerPixel !== 3)
    throw unsupported(say`it has ${samplesPerPixel} samples per pixel; 1 (grey) and 3 (colour) are read`);
  const { photometricInterpretation: photometric } = format;
  if (samplesPerPixel === 1 && !GREY.includes(photometric)) {
    const what = say`its Photometric Interpretation is "${photometric}" with one sample per pixel`;
    throw unsupported(say`${what}; ${GREY.join(', ')} are read`);
  }
  if (coding !== 'native' && coding !== 'big-endian' && rows * columns * samplesPerPixel > MOST_SAMPLES) {
    const most = say`compressed frames of up to ${MOST_SAMPLES} samples are read`;
    throw unsupported(say`a frame has ${rows} × ${columns} pixels; ${most}`);
  }
  if (![1, 8, 16, 32, ...(float ? [64] : [])].includes(bitsAllocated) || (float && bitsAllocated < 32)) {
    const read = say`1, 8, 16 and 32 are read, and 64 for Double Float Pixel Data`;
    throw unsupported(say`Bits Allocated is ${bitsAllocated}; ${read}`);
  }
  const bits = say`Bits Allocated ${bitsAllocated}, Bits Stored ${bitsStored}, High Bit ${highBit}`;
  if (!float && !(bitsStored >= 1 && highBit >= bitsStored - 1 && highBit < bitsAllocated))
    throw unreadable(say`its header contradicts itself: ${bits}`);
  return coding;
}

/** From stored values to what they mean: a rescaling, or a table (Modality LUT) for those equal to `first` and following ones. */
export type Meaning =
  | { slope: number; intercept: number }
  | {
      /** Stored value of the first entry. Values below take the first entry, values beyond the last one (PS3.3 C.11.1.1). */
      first: number;
      table: ArrayLike<number>;
    };

export interface FrameTask {
  source: FrameSource;
  /** Index in the target of the frame's first value; it takes `layoutOf(format).length` of them. */
  at: number;
  /** The meaning of stored values. @default stored values are written as they are */
  meaning?: Meaning;
}

/** The fault of one of several frames. The sentence does not name the file. */
export class FrameError extends ImageError {
  constructor(
    kind: ImageError['kind'],
    said: Said,
    readonly index: number,
    options?: { cause?: unknown },
  ) {
    super(kind, said, options);
  }
}

/** Decodes frames in this thread, one after the other. @param begin hears the index of each before it is decoded @throws FrameError */
export async function decodeHere(
  tasks: readonly FrameTask[],
  target: NumericArray,
  begin?: (index: number) => void,
): Promise<void> {
  const reader = new FrameReader();
  try {
    for (const [index, { source, at, meaning }] of tasks.entries()) {
      begin?.(index);
      try {
        const { values } = await decodeFrame(source, reader);
        if (!meaning) target.set(values, at);
        else if ('table' in meaning) lookUp(values, meaning.first, meaning.table, target, at);
        else rescaleInto(values, meaning.slope, meaning.intercept, target, at);
      } catch (error) {
        if (error instanceof ImageError) throw new FrameError(error.kind, error.said, index, { cause: error });
        throw error;
      }
    }
  } finally {
    reader.close();
  }
}

function lookUp(values: NumericArray, first: number, table: ArrayLike<number>, to: NumericArray, at: number): void {
  const last = table.length - 1;
  for (let i = 0; i < values.length; i++) to[at + i] = table[Math.min(Math.max(values[i] - first, 0), last)];
}
