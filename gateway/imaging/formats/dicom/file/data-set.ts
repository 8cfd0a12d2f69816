import { decodeText } from '../character-sets';
import { tags } from './tags';
import { encodingOfItems, endOfItems, headAt, NeedsMore, noItem, NotDicom, tagName, type Encoding } from './encoding';
import { ITEM, ITEM_END, SEQUENCE_END, UNDEFINED } from './encoding';

interface DicomValue {
  vr: string;
  bytes: Buffer;
  encoding: Encoding;
}

const unpadded = (text: string) => text.replace(/[\0 ]+$/, '').trim();

/** The elements of a data set that were wanted; sequences are read when they are asked for. Lists are empty where an element is absent. */
export class DataSet extends Map<number, DicomValue> {
  /** The first of two elements with one tag counts. */
  add(tag: number, value: DicomValue): void {
    if (!this.has(tag)) this.set(tag, value);
  }

  /** A text value without its padding; empty when the element is absent. */
  text(tag: number): string {
    return unpadded(this.get(tag)?.bytes.toString('latin1') ?? '');
  }

  words(tag: number): string {
    const value = this.get(tag);
    return value ? unpadded(decodeText(value.bytes, this.text(tags.characterSet))) : '';
  }

  /** The numbers of a decimal or integer string; undefined when the element is absent or empty. @throws NotDicom for anything else */
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

  u16s(tag: number): number[] {
    return this.list(tag, 2, (bytes, at, big) => (big ? bytes.readUInt16BE(at) : bytes.readUInt16LE(at)));
  }

  u16(tag: number): number | undefined {
    return this.u16s(tag)[0];
  }

  u32(tag: number): number | undefined {
    return this.list(tag, 4, (bytes, at, big) => (big ? bytes.readUInt32BE(at) : bytes.readUInt32LE(at)))[0];
  }

  f64s(tag: number): number[] {
    return this.list(tag, 8, (bytes, at, big) => (big ? bytes.readDoubleBE(at) : bytes.readDoubleLE(at)));
  }

  /** Unsigned 64-bit numbers, as Extended Offset Tables have them. @throws NotDicom beyond 2^53 */
  u64s(tag: number): number[] {
    return this.list(tag, 8, (bytes, at) => {
      const number = Number(bytes.readBigUInt64LE(at));
      if (!Number.isSafeInteger(number)) throw new NotDicom(`the element ${tagName(tag)} holds ${number}`);
      return number;
    });
  }

  private list(tag: number, size: number, read: (bytes: Buffer, at: number, bigEndian: boolean) => number): number[] {
    const value = this.get(tag);
    if (!value) return [];
    const { bytes, encoding } = value;
    const length = Math.floor(bytes.length / size);
    return Array.from({ length }, (_, i) => read(bytes, size * i, encoding.bigEndian));
  }

  /** The items of a sequence with all their elements. @throws NotDicom */
  items(tag: number): DataSet[] {
    const value = this.get(tag);
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
    if (tag !== ITEM) throw noItem(tag);
    const item = new DataSet();
    at = readItem(bytes, at, length, inner, item);
    items.push(item);
  }
  return items;
}

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
