import { ImageError } from '../../../image-error';
import type { NumericArray } from '../../../volume';
import type { Palette } from './frame';

/**
 * The colours of stored values, interleaved R, G, B. Values below the first entry take the first colour, beyond the last one the last.
 *
 * @throws ImageError when the tables have different lengths or none
 * @see DICOM PS3.3 C.7.6.3.1.5
 */
export function applyPalette(
  values: NumericArray,
  { firstMapped, bits, red, green, blue }: Palette,
): Uint8Array | Uint16Array {
  const last = red.length - 1;
  if (last < 0 || green.length !== red.length || blue.length !== red.length) {
    const lengths = [red, green, blue].map((table) => table.length).join(', ');
    throw new ImageError(
      'unreadable',
      `its palettes have ${lengths} entries for red, green and blue; one number for all was expected`,
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
