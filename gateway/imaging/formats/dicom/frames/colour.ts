import { unreadable, unsupported } from '../../../image-error';
import type { NumericArray } from '../../../volume';
import type { Palette } from './frame';
import { say } from '../../../../sentence';

/** Interleaved samples in RGB; YBR_FULL by the factors of ITU-R BT.601 (PS3.3 C.7.6.3.1.2). @throws ImageError for other colour spaces */
export function rgbOf(samples: NumericArray, photometric: string): NumericArray {
  if (photometric === 'RGB') return samples;
  if (photometric !== 'YBR_FULL' && photometric !== 'YBR_FULL_422')
    throw unsupported(say`its colours are "${photometric}"; RGB, YBR_FULL, YBR_FULL_422 and PALETTE COLOR are read`);
  if (samples instanceof Uint8Array) return rgbOfYbr(samples);
  throw unsupported(say`its colours are ${photometric} in more than 8 bits; convert it to RGB`);
}

export function interleaved<T extends NumericArray>(planes: T): T {
  const mixed = planes.slice() as T;
  const pixels = planes.length / 3;
  for (let i = 0; i < pixels; i++) {
    mixed[3 * i] = planes[i];
    mixed[3 * i + 1] = planes[pixels + i];
    mixed[3 * i + 2] = planes[2 * pixels + i];
  }
  return mixed;
}

/** Pairs of pixels as Y1 Y2 Cb Cr (PS3.3 C.7.6.3.1.2, YBR_FULL_422), each pixel with its own three samples. */
export function fullOf422<T extends NumericArray>(pairs: T): T {
  const full = new (pairs.constructor as new (length: number) => T)((pairs.length / 4) * 6);
  for (let from = 0, to = 0; to < full.length; from += 4, to += 6) {
    full[to] = pairs[from];
    full[to + 3] = pairs[from + 1];
    full[to + 1] = full[to + 4] = pairs[from + 2];
    full[to + 2] = full[to + 5] = pairs[from + 3];
  }
  return full;
}

function rgbOfYbr(pixels: Uint8Array): Uint8Array {
  const converted = new Uint8ClampedArray(pixels.length);
  for (let i = 0; i < pixels.length; i += 3) {
    const [y, blue, red] = [pixels[i], pixels[i + 1] - 128, pixels[i + 2] - 128];
    converted[i] = y + 1.402 * red;
    converted[i + 1] = y - 0.344136 * blue - 0.714136 * red;
    converted[i + 2] = y + 1.772 * blue;
  }
  return new Uint8Array(converted.buffer);
}

/** Colours of stored values; those beyond the ends take the first or last (PS3.3 C.7.6.3.1.5). @throws ImageError for no, or uneven, tables */
export function applyPalette(values: NumericArray, palette: Palette | undefined): Uint8Array | Uint16Array {
  if (!palette) throw unreadable(say`its colours are PALETTE COLOR, and it has no palette`);
  const { firstMapped, bits, red, green, blue } = palette;
  const last = red.length - 1;
  if (last < 0 || green.length !== red.length || blue.length !== red.length) {
    const lengths = [red, green, blue].map((table) => table.length).join(', ');
    throw unreadable(
      say`its palettes have ${lengths} entries for red, green and blue; one number for all was expected`,
    );
  }
  const colours = new (bits === 8 ? Uint8Array : Uint16Array)(3 * values.length);
  for (let i = 0; i < values.length; i++) {
    const entry = Math.min(Math.max(values[i] - firstMapped, 0), last);
    colours[3 * i] = red[entry];
    colours[3 * i + 1] = green[entry];
    colours[3 * i + 2] = blue[entry];
  }
  return colours;
}
