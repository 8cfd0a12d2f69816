import { unreadable } from '../../../image-error';
import { ITEM, SEQUENCE_END, UNDEFINED } from '../file/encoding';
import type { OpenDicom } from '../file/open-dicom';
import { tags } from '../file/tags';
import type { PixelFormat } from '../frames/frame';
import type { FramePlace } from './frame';
import { say } from '../../../../sentence';

/** The places of frames, and a warning on extra bytes; only fragments' headers are read. @throws ImageError for an early end or a wrong number */
export async function frameRanges(
  file: OpenDicom,
  format: PixelFormat,
  frames: number,
): Promise<{ places: FramePlace[]; warning?: string }> {
  const { at, length } = file.pixelData!;
  if (length === UNDEFINED) return { places: await encapsulatedRanges(file, frames) };
  // Pixels of YBR_FULL_422 share their colour two by two (PS3.3 C.7.6.3.1.2).
  const samples = format.photometricInterpretation === 'YBR_FULL_422' ? 2 : format.samplesPerPixel;
  const bits = format.rows * format.columns * samples * format.bitsAllocated;
  const wanted = Math.ceil((bits * frames) / 8);
  const size = say`${frames > 1 ? say`${frames} frames of ` : ''}${format.columns} x ${format.rows} pixels need ${wanted} bytes`;
  if (length < wanted) throw unreadable(say`its pixel data is truncated: ${size}, and there are ${length}`);
  const there = Math.max(0, (await file.source.available(at + length)) - at);
  if (there < length) throw unreadable(say`it is truncated: ${there} of ${length} bytes of its pixel data are there`);
  const extra = length - wanted;
  if (extra * 8 >= bits)
    throw unreadable(say`its pixel data does not fit its header: ${size}, and there are ${length}`);
  const places = Array.from({ length: frames }, (_, frame): FramePlace => {
    const first = bits * frame;
    const start = Math.floor(first / 8);
    const end = Math.ceil((first + bits) / 8);
    return { ranges: [{ at: at + start, length: end - start }], bitOffset: first % 8 };
  });
  return { places, warning: extra > 1 ? `has ${extra} bytes after its pixels, which were ignored` : undefined };
}

interface Fragment {
  /** Of its item header, from the first fragment's on: what offset tables count. */
  offset: number;
  at: number;
  length: number;
}

const ITEM_HEAD = 8;

/**
 * The fragments of each frame, which begin by the Extended or Basic Offset Table, by their number, or by the marks of codestreams (PS3.5 A.4).
 * @throws ImageError when the file ends early, or frames and fragments do not fit together
 */
async function encapsulatedRanges(file: OpenDicom, frames: number): Promise<FramePlace[]> {
  const { table, fragments } = await readFragments(file);
  const offsets = file.dataSet.u64s(tags.extendedOffsets);
  const starts =
    startsOf(offsets, fragments, frames) ??
    startsOf(table, fragments, frames) ??
    (fragments.length === frames ? fragments.map((_, index) => index) : undefined) ??
    (frames === 1 && fragments.length > 0 ? [0] : undefined) ??
    (await startsByMarks(file, fragments, frames));
  if (!starts) {
    const what = say`${frames} frames are announced, and there are ${fragments.length} fragments without a table that says which belong together`;
    throw unreadable(say`its pixel data does not fit its header: ${what}`);
  }
  return starts.map((first, frame) => ({
    ranges: fragments.slice(first, starts[frame + 1] ?? fragments.length).map(({ at, length }) => ({ at, length })),
  }));
}

/** The items of Pixel Data: the Basic Offset Table, then the fragments, up to the delimiter. */
async function readFragments({ source, pixelData }: OpenDicom): Promise<{ table: number[]; fragments: Fragment[] }> {
  const items: Fragment[] = [];
  let table: number[] = [];
  for (let at = pixelData!.at; ;) {
    const head = await source.read(at, ITEM_HEAD);
    if (head.length < ITEM_HEAD) throw truncated(items.length - 1);
    const tag = head.readUInt16LE(0) * 0x10000 + head.readUInt16LE(2);
    const length = head.readUInt32LE(4);
    if (tag === SEQUENCE_END) break;
    if (tag !== ITEM) throw unreadable(say`its pixel data is damaged: an item is missing`);
    at += ITEM_HEAD;
    if ((await source.available(at + length)) < at + length) throw truncated(items.length - 1);
    if (items.length === 0) table = numbersIn(await source.read(at, length));
    items.push({ offset: at - (items[1]?.at ?? at), at, length });
    at += length;
  }
  return { table, fragments: items.slice(1) };
}

const truncated = (count: number) => {
  const whole = say`${Math.max(count, 0)} whole ${count === 1 ? say`fragment` : say`fragments`}`;
  return unreadable(say`it is truncated: it ends in its pixel data, after ${whole}`);
};

const numbersIn = (bytes: Buffer) => Array.from({ length: bytes.length >> 2 }, (_, i) => bytes.readUInt32LE(4 * i));

/** Which fragments an offset table names as the first of a frame; undefined when it is empty or wrong. */
function startsOf(offsets: readonly number[], fragments: readonly Fragment[], frames: number): number[] | undefined {
  if (offsets.length !== frames || offsets[0] !== 0) return undefined;
  const places = new Map(fragments.map(({ offset }, index) => [offset, index]));
  const starts = offsets.map((offset) => places.get(offset) ?? -1);
  return starts.every((start, frame) => start >= 0 && (frame === 0 || start > starts[frame - 1])) ? starts : undefined;
}

/** JPEG and JPEG-LS begin with SOI, JPEG 2000 with SOC, or as a JP2 file. */
const MARKS = ['ffd8ff', 'ff4fff51', '0000000c6a502020'];

async function startsByMarks({ source }: OpenDicom, fragments: readonly Fragment[], frames: number) {
  if (fragments.length < frames) return undefined;
  const starts: number[] = [];
  for (const [index, { at, length }] of fragments.entries()) {
    const begin = (await source.read(at, Math.min(length, ITEM_HEAD))).toString('hex');
    if (MARKS.some((mark) => begin.startsWith(mark))) starts.push(index);
  }
  return starts.length === frames && starts[0] === 0 ? starts : undefined;
}
