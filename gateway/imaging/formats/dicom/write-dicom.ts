import { randomUUID } from 'node:crypto';
import { open } from 'node:fs/promises';
import { ITEM, LONG_VRS, SEQUENCE_END, UNDEFINED } from './file/encoding';
import { syntaxes } from './file/open-dicom';

/** Value representations that this server writes. */
export type Vr =
  | 'AS' | 'AT' | 'CS' | 'DA' | 'DS' | 'FD' | 'IS' | 'LO' | 'LT' | 'OB' | 'OW' | 'PN' | 'SH' | 'SQ' | 'ST' | 'TM' | 'UI' | 'UL' | 'US'; // prettier-ignore

/** A data element to be written: tag as one number, value representation, values. Texts are written as they are, in UTF-8; no value is an empty element. */
export type Element = readonly [tag: number, vr: Vr, ...values: readonly (string | number | DataSet | Buffer)[]];

/** Elements in any order, each tag once. */
export type DataSet = readonly Element[];

/** Specific Character Set. */
export const UTF8: Element = [0x00080005, 'CS', 'ISO_IR 192'];
const LONGEST_SHORT = 0xfffe;

/** A data set as explicit VR little endian (PS3.5 section 7), sorted by tag. @throws Error for a value that is too long for its representation */
export function encodeDataSet(elements: DataSet): Buffer {
  return Buffer.concat([...elements].sort(([a], [b]) => a - b).map(encodeElement));
}

/** An item; letters beyond ASCII name their character set (PS3.5 7.5), since dcmjs 0.52.2, which OHIF reads with, hands none down to items. */
function encodeItem(elements: DataSet): Buffer {
  const value = encodeDataSet(elements.some(isBeyondAscii) ? [UTF8, ...elements] : elements);
  return Buffer.concat([delimiter(ITEM, value.length), value]);
}

/** The head of an element whose value of `length` bytes, an even number, follows. */
function elementHead(tag: number, vr: Vr, length: number): Buffer {
  const isLong = LONG_VRS.has(vr);
  const head = writeTag(Buffer.alloc(isLong ? 12 : 8), tag);
  head.write(vr, 4, 'latin1');
  if (isLong) head.writeUInt32LE(length, 8);
  else head.writeUInt16LE(length, 6);
  return head;
}

function encodeElement([tag, vr, ...values]: Element): Buffer {
  const value = encodeValue(vr, values);
  if (!LONG_VRS.has(vr) && value.length > LONGEST_SHORT)
    throw new Error(`element ${tag.toString(16).padStart(8, '0')} has ${value.length} bytes, too many for ${vr}`);
  return Buffer.concat([elementHead(tag, vr, value.length), value]);
}

const NUMBERS = { US: Uint16Array, UL: Uint32Array, FD: Float64Array } as const;

function encodeValue(vr: Vr, values: readonly (string | number | DataSet | Buffer)[]): Buffer {
  if (vr === 'SQ') return Buffer.concat((values as DataSet[]).map(encodeItem));
  if (vr === 'OB' || vr === 'OW') return even(Buffer.concat(values as Buffer[]), 0);
  if (vr === 'AT') return Buffer.concat((values as number[]).map((tag) => writeTag(Buffer.alloc(4), tag)));
  if (vr === 'US' || vr === 'UL' || vr === 'FD') return Buffer.from(NUMBERS[vr].from(values as number[]).buffer);
  return even(Buffer.from(values.join('\\')), vr === 'UI' ? 0 : 0x20);
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

/** An object with many frames. What grows with their number comes one by one, and is not held in memory. */
interface MultiFrameObject {
  sopClass: string;
  instance: string;
  /** All elements but SOP class and instance, Per-Frame Functional Groups and Pixel Data; none of them comes after these. */
  elements: DataSet;
  /** Items of the Per-Frame Functional Groups Sequence. */
  perFrame: Iterable<DataSet>;
  pixelVr: 'OB' | 'OW';
  /** Length of the Pixel Data, which is made even. */
  pixelBytes: number;
  /** The Pixel Data in pieces; each is valid until the next one is asked for. */
  pixels: Iterable<Uint8Array>;
}

/** A UID that nobody else has: 2.25 and a random UUID as a decimal number. @see DICOM PS3.5 annex B.2 */
export const newUid = (): string => `2.25.${BigInt(`0x${randomUUID().replaceAll('-', '')}`)}`;

/** This program; see the note on UIDs from UUIDs in PS3.5 annex B.2. */
const IMPLEMENTATION = '2.25.101311565221427302802951733985157792059';
const PIECE = 1 << 20;

/** Writes a file of explicit VR little endian. @see DICOM PS3.10 section 7 */
export async function writeDicomFile(path: string, object: MultiFrameObject): Promise<void> {
  const file = await open(path, 'w');
  try {
    const piece = Buffer.allocUnsafe(PIECE);
    let filled = 0;
    for (const bytes of partsOf(object)) {
      for (let from = 0; from < bytes.length;) {
        const count = Math.min(PIECE - filled, bytes.length - from);
        piece.set(bytes.subarray(from, from + count), filled);
        filled += count;
        from += count;
        if (filled < PIECE) continue;
        await file.writeFile(piece);
        filled = 0;
      }
    }
    await file.writeFile(piece.subarray(0, filled));
  } finally {
    await file.close();
  }
}

function* partsOf(object: MultiFrameObject): Generator<Uint8Array> {
  const { sopClass, instance, elements, perFrame, pixelVr, pixelBytes, pixels } = object;
  const meta = encodeDataSet([
    [0x00020001, 'OB', Buffer.of(0, 1)],
    [0x00020002, 'UI', sopClass],
    [0x00020003, 'UI', instance],
    [0x00020010, 'UI', syntaxes.explicit],
    [0x00020012, 'UI', IMPLEMENTATION],
  ]);
  yield Buffer.alloc(128);
  yield Buffer.from('DICM');
  yield encodeDataSet([[0x00020000, 'UL', meta.length]]);
  yield meta;
  yield encodeDataSet([[0x00080016, 'UI', sopClass], [0x00080018, 'UI', instance], ...elements]);
  yield elementHead(0x52009230, 'SQ', UNDEFINED);
  for (const item of perFrame) yield encodeItem(item);
  yield delimiter(SEQUENCE_END, 0);
  const odd = pixelBytes % 2;
  yield elementHead(0x7fe00010, pixelVr, pixelBytes + odd);
  yield* pixels;
  if (odd) yield Buffer.of(0);
}
