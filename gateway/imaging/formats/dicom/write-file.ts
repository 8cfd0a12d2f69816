import { open } from 'node:fs/promises';
import { elementHead, encodeDataSet, encodeItem, sequenceEnd, sequenceHead, type DataSet } from './data-set';

/** An object with many frames. What grows with their number comes one by one, and is not held in memory. */
export interface MultiFrameObject {
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

const EXPLICIT_LITTLE_ENDIAN = '1.2.840.10008.1.2.1';
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
    [0x00020010, 'UI', EXPLICIT_LITTLE_ENDIAN],
    [0x00020012, 'UI', IMPLEMENTATION],
  ]);
  yield Buffer.alloc(128);
  yield Buffer.from('DICM');
  yield encodeDataSet([[0x00020000, 'UL', meta.length]]);
  yield meta;
  yield encodeDataSet([[0x00080016, 'UI', sopClass], [0x00080018, 'UI', instance], ...elements]);
  yield sequenceHead(0x52009230);
  for (const item of perFrame) yield encodeItem(item);
  yield sequenceEnd();
  const odd = pixelBytes % 2;
  yield elementHead(0x7fe00010, pixelVr, pixelBytes + odd);
  yield* pixels;
  if (odd) yield Buffer.of(0);
} // prettier-ignore
