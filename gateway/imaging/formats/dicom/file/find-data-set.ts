import { headAt, isVr, UNDEFINED, type Encoding } from './encoding';

const PREAMBLE = 128;
/** The data set begins with identifying elements, the file meta information lies in group 0002. */
const FIRST_GROUPS = [0x0002, 0x0008];
const LONGEST_PLAUSIBLE = 1 << 16;

/** Where the first element of a file stands: behind preamble and "DICM", or where files without them begin. */
export function firstElement(bytes: Buffer): number {
  if (bytes.toString('latin1', PREAMBLE, PREAMBLE + 4) === 'DICM') return PREAMBLE + 4;
  return bytes.toString('latin1', 0, 4) === 'DICM' ? 4 : 0;
}

/**
 * How the elements that begin here are encoded, from the first one: some files are not written in the transfer syntax that they name, and some
 * name none. The group number tells the byte order (it is small), two letters that the value representations are named.
 */
export function encodingHere(bytes: Buffer): Encoding {
  if (bytes.length < 8) return { explicit: true, bigEndian: false };
  const bigEndian = bytes.readUInt16BE(0) < bytes.readUInt16LE(0);
  return { explicit: isVr(bytes.toString('latin1', 4, 6)), bigEndian };
}

/** Whether a file without "DICM" begins with elements of DICOM: ascending ones of plausible length. */
export function beginsWithElements(bytes: Buffer): boolean {
  const encoding = encodingHere(bytes);
  let last = 0;
  let at = 0;
  for (let count = 0; count < 4; count++) {
    if (bytes.length - at < 12) return count > 1 && at >= bytes.length;
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

/** Whether the start of a file shows DICOM, with or without preamble and file meta information. */
export function looksLikeDicom(bytes: Buffer): boolean {
  return firstElement(bytes) > 0 || beginsWithElements(bytes);
}
