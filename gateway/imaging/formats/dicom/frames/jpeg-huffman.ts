import { damaged } from './codestream';
import type { JpegStructure, Segment } from './jpeg-markers';
import { say } from '../../../../sentence';

const [DHT, SOS, DRI] = [0xc4, 0xda, 0xdd];

const FAST_BITS = 9;

/** A Huffman table of JPEG. @see ITU-T T.81 annexes C and F.2.2.3 */
export class HuffmanTable {
  /** By the next bits: length of the code << 8 | value; 0 when it is longer. */
  readonly fast = new Uint16Array(1 << FAST_BITS);
  /** By length: the largest code of it, -1 when there is none; and what to add to a code for its place among the values. */
  private readonly largest = new Int32Array(17).fill(-1);
  private readonly toPlace = new Int32Array(17);

  constructor(
    counts: Uint8Array,
    private readonly values: Uint8Array,
  ) {
    for (let length = 1, code = 0, place = 0; length <= 16; length++, code <<= 1) {
      const count = counts[length - 1];
      if (code + count > 1 << length) throw damaged(say`its Huffman table has more codes than there can be`);
      this.toPlace[length] = place - code;
      for (let i = 0; i < count; i++, code++, place++) {
        if (length > FAST_BITS) continue;
        const first = code << (FAST_BITS - length);
        this.fast.fill((length << 8) | values[place], first, first + (1 << (FAST_BITS - length)));
      }
      if (count > 0) this.largest[length] = code - 1;
    }
  }

  /** The value of the code that these 16 bits begin with, and its length << 8. */
  find(bits: number): number {
    const quick = this.fast[bits >> (16 - FAST_BITS)];
    if (quick !== 0) return quick;
    for (let length = FAST_BITS + 1; length <= 16; length++) {
      const code = bits >> (16 - length);
      if (code <= this.largest[length]) return (length << 8) | this.values[code + this.toPlace[length]];
    }
    throw damaged(say`there is a code that its Huffman table has not`);
  }
}

function readHuffmanTables(bytes: Uint8Array, { at, end }: Segment, tables: Map<number, HuffmanTable>): void {
  while (at < end) {
    const counts = bytes.subarray(at + 1, at + 17);
    const size = counts.reduce((sum, count) => sum + count, 0);
    if (at + 17 + size > end) throw damaged(say`its Huffman table is cut off`);
    tables.set(bytes[at], new HuffmanTable(counts, bytes.subarray(at + 17, at + 17 + size)));
    at += 17 + size;
  }
}

/** Bits of entropy-coded data, up to the next marker. */
export class JpegBits {
  private hold = 0;
  private count = 0;
  /** Of `count`, zeros that are not in the data. */
  private padding = 0;

  constructor(
    private readonly bytes: Uint8Array,
    private at: number,
  ) {}

  /** The next value of a Huffman code. @throws ImageError when the data ends before */
  code(table: HuffmanTable): number {
    if (this.count < 16) this.fill();
    const found = table.find((this.hold >>> (this.count - 16)) & 0xffff);
    this.take(found >> 8);
    return found & 0xff;
  }

  /** A difference in `size` bits, 1 to 15 (T.81 F.2.2.1, EXTEND). */
  difference(size: number): number {
    if (this.count < 16) this.fill();
    const bits = (this.hold >>> (this.count - size)) & ((1 << size) - 1);
    this.take(size);
    return bits < 1 << (size - 1) ? bits - (1 << size) + 1 : bits;
  }

  /** Steps over restart marker `number` (0 to 7), before which no whole byte may be left. */
  restart(number: number): void {
    if (this.count - this.padding >= 8 || this.bytes[this.at] !== 0xff || this.bytes[this.at + 1] !== 0xd0 + number)
      throw damaged(say`restart marker ${number} is not where it should be`);
    this.at += 2;
    this.hold = this.count = this.padding = 0;
  }

  private take(bits: number): void {
    this.count -= bits;
    if (this.count < this.padding) throw damaged(say`its entropy-coded data ends early, at byte ${this.at}`);
  }

  private fill(): void {
    while (this.count <= 24) {
      const byte = this.bytes[this.at];
      const isMarker = byte === 0xff && this.bytes[this.at + 1] !== 0;
      if (isMarker) this.padding += 8;
      else this.at += byte === 0xff ? 2 : 1;
      this.hold = (this.hold << 8) | (isMarker ? 0 : byte);
      this.count += 8;
    }
  }
}

/** A scan header with what was in force when it came. @see ITU-T T.81 B.2.3 */
export interface Scan {
  /** By place in the scan: index of the component in the frame, and its tables; `ac` only where DCT coefficients are coded. */
  components: { index: number; dc: HuffmanTable; ac: HuffmanTable | undefined }[];
  /** Start of spectral selection; the predictor of lossless JPEG. */
  start: number;
  end: number;
  /** Successive approximation, low bit position; the point transform of lossless JPEG. */
  low: number;
  restartInterval: number;
  dataAt: number;
}

/** The scans of a codestream with Huffman codes. @throws ImageError when a component is in none of them, or a table is missing */
export function scansOf(bytes: Uint8Array, { segments, ids, components }: JpegStructure): Scan[] {
  const tables = new Map<number, HuffmanTable>();
  let restartInterval = 0;
  const scans = segments.flatMap((segment) => {
    if (segment.marker === DHT) readHuffmanTables(bytes, segment, tables);
    if (segment.marker === DRI) restartInterval = (bytes[segment.at] << 8) | bytes[segment.at + 1];
    return segment.marker === SOS ? [scanOf(bytes, segment, ids, tables, restartInterval)] : [];
  });
  const covered = new Set(scans.flatMap((scan) => scan.components.map(({ index }) => index)));
  if (covered.size !== components) throw damaged(say`${covered.size} of ${components} components are there`);
  return scans;
}

function scanOf(bytes: Uint8Array, segment: Segment, ids: number[], tables: Map<number, HuffmanTable>, restartInterval: number): Scan {
  const { at, end: dataAt } = segment;
  const count = bytes[at];
  const components = Array.from({ length: count }, (_, place) => {
    const index = ids.indexOf(bytes[at + 1 + 2 * place]);
    const destinations = bytes[at + 2 + 2 * place];
    const dc = tables.get(destinations >> 4);
    if (index < 0 || !dc) throw damaged(say`a scan names a component or a table that is not there`);
    return { index, dc, ac: tables.get(0x10 | (destinations & 15)) };
  });
  const [start, end, approximation] = bytes.subarray(at + 1 + 2 * count, at + 4 + 2 * count);
  return { components, start, end, low: approximation & 15, restartInterval, dataAt };
} // prettier-ignore
