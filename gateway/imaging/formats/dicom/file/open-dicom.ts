import { open } from 'node:fs/promises';
import { unreadable } from '../../../image-error';
import { FileSource, InflatedSource, type ByteSource } from './byte-source';
import { DataSet } from './data-set';
import { encodingHere, firstElement, headAt, looksLikeDicom, NeedsMore, NoElements, NotDicom } from './encoding';
import { UNDEFINED, type Encoding } from './encoding';
import { readElements, type Stop } from './read-elements';
import { PIXEL_DATA, tags } from './tags';

/** Transfer syntaxes without compression of frames, which are told by how the elements are encoded. */
export const syntaxes = {
  implicit: '1.2.840.10008.1.2',
  explicit: '1.2.840.10008.1.2.1',
  deflated: '1.2.840.10008.1.2.1.99',
  bigEndian: '1.2.840.10008.1.2.2',
} as const;
const native: readonly string[] = Object.values(syntaxes);

/** A DICOM file whose header has been read. */
export interface OpenDicom {
  path: string;
  /** File meta information; empty when there is none. */
  meta: DataSet;
  dataSet: DataSet;
  /** Transfer syntax of the data set as it is written; empty when its frames are compressed and nothing says how. */
  transferSyntax: string;
  /** Where the value of Pixel Data lies in `source`; undefined for an object without. */
  pixelData?: Stop;
  /** The file, or its inflated data set: what places count in. */
  source: ByteSource;
  /** Byte from which on the file is deflated. */
  deflatedFrom?: number;
}

/** Elements that are read whatever their size and group. */
const LARGE = new Set<number>([
  tags.sharedGroups, tags.frameGroups, tags.modalityLut, tags.realWorldValueMapping, tags.detectors, tags.sliceVector, tags.gridFrameOffsets,
  tags.doseGridScaling, tags.doseUnits, tags.extendedOffsets, tags.extendedLengths, tags.imagePlanePixelSpacing, tags.frameReferenceTime,
  ...Object.values(tags.vectors), ...tags.paletteDescriptors, ...tags.palettes, ...tags.segmentedPalettes,
]); // prettier-ignore

/**
 * Opens a DICOM file, reads its header and gives both to `use`; closed when that is done. Files without preamble or file meta information are
 * read as they are encoded.
 *
 * @throws ImageError that speaks of "it": the caller knows the file's name
 */
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
    const isEnd = (tag: number) => PIXEL_DATA.has(tag);
    const pixelData = await readElements(source, start, encoding, { dataSet, large: LARGE, isEnd });
    const transferSyntax = writtenSyntax(syntax, encoding, pixelData);
    return await use({ path, meta, dataSet, transferSyntax, pixelData, source, deflatedFrom: inflated && at });
  } catch (error) {
    if (!(error instanceof NotDicom || error instanceof NeedsMore)) throw error;
    const what = error.message || 'its header is damaged';
    throw unreadable(`it is no DICOM file this server reads: ${what}`, error);
  } finally {
    inflated?.end();
    await file.close();
  }
}

/** The elements themselves tell better than the name whether they are explicit and big endian; frames are compressed as the name says. */
function writtenSyntax(named: string, { explicit, bigEndian }: Encoding, pixelData: Stop | undefined): string {
  if (named === syntaxes.deflated || (named !== '' && !native.includes(named))) return named;
  if (pixelData?.length === UNDEFINED) return '';
  if (!explicit) return syntaxes.implicit;
  return bigEndian ? syntaxes.bigEndian : syntaxes.explicit;
}

const FIRST_READ = 1024;
const LARGEST_META = 1 << 20;
const META_GROUP = 0x0002;

/**
 * The file meta information, and where the data set begins after it. It is empty in files without one.
 *
 * @throws NotDicom, also when the file ends in it
 * @see DICOM PS3.10 7.1
 */
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
