import { ImageError } from '../../../image-error';
import type { DataSet } from '../file/data-set';

/** A table for stored values. */
export interface LookupTable {
  /** Stored value of the first entry. */
  first: number;
  bits: number;
  entries: Uint16Array;
}

const WHOLE = 65536;

/**
 * A lookup table as its descriptor says: number of entries (0 is 65536), first value mapped, which has the sign of the pixels, bits per entry.
 * Entries of 8 bits may lie two in a word.
 *
 * @throws ImageError when there are fewer entries than the descriptor says
 * @see DICOM PS3.3 C.11.1.1
 */
export function lookupTable(
  set: DataSet,
  { descriptor, data }: { descriptor: number; data: number },
  signedPixels: boolean,
): LookupTable {
  const [count, first, bits] = set.u16s(descriptor);
  const value = set.get(data);
  if (bits === undefined || !value) throw new ImageError('unreadable', 'its lookup table has no descriptor or no data');
  const entries = count || WHOLE;
  const signed = signedPixels || set.get(descriptor)!.vr === 'SS';
  const words = set.u16s(data);
  const packed = value.bytes.length < 2 * entries && bits <= 8;
  const values = packed ? [...(value.encoding.bigEndian ? Buffer.from(value.bytes).swap16() : value.bytes)] : words;
  if (values.length < entries)
    throw new ImageError('unreadable', `its lookup table has ${values.length} of ${entries} entries`);
  return { first: signed ? (first << 16) >> 16 : first, bits, entries: Uint16Array.from(values.slice(0, entries)) };
}
