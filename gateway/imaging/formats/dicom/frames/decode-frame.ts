import { ImageError } from '../../../image-error';
import type { NumericArray } from '../../../volume';
import { checkFormat } from './check-format';
import { rgbOf } from './colour';
import { isPalette, layoutOf, type FramePixels, type FrameSource } from './frame';
import { FrameReader } from './frame-bytes';
import { decodeNative } from './native';
import { applyPalette } from './palette';
import { transferSyntaxName, type Coding } from './transfer-syntaxes';

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
  const samples = await samplesOf(source, coding, reader);
  const { channels, length } = layoutOf(format);
  const values = isPalette(format) ? coloursOf(samples, source) : channels === 3 ? rgbOf(samples, format) : samples;
  if (values.length !== length)
    throw new ImageError('unreadable', `its pixel data decodes to ${values.length} values; ${length} were expected`);
  return { values, channels };
}

async function samplesOf(source: FrameSource, coding: Coding, reader: FrameReader): Promise<NumericArray> {
  switch (coding) {
    case 'native':
    case 'encapsulated':
      return decodeNative(reader, source, false);
    case 'big-endian':
      return decodeNative(reader, source, true);
    default:
      throw new ImageError('unsupported', `${transferSyntaxName(source.format.transferSyntax)} is not read`);
  }
}

function coloursOf(samples: NumericArray, { format }: FrameSource): NumericArray {
  if (!format.palette) throw new ImageError('unreadable', 'its colours are PALETTE COLOR, and it has no palette');
  return applyPalette(samples, format.palette);
}
