import { open } from 'node:fs/promises';
import { unreadable } from '../../../image-error';
import { FileSource, InflatedSource, type ByteSource } from './byte-source';
import { DataSet } from './data-set';
import { encodingHere, encodingOfItems, endOfItems, firstElement, headAt, LONGEST_HEAD } from './encoding';
import { looksLikeDicom, NeedsMore, NoElements, NotDicom, tagName, UNDEFINED, type Encoding } from './encoding';
import { PIXEL_DATA, tags } from './tags';
import { say } from '../../../../sentence';

/** Transfer syntaxes without compression of frames, which are told by how the elements are encoded. */
export const syntaxes = {
  implicit: '1.2.840.10008.1.2',
  explicit: '1.2.840.10008.1.2.1',
  deflated: '1.2.840.10008.1.2.1.99',
  bigEndian: '1.2.840.10008.1.2.2',
} as const;
const native: readonly string[] = Object.values(syntaxes);

/** Where the value of Pixel Data lies; its length may be `UNDEFINED`. */
interface PixelDataPlace {
  tag: number;
  vr: string;
  at: number;
  length: number;
}

export interface OpenDicom {
  path: string;
  /** File meta information; empty when there is none. */
  meta: DataSet;
  dataSet: DataSet;
  /** Transfer syntax of the data set as it is written; empty when its frames are compressed and nothing says how. */
  transferSyntax: string;
  /** Where the value of Pixel Data lies in `source`; undefined for an object without. */
  pixelData?: PixelDataPlace;
  /** The file, or its inflated data set: what places count in. */
  source: ByteSource;
  deflatedFrom?: number;
}

/** Elements that are read whatever their size and group. */
const LARGE = new Set<number>([
  tags.sharedGroups, tags.frameGroups, tags.modalityLut, tags.realWorldValueMapping, tags.detectors, tags.sliceVector, tags.gridFrameOffsets,
  tags.doseGridScaling, tags.doseUnits, tags.extendedOffsets, tags.extendedLengths, tags.imagePlanePixelSpacing, tags.frameReferenceTime,
  ...Object.values(tags.vectors), ...tags.paletteDescriptors, ...tags.palettes, ...tags.segmentedPalettes,
]); // prettier-ignore

/** Opens a DICOM file, with or without meta information, for the time of `use`. @throws ImageError that speaks of "it": the caller knows its name */
export async function openDicom<T>(path: string, use: (file: OpenDicom) => Promise<T>): Promise<T> {
  const file = await open(path, 'r');
  let inflated: InflatedSource | undefined;
  try {
    const onDisk = new FileSource(file, (await file.stat()).size);
    const { meta, at } = await readMeta(onDisk);
    const syntax = meta.text(tags.transferSyntax);
    if (syntax === syntaxes.deflated) inflated = new InflatedSource(path, at);
    const [source, start] = inflated ? [inflated, 0] : [onDisk, at];
    const encoding = encodingHere(await source.read(start, 8));
    const dataSet = new DataSet();
    const pixelData = await readElements(source, start, encoding, dataSet);
    const transferSyntax = writtenSyntax(syntax, encoding, pixelData);
    return await use({ path, meta, dataSet, transferSyntax, pixelData, source, deflatedFrom: inflated && at });
  } catch (error) {
    if (!(error instanceof NotDicom || error instanceof NeedsMore)) throw error;
    const what = error.message || 'its header is damaged';
    throw unreadable(say`it is no DICOM file this server reads: ${what}`, error);
  } finally {
    inflated?.end();
    await file.close();
  }
}

/** The elements themselves tell better than the name whether they are explicit and big endian; frames are compressed as the name says. */
function writtenSyntax(
  named: string,
  { explicit, bigEndian }: Encoding,
  pixelData: PixelDataPlace | undefined,
): string {
  if (named === syntaxes.deflated || (named !== '' && !native.includes(named))) return named;
  if (pixelData?.length === UNDEFINED) return '';
  if (!explicit) return syntaxes.implicit;
  return bigEndian ? syntaxes.bigEndian : syntaxes.explicit;
}

const FIRST_READ = 1024;
const LARGEST_META = 1 << 20;
const META_GROUP = 0x0002;

/** The file meta information (PS3.10 7.1), empty in files without, and where the data set begins after it. @throws NotDicom */
async function readMeta(source: ByteSource): Promise<{ meta: DataSet; at: number }> {
  for (let length = FIRST_READ; ; length *= 8) {
    const bytes = await source.read(0, length);
    try {
      return metaIn(bytes);
    } catch (error) {
      if (!(error instanceof NeedsMore)) throw error;
      if (bytes.length < length || length > LARGEST_META)
        throw new NotDicom('it ends inside its file meta information');
    }
  }
}

function metaIn(bytes: Buffer): { meta: DataSet; at: number } {
  if (!looksLikeDicom(bytes)) throw new NoElements('there is no "DICM" at byte 128');
  let at = firstElement(bytes);
  const meta = new DataSet();
  // Little endian always, and explicit but for a few programs.
  const encoding = { ...encodingHere(bytes.subarray(at)), bigEndian: false };
  for (;;) {
    if (bytes.length - at < 8) throw new NeedsMore(at + 8);
    if (bytes.readUInt16LE(at) !== META_GROUP) return { meta, at };
    const { tag, vr, length, size } = headAt(bytes, at, encoding);
    const valueAt = at + size;
    at = valueAt + length;
    if (at > bytes.length) throw new NeedsMore(at);
    meta.add(tag, { vr, bytes: Buffer.from(bytes.subarray(valueAt, at)), encoding });
  }
}

/** Read at a time: the headers of most images in one. */
const PIECE = 16 << 10;
/** Most bytes of one value: functional groups of 40,000 frames. */
const LARGEST_VALUE = 128 << 20;
const SMALL_VALUE = 16 << 10;
const LAST_GROUP_OF_SMALL = 0x0028;

/** Reads small elements up to group 0028 and {@link LARGE} ones, up to Pixel Data. @returns its place, if any @throws NotDicom, also for an early end */
async function readElements(source: ByteSource, from: number, encoding: Encoding, dataSet: DataSet) {
  let piece: Buffer = Buffer.alloc(0);
  let [pieceAt, at] = [from, from];
  /** The element at `at`, and where the next one begins. */
  const step = (): { stop?: PixelDataPlace; next: number } => {
    const here = at - pieceAt;
    if (here > piece.length) throw new NeedsMore(here + LONGEST_HEAD);
    const { tag, vr, length, size } = headAt(piece, here, encoding);
    const valueAt = here + size;
    if (PIXEL_DATA.has(tag)) return { stop: { tag, vr, at: pieceAt + valueAt, length }, next: at };
    const kept = LARGE.has(tag) || (tag >>> 16 <= LAST_GROUP_OF_SMALL && length <= SMALL_VALUE);
    if (length !== UNDEFINED && !kept) return { next: pieceAt + valueAt + length };
    const end = length === UNDEFINED ? endOfItems(piece, valueAt, encodingOfItems(vr, encoding)) : valueAt + length;
    if (end > piece.length) throw new NeedsMore(end);
    if (kept) dataSet.add(tag, { vr, bytes: Buffer.from(piece.subarray(valueAt, end)), encoding });
    return { next: pieceAt + end };
  };

  for (;;) {
    try {
      const { stop, next } = step();
      if (stop) return stop;
      at = next;
    } catch (error) {
      if (!(error instanceof NeedsMore)) throw error;
      const here = at - pieceAt;
      const wanted = error.wanted - here;
      if (wanted > LARGEST_VALUE) throw new NotDicom(`an element of its header has more than ${LARGEST_VALUE} bytes`);
      // At least twice as much as last time, so that a long sequence is read through a few times only.
      const length = Math.max(wanted, PIECE, 2 * (piece.length - here));
      piece = await source.read(at, length);
      pieceAt = at;
      if (piece.length >= wanted) continue;
      if (isPadding(piece) && (await source.available(at)) === at) return undefined;
      throw new NotDicom(`it ends inside its header, ${nameOf(piece, encoding)}`);
    }
  }
}

/** Some programs fill the last block of a file. */
const isPadding = (bytes: Buffer) => bytes.every((byte) => byte === 0);

function nameOf(piece: Buffer, encoding: Encoding): string {
  try {
    return `in the element ${tagName(headAt(piece, 0, encoding).tag)}`;
  } catch {
    return 'in the middle of an element';
  }
}
