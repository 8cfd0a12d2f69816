import { ImageError } from '../../../image-error';
import type { NumericArray } from '../../../volume';
import type { PixelFormat } from './frame';

/**
 * Colour samples as they stand in a file, interleaved and in RGB.
 *
 * YBR_FULL and YBR_FULL_422 (of two pixels, chrominance once) are converted with the factors of ITU-R BT.601 and rounded, in 8 bits.
 *
 * @throws ImageError for a photometric interpretation that three samples cannot have
 * @see DICOM PS3.3 C.7.6.3.1.2
 */
export function rgbOf(samples: NumericArray, format: PixelFormat): NumericArray {
  const { photometricInterpretation: photometric, planarConfiguration, bitsAllocated } = format;
  switch (photometric) {
    case 'RGB':
      return planarConfiguration === 1 ? interleaved(samples) : samples;
    case 'YBR_FULL':
    case 'YBR_FULL_422':
      if (!(samples instanceof Uint8Array) || bitsAllocated !== 8)
        throw new ImageError('unsupported', `its colours are ${photometric} in ${bitsAllocated} bits; 8 are read`);
      if (photometric === 'YBR_FULL_422') return rgbOfYbr(fullOf422(samples, format));
      return rgbOfYbr(planarConfiguration === 1 ? interleaved(samples) : samples.slice());
    default:
      throw new ImageError(
        'unsupported',
        `its colours are ${photometric}; RGB, YBR_FULL, YBR_FULL_422 and PALETTE COLOR are read`,
      );
  }
}

function interleaved<T extends NumericArray>(planes: T): T {
  const mixed = planes.slice() as T;
  const pixels = planes.length / 3;
  for (let i = 0; i < pixels; i++) {
    mixed[3 * i] = planes[i];
    mixed[3 * i + 1] = planes[pixels + i];
    mixed[3 * i + 2] = planes[2 * pixels + i];
  }
  return mixed;
}

function fullOf422(samples: Uint8Array, { columns, rows }: PixelFormat): Uint8Array {
  if (columns % 2 !== 0)
    throw new ImageError('unsupported', `its colours are YBR_FULL_422 with ${columns} columns; they come in pairs`);
  const full = new Uint8Array(rows * columns * 3);
  for (let from = 0, to = 0; to < full.length; from += 4, to += 6) {
    const [first, second, blue, red] = samples.subarray(from, from + 4);
    full.set([first, blue, red, second, blue, red], to);
  }
  return full;
}

/** In place. */
function rgbOfYbr(pixels: Uint8Array): Uint8Array {
  const clamped = new Uint8ClampedArray(pixels.buffer, pixels.byteOffset, pixels.length);
  for (let i = 0; i < pixels.length; i += 3) {
    const [y, blue, red] = [pixels[i], pixels[i + 1] - 128, pixels[i + 2] - 128];
    clamped[i] = y + 1.402 * red;
    clamped[i + 1] = y - 0.344136 * blue - 0.714136 * red;
    clamped[i + 2] = y + 1.772 * blue;
  }
  return pixels;
}
