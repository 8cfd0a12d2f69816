import { headAt, IMPLICIT, ITEM, ITEM_END, NeedsMore, NotDicom, SEQUENCE_END, tagName, UNDEFINED } from './encoding';
import type { Encoding } from './encoding';

/** Sequences in sequences: real objects have five or six. */
const DEEPEST = 40;

/** Where the items of a sequence of undefined length end, behind their delimiter. @throws NeedsMore, NotDicom */
export function endOfItems(bytes: Buffer, start: number, encoding: Encoding, depth = 0): number {
  if (depth > DEEPEST) throw new NotDicom(`its sequences lie in each other more than ${DEEPEST} deep`);
  for (let at = start; ;) {
    const { tag, length, size } = headAt(bytes, at, encoding);
    at += size;
    if (tag === SEQUENCE_END) return at;
    if (tag !== ITEM) throw new NotDicom(`${tagName(tag)} stands where an item of a sequence was expected`);
    at = length === UNDEFINED ? endOfItem(bytes, at, encoding, depth) : at + length;
  }
}

/** Where an item of undefined length ends, behind its delimiter. @throws NeedsMore, NotDicom */
function endOfItem(bytes: Buffer, start: number, encoding: Encoding, depth: number): number {
  for (let at = start; ;) {
    const head = headAt(bytes, at, encoding);
    at += head.size;
    if (head.tag === ITEM_END) return at;
    at = head.length === UNDEFINED ? endOfItems(bytes, at, encodingOfItems(head.vr, encoding), depth + 1) : at + head.length; // prettier-ignore
    if (at > bytes.length) throw new NeedsMore(at);
  }
}

/** Items of a value whose representation is unknown are implicit VR little endian (PS3.5 §6.2.2). */
export function encodingOfItems(vr: string, encoding: Encoding): Encoding {
  return vr === 'UN' ? IMPLICIT : encoding;
}
