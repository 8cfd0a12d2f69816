import type { PixelFormat } from './frame';

type IntegerArray = Int8Array | Uint8Array | Int16Array | Uint16Array | Int32Array | Uint32Array;

/**
 * Makes stored values of raw words, in place: shifts High Bit down to its place, clears the bits above (overlays may lie there), extends the sign.
 *
 * @see DICOM PS3.5 §8.1.1
 */
export function keepStoredBits(words: IntegerArray, format: Pick<PixelFormat, 'bitsStored' | 'highBit'>): void {
  const { bitsStored, highBit } = format;
  const bits = 8 * words.BYTES_PER_ELEMENT;
  if (bitsStored === bits) return;
  // Up until the sign is bit 31, then down: the shift back is arithmetic for signed arrays.
  const up = 31 - highBit;
  const down = 32 - bitsStored;
  if (words instanceof Int8Array || words instanceof Int16Array || words instanceof Int32Array)
    for (let i = 0; i < words.length; i++) words[i] = (words[i] << up) >> down;
  else for (let i = 0; i < words.length; i++) words[i] = (words[i] << up) >>> down;
}
