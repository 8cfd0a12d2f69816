export interface Encoding {
  /** Elements name their value representation. */
  explicit: boolean;
  bigEndian: boolean;
}

interface ElementHead {
  /** Group and element as one number, for example 0x00280010. */
  tag: number;
  vr: string;
  length: number;
  /** Bytes of the head itself: 8 or 12. */
  size: number;
}

export const ITEM = 0xfffee000;
export const ITEM_END = 0xfffee00d;
export const SEQUENCE_END = 0xfffee0dd;
export const UNDEFINED = 0xffffffff;
export const LONGEST_HEAD = 12;
/** Sequences in sequences: real objects have five or six. */
const DEEPEST = 40;

/** Value representations with a length of four bytes, and the others (PS3.5 7.1.2). */
export const LONG_VRS = new Set(['OB', 'OD', 'OF', 'OL', 'OV', 'OW', 'SQ', 'SV', 'UC', 'UN', 'UR', 'UT', 'UV']);
const SHORT_VRS = new Set(['AE', 'AS', 'AT', 'CS', 'DA', 'DS', 'DT', 'FD', 'FL', 'IS', 'LO', 'LT', 'PN', 'SH', 'SL', 'SS', 'ST', 'TM', 'UI', 'UL', 'US']); // prettier-ignore

const isVr = (text: string) => LONG_VRS.has(text) || SHORT_VRS.has(text);

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

/** The head of the element at `at` (PS3.5 7.1). @throws NeedsMore, NotDicom */
export function headAt(bytes: Buffer, at: number, { explicit, bigEndian }: Encoding): ElementHead {
  if (bytes.length - at < 8) throw new NeedsMore(at + 8);
  const u16 = (from: number) => (bigEndian ? bytes.readUInt16BE(from) : bytes.readUInt16LE(from));
  const u32 = (from: number) => (bigEndian ? bytes.readUInt32BE(from) : bytes.readUInt32LE(from));
  const tag = u16(at) * 0x10000 + u16(at + 2);
  if (!explicit || tag >>> 16 === 0xfffe) return { tag, vr: '', length: u32(at + 4), size: 8 };
  const vr = bytes.toString('latin1', at + 4, at + 6);
  if (!isVr(vr)) throw new NotDicom(`the element ${tagName(tag)} has no value representation`);
  if (!LONG_VRS.has(vr)) return { tag, vr, length: u16(at + 6), size: 8 };
  if (bytes.length - at < LONGEST_HEAD) throw new NeedsMore(at + LONGEST_HEAD);
  return { tag, vr, length: u32(at + 8), size: LONGEST_HEAD };
}

/** A tag as people write it: (0028,0010). */
export function tagName(tag: number): string {
  const hex = tag.toString(16).padStart(8, '0').toUpperCase();
  return `(${hex.slice(0, 4)},${hex.slice(4)})`;
}

export const noItem = (tag: number) => new NotDicom(`${tagName(tag)} stands where an item of a sequence was expected`);

/** Where the items of a sequence of undefined length end, after their delimiter. @throws NeedsMore, NotDicom */
export function endOfItems(bytes: Buffer, start: number, encoding: Encoding, depth = 0): number {
  if (depth > DEEPEST) throw new NotDicom(`its sequences lie in each other more than ${DEEPEST} deep`);
  for (let at = start; ;) {
    const { tag, length, size } = headAt(bytes, at, encoding);
    at += size;
    if (tag === SEQUENCE_END) return at;
    if (tag !== ITEM) throw noItem(tag);
    at = length === UNDEFINED ? endOfItem(bytes, at, encoding, depth) : at + length;
  }
}

function endOfItem(bytes: Buffer, start: number, encoding: Encoding, depth: number): number {
  for (let at = start; ;) {
    const { tag, vr, length, size } = headAt(bytes, at, encoding);
    at += size;
    if (tag === ITEM_END) return at;
    at = length === UNDEFINED ? endOfItems(bytes, at, encodingOfItems(vr, encoding), depth + 1) : at + length;
    if (at > bytes.length) throw new NeedsMore(at);
  }
}

/** Items of a value whose representation is unknown are implicit VR little endian (PS3.5 6.2.2). */
export function encodingOfItems(vr: string, encoding: Encoding): Encoding {
  return vr === 'UN' ? { explicit: false, bigEndian: false } : encoding;
}

const PREAMBLE = 128;
/** The data set begins with identifying elements, the file meta information lies in group 0002. */
const FIRST_GROUPS = [0x0002, 0x0008];
const LONGEST_PLAUSIBLE = 1 << 16;

export function firstElement(bytes: Buffer): number {
  if (bytes.toString('latin1', PREAMBLE, PREAMBLE + 4) === 'DICM') return PREAMBLE + 4;
  return bytes.toString('latin1', 0, 4) === 'DICM' ? 4 : 0;
}

/** How the elements here are encoded, since files misname it: the small group number tells the byte order, two letters explicit representations. */
export function encodingHere(bytes: Buffer): Encoding {
  if (bytes.length < 8) return { explicit: true, bigEndian: false };
  const bigEndian = bytes.readUInt16BE(0) < bytes.readUInt16LE(0);
  return { explicit: isVr(bytes.toString('latin1', 4, 6)), bigEndian };
}

/** Whether the start of a file shows DICOM, with or without preamble and file meta information. */
export function looksLikeDicom(bytes: Buffer): boolean {
  return firstElement(bytes) > 0 || beginsWithElements(bytes);
}

/** Whether a file without "DICM" begins with elements of DICOM: ascending ones of plausible length. */
function beginsWithElements(bytes: Buffer): boolean {
  const encoding = encodingHere(bytes);
  let last = 0;
  let at = 0;
  for (let count = 0; count < 4; count++) {
    if (bytes.length - at < LONGEST_HEAD) return count > 1 && at >= bytes.length;
    let head;
    try {
      head = headAt(bytes, at, encoding);
    } catch {
      return false;
    }
    const { tag, length, size } = head;
    if (count === 0 && !FIRST_GROUPS.includes(tag >>> 16)) return false;
    if (tag <= last || tag >>> 16 > 0x7fe0 || (length > LONGEST_PLAUSIBLE && length !== UNDEFINED)) return false;
    if (length === UNDEFINED) return count > 1;
    last = tag;
    at += size + length;
  }
  return true;
}
