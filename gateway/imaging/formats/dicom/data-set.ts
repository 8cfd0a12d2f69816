/** Value representations that this server writes. */
export type Vr =
  | 'AS' | 'AT' | 'CS' | 'DA' | 'DS' | 'FD' | 'IS' | 'LO' | 'LT' | 'OB' | 'OW' | 'PN' | 'SH' | 'SQ' | 'ST' | 'TM' | 'UI' | 'UL' | 'US'; // prettier-ignore

/** A data element to be written: tag as one number, value representation, values. Texts are written as they are, in UTF-8; no value is an empty element. */
export type Element = readonly [tag: number, vr: Vr, ...values: readonly (string | number | DataSet | Buffer)[]];

/** Elements in any order, each tag once. */
export type DataSet = readonly Element[];

/** Value representations with a length of four bytes (PS3.5 7.1.2). */
const LONG: ReadonlySet<Vr> = new Set(['OB', 'OW', 'SQ']);
/** Specific Character Set. */
export const UTF8: Element = [0x00080005, 'CS', 'ISO_IR 192'];
const LONGEST_SHORT = 0xfffe;

const ITEM = 0xfffee000;
const SEQUENCE_END = 0xfffee0dd;
const UNDEFINED = 0xffffffff;

/**
 * A data set as explicit VR little endian: sorted by tag, every value of even length, sequences with their lengths.
 *
 * @throws Error for a value that is too long for its representation
 * @see DICOM PS3.5 section 7
 */
export function encodeDataSet(elements: DataSet): Buffer {
  return Buffer.concat([...elements].sort(([a], [b]) => a - b).map(encodeElement));
}

/**
 * An item of a sequence with its length. One with letters beyond ASCII names its character set, as it may (PS3.5 7.5): dcmjs 0.52.2, which OHIF reads
 * with, does not hand that of the object down to items.
 */
export function encodeItem(elements: DataSet): Buffer {
  const value = encodeDataSet(elements.some(isBeyondAscii) ? [UTF8, ...elements] : elements);
  return Buffer.concat([delimiter(ITEM, value.length), value]);
}

/** The head of a sequence whose items follow one by one, up to {@link sequenceEnd}: for lists that are not held in memory. */
export function sequenceHead(tag: number): Buffer {
  return elementHead(tag, 'SQ', UNDEFINED);
}

export function sequenceEnd(): Buffer {
  return delimiter(SEQUENCE_END, 0);
}

/** The head of an element whose value of `length` bytes, an even number, follows. */
export function elementHead(tag: number, vr: Vr, length: number): Buffer {
  const long = LONG.has(vr);
  const head = Buffer.alloc(long ? 12 : 8);
  writeTag(head, tag);
  head.write(vr, 4, 'latin1');
  if (long) head.writeUInt32LE(length, 8);
  else head.writeUInt16LE(length, 6);
  return head;
}

function encodeElement([tag, vr, ...values]: Element): Buffer {
  const value = encodeValue(vr, values);
  if (!LONG.has(vr) && value.length > LONGEST_SHORT)
    throw new Error(`element ${tag.toString(16).padStart(8, '0')} has ${value.length} bytes, too many for ${vr}`);
  return Buffer.concat([elementHead(tag, vr, value.length), value]);
}

function encodeValue(vr: Vr, values: readonly (string | number | DataSet | Buffer)[]): Buffer {
  switch (vr) {
    case 'SQ':
      return Buffer.concat((values as DataSet[]).map(encodeItem));
    case 'OB':
    case 'OW':
      return even(Buffer.concat(values as Buffer[]), 0);
    case 'US':
      return Buffer.from(Uint16Array.from(values as number[]).buffer);
    case 'UL':
      return Buffer.from(Uint32Array.from(values as number[]).buffer);
    case 'FD':
      return Buffer.from(Float64Array.from(values as number[]).buffer);
    case 'AT':
      return Buffer.concat((values as number[]).map((tag) => writeTag(Buffer.alloc(4), tag)));
    default:
      return even(Buffer.from(values.join('\\')), vr === 'UI' ? 0 : 0x20);
  }
}

const isBeyondAscii = ([, , ...values]: Element) =>
  values.some((value) => typeof value === 'string' && /[^\0-\x7f]/.test(value));

const even = (value: Buffer, padding: number) =>
  value.length % 2 === 0 ? value : Buffer.concat([value, Buffer.of(padding)]);

function delimiter(tag: number, length: number): Buffer {
  const bytes = writeTag(Buffer.alloc(8), tag);
  bytes.writeUInt32LE(length, 4);
  return bytes;
}

function writeTag(bytes: Buffer, tag: number): Buffer {
  bytes.writeUInt16LE(tag >>> 16, 0);
  bytes.writeUInt16LE(tag & 0xffff, 2);
  return bytes;
}
