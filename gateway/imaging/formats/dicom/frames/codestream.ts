import { ImageError } from '../../../image-error';
import type { NumericArray } from '../../../volume';
import { layoutOf, type PixelFormat } from './frame';
import { keepStoredBits } from './stored-values';

/** What a codestream says of itself. */
export interface CodestreamHeader {
  rows: number;
  columns: number;
  components: number;
  /** Bits per sample. */
  precision: number;
}

/**
 * Compares a codestream's header with the file's, before a decoder takes memory for it.
 *
 * @param most bits per sample that its decoder reads
 * @throws ImageError with both
 */
export function checkCodestream(stream: CodestreamHeader, format: PixelFormat, most = 16): void {
  const { rows, columns, components, precision } = stream;
  const there = `${rows} rows × ${columns} columns × ${components} samples`;
  const wanted = `${format.rows} rows × ${format.columns} columns × ${format.samplesPerPixel} samples`;
  if (there !== wanted)
    throw new ImageError('unreadable', `its compressed pixels are ${there}, its header says ${wanted}`);
  if (precision > most)
    throw new ImageError('unsupported', `its compressed pixels have ${precision} bits; up to ${most} are read`);
  if (precision > format.bitsAllocated)
    throw new ImageError(
      'unreadable',
      `its compressed pixels have ${precision} bits, Bits Allocated is ${format.bitsAllocated}`,
    );
}

/**
 * Stored values of decoded words.
 *
 * Codestreams know no sign (or another one than the header): two's complement in as many bits as they have, or as Bits Stored says when
 * that is less. Words of a lossless codestream may hold overlays above the stored bits, those of a lossy one may overshoot.
 *
 * @param words of the codestream's precision, from bit 0; not changed
 */
export function storedValues(
  words: Uint8Array | Uint16Array,
  precision: number,
  format: PixelFormat,
  lossless: boolean,
): NumericArray {
  const { type } = layoutOf({ ...format, photometricInterpretation: '' });
  const values = new type(words);
  const { bitsAllocated, bitsStored, highBit } = format;
  if (values instanceof Float32Array || values instanceof Float64Array)
    throw new ImageError(
      'unsupported',
      'its pixels are floating point numbers, and compressed; uncompressed ones are read',
    );
  if (!lossless || precision <= bitsStored) keepStoredBits(values, { bitsStored: precision, highBit: precision - 1 });
  else keepStoredBits(values, { bitsStored, highBit: precision === bitsAllocated ? highBit : bitsStored - 1 });
  return values;
}
