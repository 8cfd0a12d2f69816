import { unreadable, unsupported, type ImageError } from '../../../image-error';
import type { NumericArray } from '../../../volume';
import { storedArray, type PixelFormat } from './frame';
import { isLossless } from './transfer-syntaxes';
import { say, type Said } from '../../../../sentence';

export interface CodestreamHeader {
  rows: number;
  columns: number;
  components: number;
  precision: number;
}

const MOST_BITS = 16;

export const damaged = (what: Said): ImageError => unreadable(say`its pixel data is damaged: ${what}`);
export const truncated = (what: Said): ImageError => unreadable(say`its pixel data is truncated: ${what}`);

/** Compares a codestream's header with the file's, before a decoder takes memory for it. @throws ImageError with both */
export function checkCodestream(stream: CodestreamHeader, format: PixelFormat): void {
  const { rows, columns, components, precision } = stream;
  const there = `${rows} rows × ${columns} columns × ${components} samples`;
  const wanted = `${format.rows} rows × ${format.columns} columns × ${format.samplesPerPixel} samples`;
  if (there !== wanted) throw unreadable(say`its compressed pixels are ${there}, its header says ${wanted}`);
  const bits = say`its compressed pixels have ${precision} bits`;
  if (precision > MOST_BITS) throw unsupported(say`${bits}; up to ${MOST_BITS} are read`);
  if (precision > format.bitsAllocated) throw unreadable(say`${bits}, Bits Allocated is ${format.bitsAllocated}`);
}

/**
 * Stored values of words that know no sign: two's complement in as many bits as they have, or in Bits Stored when that is less. Lossless words may hold
 * overlays above the stored bits, lossy ones may overshoot.
 */
export function storedValues(words: Uint8Array | Uint16Array, precision: number, format: PixelFormat): NumericArray {
  const values = new (storedArray(format))(words);
  const { bitsAllocated, bitsStored, highBit } = format;
  if (values instanceof Float32Array || values instanceof Float64Array)
    throw unsupported(say`its pixels are floating point numbers, and compressed; uncompressed ones are read`);
  if (!isLossless(format.transferSyntax) || precision <= bitsStored)
    keepStoredBits(values, { bitsStored: precision, highBit: precision - 1 });
  else keepStoredBits(values, { bitsStored, highBit: precision === bitsAllocated ? highBit : bitsStored - 1 });
  return values;
}

/** Makes stored values of raw integers, in place: moves High Bit to its place, clears overlays above, extends the sign. @see DICOM PS3.5 8.1.1 */
export function keepStoredBits(words: NumericArray, format: Pick<PixelFormat, 'bitsStored' | 'highBit'>): void {
  const { bitsStored, highBit } = format;
  const bits = 8 * words.BYTES_PER_ELEMENT;
  if (bitsStored === bits || words instanceof Float32Array || words instanceof Float64Array) return;
  // Up until the sign is bit 31, then down: the shift back is arithmetic for signed arrays.
  const up = 31 - highBit;
  const down = 32 - bitsStored;
  if (words instanceof Int8Array || words instanceof Int16Array || words instanceof Int32Array)
    for (let i = 0; i < words.length; i++) words[i] = (words[i] << up) >> down;
  else for (let i = 0; i < words.length; i++) words[i] = (words[i] << up) >>> down;
}
