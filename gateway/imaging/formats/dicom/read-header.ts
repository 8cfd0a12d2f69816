import { open } from 'node:fs/promises';
import { ImageError } from '../../image-error';
import { NeedsMore, NotDicom, placingElements, readElements, textOf, type DicomElement } from './elements';

/** What places one DICOM file in a series. Lengths in mm, LPS. */
export interface SliceHeader {
  path: string;
  series: string;
  description: string;
  modality: string;
  rows: number;
  columns: number;
  frames: number;
  instance: number;
  /** Image Position (Patient): the centre of the first pixel; undefined when absent. */
  position?: number[];
  /** Image Orientation (Patient): direction of a row, then of a column; undefined when absent. */
  orientation?: number[];
  /** Pixel Spacing: between rows, between columns. */
  spacing: number[];
  /** Of an object with several frames: what its functional groups say of them. One value of a list is that of all frames. */
  frameGroups?: { positions: number[][]; orientations: number[][]; spacings: number[][] };
}

const tags = {
  modality: 0x00080060,
  description: 0x0008103e,
  series: 0x0020000e,
  instance: 0x00200013,
  position: 0x00200032,
  orientation: 0x00200037,
  frames: 0x00280008,
  rows: 0x00280010,
  columns: 0x00280011,
  spacing: 0x00280030,
} as const;

/** Shared and per-frame functional groups. */
const FUNCTIONAL_GROUPS = 0x5200;

const FIRST_READ = 64 << 10;
const LARGEST_HEADER = 64 << 20;

/**
 * The header of a DICOM file; its pixels are not read. Undefined for a DICOM object without an image (report, structure set, DICOMDIR).
 * @throws ImageError for a file that is not DICOM
 */
export async function readSliceHeader(path: string, name: string): Promise<SliceHeader | undefined> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    for (let length = FIRST_READ; ; length *= 8) {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(Math.min(length, size)), 0, Math.min(length, size), 0);
      try {
        return headerOf(buffer.subarray(0, bytesRead), bytesRead === size, path);
      } catch (error) {
        if (error instanceof NeedsMore && bytesRead < size && length < LARGEST_HEADER) continue;
        const what = error instanceof NotDicom ? error.message : 'it ends inside its header';
        throw new ImageError('unreadable', `"${name}" is no DICOM file this server reads: ${what}`, { cause: error });
      }
    }
  } finally {
    await file.close();
  }
}

function headerOf(bytes: Buffer, whole: boolean, path: string): SliceHeader | undefined {
  const elements = readElements(bytes, whole);
  const text = (tag: number) => textOf(bytes, elements.get(tag));
  const numbers = (tag: number, count: number) => numbersOf(bytes, elements.get(tag), count);
  const u16 = (tag: number) => {
    const element = elements.get(tag);
    return element && element.length >= 2 ? bytes.readUInt16LE(element.at) : 0;
  };
  const [rows, columns] = [u16(tags.rows), u16(tags.columns)];
  if (rows === 0 || columns === 0) return undefined;
  const frames = Number(text(tags.frames)) || 1;
  return {
    path,
    series: text(tags.series),
    description: text(tags.description),
    modality: text(tags.modality),
    rows,
    columns,
    frames,
    instance: Number(text(tags.instance)) || 0,
    position: numbers(tags.position, 3),
    orientation: numbers(tags.orientation, 6),
    spacing: numbers(tags.spacing, 2) ?? [1, 1],
    ...(frames > 1 ? { frameGroups: frameGroupsOf(bytes, whole) } : {}),
  };
}

/** @throws NeedsMore */
function frameGroupsOf(bytes: Buffer, whole: boolean): SliceHeader['frameGroups'] {
  const placing = placingElements(bytes, readElements(bytes, whole, FUNCTIONAL_GROUPS));
  const all = (tag: number, count: number) =>
    placing.flatMap((element) => (element.tag === tag ? [numbersOf(bytes, element, count)] : [])).filter((list) => list !== undefined);
  return { positions: all(tags.position, 3), orientations: all(tags.orientation, 6), spacings: all(tags.spacing, 2) };
} // prettier-ignore

function numbersOf(bytes: Buffer, element: DicomElement | undefined, count: number): number[] | undefined {
  const text = textOf(bytes, element);
  const values = text.split('\\').map(Number);
  return text !== '' && values.length === count && values.every(Number.isFinite) ? values : undefined;
}
