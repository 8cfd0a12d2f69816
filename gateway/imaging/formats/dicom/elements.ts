/** A data element of a DICOM file: where its value lies in the buffer. */
export interface DicomElement {
  /** Group and element as one number, for example 0x00280010. */
  tag: number;
  at: number;
  length: number;
}

const PREAMBLE = 132;
const ITEM = 0xfffee000;
const ITEM_END = 0xfffee00d;
const SEQUENCE_END = 0xfffee0dd;
const UNDEFINED = 0xffffffff;
const TRANSFER_SYNTAX = 0x00020010;

const IMPLICIT = '1.2.840.10008.1.2';
const refused = new Map([
  ['1.2.840.10008.1.2.1.99', 'deflated'],
  ['1.2.840.10008.1.2.2', 'big endian'],
]);
/** Value representations with a length of four bytes (PS3.5 §7.1.2). */
const LONG = new Set(['OB', 'OD', 'OF', 'OL', 'OV', 'OW', 'SQ', 'SV', 'UC', 'UN', 'UR', 'UT', 'UV']);

/** The buffer ends before the last wanted element: read more of the file. */
export class NeedsMore extends Error {}

/** The file is not DICOM as PS3.10 says, or of an encoding that is not read here. */
export class NotDicom extends Error {}

/**
 * The top-level elements of a DICOM file up to and including group `lastGroup`; sequences are stepped over.
 *
 * @throws NeedsMore when `bytes` ends earlier and the file does not
 * @see DICOM PS3.5 §7, PS3.10 §7
 */
export function readElements(bytes: Buffer, whole: boolean, lastGroup = 0x0028): Map<number, DicomElement> {
  if (bytes.toString('latin1', PREAMBLE - 4, PREAMBLE) !== 'DICM') throw new NotDicom('there is no "DICM" at byte 128');
  const elements = new Map<number, DicomElement>();
  const meta = new Cursor(bytes, PREAMBLE, true);
  while (meta.left > 8 && meta.peekGroup() === 0x0002) keep(elements, meta.next());

  const syntax = textOf(bytes, elements.get(TRANSFER_SYNTAX));
  const retired = refused.get(syntax);
  if (retired) throw new NotDicom(`its data set is ${retired} (transfer syntax ${syntax})`);
  const body = new Cursor(bytes, meta.at, syntax !== IMPLICIT);
  while (body.left >= 8) {
    if (body.peekGroup() > lastGroup) return elements;
    keep(elements, body.next());
  }
  if (!whole) throw new NeedsMore();
  return elements;
}

/** A text value without its padding; empty when the element is absent. */
export function textOf(bytes: Buffer, element: DicomElement | undefined): string {
  return element
    ? bytes
        .toString('latin1', element.at, element.at + element.length)
        .replace(/[\0 ]+$/, '')
        .trim()
    : '';
}

/** Functional groups, shared and per frame, and the sequences in them that place a frame (PS3.3 C.7.6.16). */
const PLACING = new Set([0x52009229, 0x52009230, 0x00209113, 0x00209116, 0x00289110]);

/**
 * The elements of these sequences, whatever item they stand in, in the order of the file: that of the frames.
 * @param elements of the same bytes, up to group 0x5200
 */
export function placingElements(bytes: Buffer, elements: ReadonlyMap<number, DicomElement>): DicomElement[] {
  const explicit = textOf(bytes, elements.get(TRANSFER_SYNTAX)) !== IMPLICIT;
  const found: DicomElement[] = [];
  const walk = ({ at, length }: DicomElement): void => {
    const cursor = new Cursor(bytes.subarray(0, at + length), at, explicit);
    while (cursor.left >= 8) {
      if (cursor.skipItemHeader()) continue;
      const element = cursor.next();
      if (PLACING.has(element.tag)) walk(element);
      else found.push(element);
    }
  };
  for (const element of elements.values()) if (PLACING.has(element.tag)) walk(element);
  return found;
}

function keep(elements: Map<number, DicomElement>, element: DicomElement): void {
  if (!elements.has(element.tag)) elements.set(element.tag, element);
}

class Cursor {
  constructor(
    private readonly bytes: Buffer,
    public at: number,
    private readonly explicit: boolean,
  ) {}

  get left(): number {
    return this.bytes.length - this.at;
  }

  peekGroup(): number {
    return this.u16(this.at);
  }

  /** The element at the cursor, which moves behind its value. */
  next(): DicomElement {
    this.need(8);
    const tag = this.tagHere();
    const length = this.lengthHere(tag);
    const at = this.at;
    if (length === UNDEFINED) this.skipItems(SEQUENCE_END);
    else {
      this.need(length);
      this.at += length;
    }
    return { tag, at, length: this.at - at };
  }

  /** Steps into an item, or over the end of one or of a sequence. @returns false when something else is at the cursor */
  skipItemHeader(): boolean {
    const here = ![ITEM, ITEM_END, SEQUENCE_END].includes(this.tagHere());
    if (!here) this.at += 8;
    return !here;
  }

  /** Steps over the items of a sequence, or the elements of an item, up to the delimiter `end`. */
  private skipItems(end: number): void {
    for (;;) {
      this.need(8);
      const tag = this.tagHere();
      if (tag === end) {
        this.at += 8;
        return;
      }
      if (tag !== ITEM) {
        this.next();
        continue;
      }
      const length = this.u32(this.at + 4);
      this.at += 8;
      if (length === UNDEFINED) this.skipItems(ITEM_END);
      else this.at += length;
    }
  }

  /** Reads the length and moves the cursor to the value. */
  private lengthHere(tag: number): number {
    if (!this.explicit || tag >>> 16 === 0xfffe) {
      this.at += 8;
      return this.u32(this.at - 4);
    }
    const vr = this.bytes.toString('latin1', this.at + 4, this.at + 6);
    if (!/^[A-Z]{2}$/.test(vr)) throw new NotDicom(`an element at byte ${this.at} has no value representation`);
    if (!LONG.has(vr)) {
      this.at += 8;
      return this.u16(this.at - 2);
    }
    this.need(12);
    this.at += 12;
    return this.u32(this.at - 4);
  }

  private tagHere(): number {
    return this.u16(this.at) * 0x10000 + this.u16(this.at + 2);
  }

  private need(length: number): void {
    if (this.left < length) throw new NeedsMore();
  }

  private u16(at: number): number {
    return this.bytes.readUInt16LE(at);
  }

  private u32(at: number): number {
    return this.bytes.readUInt32LE(at);
  }
}
