import { decodeText } from '../character-sets';
import { tags } from './tags';
import { encodingOfItems, endOfItems } from './skip-value';
import { headAt, ITEM, ITEM_END, NeedsMore, NotDicom, SEQUENCE_END, tagName, UNDEFINED } from './encoding';
import type { Encoding } from './encoding';

/** The value of an element. */
export interface DicomValue {
  vr: string;
  bytes: Buffer;
  encoding: Encoding;
}

/** The elements of a data set that were wanted; sequences are read when they are asked for. */
export class DataSet {
  private readonly values = new Map<number, DicomValue>();

  /** The first of two elements with one tag counts. */
  add(tag: number, value: DicomValue): void {
    if (!this.values.has(tag)) this.values.set(tag, value);
  }

  has(tag: number): boolean {
    return this.values.has(tag);
  }

  get(tag: number): DicomValue | undefined {
    return this.values.get(tag);
  }

  /** A text value without its padding; empty when the element is absent. */
  text(tag: number): string {
    const value = this.values.get(tag);
    if (!value) return '';
    return value.bytes.toString('latin1').replace(/[\0 ]+$/, '').trim(); // prettier-ignore
  }

  /** A text value in the characters that the data set names. */
  words(tag: number): string {
    const value = this.values.get(tag);
    if (!value) return '';
    return decodeText(value.bytes, this.text(tags.characterSet)).replace(/[\0 ]+$/, '').trim(); // prettier-ignore
  }

  /** The numbers of a decimal or integer string; undefined when the element is absent or empty. @throws NotDicom when one is no number */
  numbers(tag: number): number[] | undefined {
    const text = this.text(tag);
    if (text === '') return undefined;
    const values = text.split('\\').map((part) => (part.trim() === '' ? NaN : Number(part)));
    if (values.every(Number.isFinite)) return values;
    throw new NotDicom(`the element ${tagName(tag)} should hold numbers and holds "${text.slice(0, 80)}"`);
  }

  /** `count` numbers. @throws NotDicom when there are more or fewer */
  vector(tag: number, count: number): number[] | undefined {
    const values = this.numbers(tag);
    if (values && values.length !== count)
      throw new NotDicom(`the element ${tagName(tag)} should hold ${count} numbers and holds ${values.length}`);
    return values;
  }

  /** Unsigned 16-bit numbers; empty when the element is absent. */
  u16s(tag: number): number[] {
    const value = this.values.get(tag);
    if (!value) return [];
    const { bytes, encoding } = value;
    return Array.from({ length: bytes.length >> 1 }, (_, i) =>
      encoding.bigEndian ? bytes.readUInt16BE(2 * i) : bytes.readUInt16LE(2 * i),
    );
  }

  u16(tag: number): number | undefined {
    return this.u16s(tag)[0];
  }

  u32(tag: number): number | undefined {
    const value = this.values.get(tag);
    if (!value || value.bytes.length < 4) return undefined;
    return value.encoding.bigEndian ? value.bytes.readUInt32BE(0) : value.bytes.readUInt32LE(0);
  }

  /** Double precision numbers; empty when the element is absent. */
  f64s(tag: number): number[] {
    const value = this.values.get(tag);
    if (!value) return [];
    const { bytes, encoding } = value;
    return Array.from({ length: bytes.length >> 3 }, (_, i) =>
      encoding.bigEndian ? bytes.readDoubleBE(8 * i) : bytes.readDoubleLE(8 * i),
    );
  }

  /** Unsigned 64-bit numbers, as Extended Offset Tables have them. @throws NotDicom beyond 2^53 */
  u64s(tag: number): number[] {
    const bytes = this.values.get(tag)?.bytes ?? Buffer.alloc(0);
    return Array.from({ length: bytes.length >> 3 }, (_, i) => {
      const number = Number(bytes.readBigUInt64LE(8 * i));
      if (!Number.isSafeInteger(number)) throw new NotDicom(`the element ${tagName(tag)} holds ${number}`);
      return number;
    });
  }

  /** The items of a sequence with all their elements; none when it is absent. @throws NotDicom */
  items(tag: number): DataSet[] {
    const value = this.values.get(tag);
    if (!value) return [];
    try {
      return itemsIn(value);
    } catch (error) {
      if (error instanceof NeedsMore) throw new NotDicom(`the sequence ${tagName(tag)} is damaged`);
      throw error;
    }
  }
}

function itemsIn({ vr, bytes, encoding }: DicomValue): DataSet[] {
  const inner = encodingOfItems(vr, encoding);
  const items: DataSet[] = [];
  for (let at = 0; bytes.length - at >= 8;) {
    const { tag, length, size } = headAt(bytes, at, inner);
    at += size;
    if (tag === SEQUENCE_END) break;
    if (tag !== ITEM) throw new NotDicom(`${tagName(tag)} stands where an item of a sequence was expected`);
    const item = new DataSet();
    at = readItem(bytes, at, length, inner, item);
    items.push(item);
  }
  return items;
}

/** Reads the elements of an item. @returns where it ends */
function readItem(bytes: Buffer, start: number, length: number, encoding: Encoding, item: DataSet): number {
  const end = length === UNDEFINED ? bytes.length : start + length;
  if (end > bytes.length) throw new NotDicom('an item of a sequence is longer than the sequence');
  let at = start;
  while (end - at >= 8) {
    const head = headAt(bytes, at, encoding);
    at += head.size;
    if (head.tag === ITEM_END) return at;
    const from = at;
    at = head.length === UNDEFINED ? endOfItems(bytes, at, encodingOfItems(head.vr, encoding)) : at + head.length;
    if (at > end) throw new NotDicom(`the element ${tagName(head.tag)} is longer than the item that holds it`);
    item.add(head.tag, { vr: head.vr, bytes: bytes.subarray(from, at), encoding });
  }
  return at;
}
