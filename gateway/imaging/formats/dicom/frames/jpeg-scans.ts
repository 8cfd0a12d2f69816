import { readHuffmanTables, type HuffmanTable } from './jpeg-huffman';
import { damaged, type JpegStructure, type Segment } from './jpeg-markers';

const [DHT, SOS, DRI] = [0xc4, 0xda, 0xdd];

/** A scan header with what was in force when it came. @see ITU-T T.81 B.2.3 */
export interface Scan {
  /** By place in the scan: index of the component in the frame, and its tables; `ac` only where DCT coefficients are coded. */
  components: { index: number; dc: HuffmanTable; ac: HuffmanTable | undefined }[];
  /** Start of spectral selection; the predictor of lossless JPEG. */
  start: number;
  /** End of spectral selection. */
  end: number;
  /** Successive approximation, low bit position; the point transform of lossless JPEG. */
  low: number;
  /** MCUs between restart markers; 0 for none. */
  restartInterval: number;
  /** Where its entropy-coded data begins. */
  dataAt: number;
}

/**
 * The scans of a codestream with Huffman codes.
 * @throws ImageError when a component is in none of them, or a table is missing
 */
export function scansOf(bytes: Uint8Array, { segments, ids, components }: JpegStructure): Scan[] {
  const tables = new Map<number, HuffmanTable>();
  let restartInterval = 0;
  const scans = segments.flatMap((segment) => {
    if (segment.marker === DHT) readHuffmanTables(bytes, segment, tables);
    if (segment.marker === DRI) restartInterval = (bytes[segment.at] << 8) | bytes[segment.at + 1];
    return segment.marker === SOS ? [scanOf(bytes, segment, ids, tables, restartInterval)] : [];
  });
  const covered = new Set(scans.flatMap((scan) => scan.components.map(({ index }) => index)));
  if (covered.size !== components) throw damaged(`${covered.size} of ${components} components are there`);
  return scans;
}

function scanOf(bytes: Uint8Array, segment: Segment, ids: number[], tables: Map<number, HuffmanTable>, restartInterval: number): Scan {
  const { at, end: dataAt } = segment;
  const count = bytes[at];
  const components = Array.from({ length: count }, (_, place) => {
    const index = ids.indexOf(bytes[at + 1 + 2 * place]);
    const destinations = bytes[at + 2 + 2 * place];
    const dc = tables.get(destinations >> 4);
    if (index < 0 || !dc) throw damaged('a scan names a component or a table that is not there');
    return { index, dc, ac: tables.get(0x10 | (destinations & 15)) };
  });
  const [start, end, approximation] = bytes.subarray(at + 1 + 2 * count, at + 4 + 2 * count);
  return { components, start, end, low: approximation & 15, restartInterval, dataAt };
} // prettier-ignore
