import { ImageError } from '../../../image-error';
import type { OpenDicom } from '../file/open-dicom';
import { UNDEFINED } from '../file/encoding';
import type { PixelFormat } from '../frames/frame';
import { encapsulatedRanges } from './fragments';
import type { FramePlace } from './frame-place';

export interface FoundFrames {
  places: FramePlace[];
  /** One sentence on bytes that belong to no frame. */
  warning?: string;
}

/**
 * The places of `frames` frames. No byte of the pixels is read but the headers of fragments.
 *
 * @throws ImageError when the file ends before they do, or there are more or fewer frames than the header says
 */
export async function frameRanges(file: OpenDicom, format: PixelFormat, frames: number): Promise<FoundFrames> {
  const pixelData = file.pixelData!;
  if (pixelData.length === UNDEFINED) return { places: await encapsulatedRanges(file, frames) };
  const { at, length } = pixelData;
  const bits = bitsPerFrame(format);
  const wanted = Math.ceil((bits * frames) / 8);
  const size = `${frames > 1 ? `${frames} frames of ` : ''}${format.columns} x ${format.rows} pixels need ${wanted} bytes`;
  if (length < wanted)
    throw new ImageError('unreadable', `its pixel data is truncated: ${size}, and there are ${length}`);
  const there = Math.max(0, (await file.source.available(at + length)) - at);
  if (there < length)
    throw new ImageError('unreadable', `it is truncated: ${there} of ${length} bytes of its pixel data are there`);
  const extra = length - wanted;
  if (extra * 8 >= bits)
    throw new ImageError('unreadable', `its pixel data does not fit its header: ${size}, and there are ${length}`);
  const places = Array.from({ length: frames }, (_, frame): FramePlace => {
    const first = bits * frame;
    const start = Math.floor(first / 8);
    const end = Math.ceil((first + bits) / 8);
    return { ranges: [{ at: at + start, length: end - start }], bitOffset: first % 8 };
  });
  const warning = extra > 1 ? `has ${extra} bytes behind its pixels, which were ignored` : undefined;
  return { places, warning };
}

/** Pixels of YBR_FULL_422 share their colour two by two (PS3.3 C.7.6.3.1.2). */
function bitsPerFrame({ rows, columns, samplesPerPixel, photometricInterpretation, bitsAllocated }: PixelFormat) {
  return rows * columns * (photometricInterpretation === 'YBR_FULL_422' ? 2 : samplesPerPixel) * bitsAllocated;
}
