/** How a data set is encoded. */
export interface Encoding {
  /** Elements name their value representation. */
  explicit: boolean;
  bigEndian: boolean;
}

/** What stands before the value of an element. */
export interface ElementHead {
  /** Group and element as one number, for example 0x00280010. */
  tag: number;
  /** Value representation; empty when the encoding does not name it. */
  vr: string;
  /** Bytes of the value, or {@link UNDEFINED}. */
  length: number;
  /** Bytes of the head itself: 8 or 12. */
  size: number;
}

export const ITEM = 0xfffee000;
export const ITEM_END = 0xfffee00d;
export const SEQUENCE_END = 0xfffee0dd;
export const UNDEFINED = 0xffffffff;
/** Bytes of the longest head. */
export const LONGEST_HEAD = 12;

export const IMPLICIT: Encoding = { explicit: false, bigEndian: false };
export const EXPLICIT: Encoding = { explicit: true, bigEndian: false };

/** Value representations with a length of four bytes (PS3.5 §7.1.2). */
const LONG = new Set(['OB', 'OD', 'OF', 'OL', 'OV', 'OW', 'SQ', 'SV', 'UC', 'UN', 'UR', 'UT', 'UV']);
const SHORT = new Set(['AE', 'AS', 'AT', 'CS', 'DA', 'DS', 'DT', 'FD', 'FL', 'IS', 'LO', 'LT', 'PN', 'SH', 'SL', 'SS', 'ST', 'TM', 'UI', 'UL', 'US']); // prettier-ignore

export const isVr = (text: string) => LONG.has(text) || SHORT.has(text);

/** The file is not DICOM as PS3.10 says, or damaged. */
export class NotDicom extends Error {}

/** It does not even begin like DICOM. */
export class NoElements extends NotDicom {}

/** The bytes end before the element does: {@link wanted} of them are needed from its start on. */
export class NeedsMore extends Error {
  constructor(readonly wanted: number) {
    super();
  }
}

/**
 * The head of the element at `at`.
 * @throws NeedsMore, NotDicom
 * @see DICOM PS3.5 §7.1
 */
export function headAt(bytes: Buffer, at: number, { explicit, bigEndian }: Encoding): ElementHead {
  if (bytes.length - at < 8) throw new NeedsMore(at + 8);
  const u16 = (from: number) => (bigEndian ? bytes.readUInt16BE(from) : bytes.readUInt16LE(from));
  const u32 = (from: number) => (bigEndian ? bytes.readUInt32BE(from) : bytes.readUInt32LE(from));
  const tag = u16(at) * 0x10000 + u16(at + 2);
  if (!explicit || tag >>> 16 === 0xfffe) return { tag, vr: '', length: u32(at + 4), size: 8 };
  const vr = bytes.toString('latin1', at + 4, at + 6);
  if (!isVr(vr)) throw new NotDicom(`the element ${tagName(tag)} has no value representation`);
  if (!LONG.has(vr)) return { tag, vr, length: u16(at + 6), size: 8 };
  if (bytes.length - at < 12) throw new NeedsMore(at + 12);
  return { tag, vr, length: u32(at + 8), size: 12 };
}

/** A tag as people write it: (0028,0010). */
export function tagName(tag: number): string {
  const hex = tag.toString(16).padStart(8, '0').toUpperCase();
  return `(${hex.slice(0, 4)},${hex.slice(4)})`;
}
