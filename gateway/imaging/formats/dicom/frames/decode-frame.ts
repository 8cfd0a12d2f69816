import { inflateRawSync } from 'node:zlib';
import { ImageError } from '../../../image-error';
import type { NumericArray } from '../../../volume';
import { checkFormat } from './check-format';
import { rgbOf } from './colour';
import { isPalette, layoutOf, type FramePixels, type FrameSource, type PixelFormat } from './frame';
import { FrameReader } from './frame-bytes';
import { decodeJpeg } from './jpeg';
import { decodeJpeg2000 } from './jpeg-2000';
import { decodeJpegLossless } from './jpeg-lossless';
import { decodeJpegLs } from './jpeg-ls';
import { decodeNative } from './native';
import { applyPalette } from './palette';
import { decodeRle } from './rle';
import { losslessSyntaxes, type Coding } from './transfer-syntaxes';

/**
 * Decodes one frame in this thread.
 *
 * @param reader to be given where many frames are read: it keeps their file open
 * @throws ImageError that speaks of "it" or "its pixel data": the caller knows the name of the file and puts it in front
 */
export async function decodeFrame(source: FrameSource, reader?: FrameReader): Promise<FramePixels> {
  const coding = checkFormat(source.format);
  if (reader) return pixelsOf(source, coding, reader);
  const own = new FrameReader();
  try {
    return await pixelsOf(source, coding, own);
  } finally {
    own.close();
  }
}

async function pixelsOf(source: FrameSource, coding: Coding, reader: FrameReader): Promise<FramePixels> {
  const { format } = source;
  const { channels, length } = layoutOf(format);
  const samples = await samplesOf(source, coding, reader);
  const values = isPalette(format) ? coloursOf(samples, source) : channels === 3 ? rgbOf(samples, photometricOf(format, coding)) : samples; // prettier-ignore
  if (values.length !== length)
    throw new ImageError('unreadable', `its pixel data decodes to ${values.length} values; ${length} were expected`);
  return { values, channels };
}

/** Samples as they are stored, interleaved. */
async function samplesOf(source: FrameSource, coding: Coding, reader: FrameReader): Promise<NumericArray> {
  const { format } = source;
  const lossless = losslessSyntaxes.has(format.transferSyntax);
  switch (coding) {
    case 'native':
      return decodeNative(reader, source, false);
    case 'big-endian':
      return decodeNative(reader, source, true);
    case 'deflated-frame':
      return decodeNative(reader, inflated(reader.read(source), source), false);
    case 'rle':
      return decodeRle(reader.read(source), format);
    case 'jpeg':
      return decodeJpeg(reader.read(source), format);
    case 'jpeg-lossless':
      return decodeJpegLossless(reader.read(source), format);
    case 'jpeg-ls':
      return decodeJpegLs(reader.read(source), format, lossless);
    case 'jpeg-2000':
    case 'htj2k':
      return decodeJpeg2000(reader.read(source), format, { highThroughput: coding === 'htj2k', lossless });
  }
}

/** Of the samples as they come out of their decoder: some make RGB themselves. */
function photometricOf({ photometricInterpretation: photometric }: PixelFormat, coding: Coding): string {
  const isTransformed = coding === 'jpeg' || photometric === 'YBR_RCT' || photometric === 'YBR_ICT';
  return isTransformed ? 'RGB' : photometric;
}

/** A frame of "Deflated Image Frame Compression" (PS3.5 §A.4.13): a raw deflate stream. */
function inflated(bytes: Uint8Array, source: FrameSource): FrameSource {
  const { rows, columns, samplesPerPixel, bitsAllocated } = source.format;
  const most = Math.ceil((rows * columns * samplesPerPixel * bitsAllocated) / 8) + 1;
  try {
    const all = inflateRawSync(bytes, { maxOutputLength: most });
    return { bytes: all, ranges: [{ at: 0, length: all.length }], format: source.format };
  } catch (cause) {
    throw new ImageError('unreadable', `its pixel data cannot be inflated (${(cause as Error).message})`, { cause });
  }
}

function coloursOf(samples: NumericArray, { format }: FrameSource): NumericArray {
  if (!format.palette) throw new ImageError('unreadable', 'its colours are PALETTE COLOR, and it has no palette');
  return applyPalette(samples, format.palette);
}
