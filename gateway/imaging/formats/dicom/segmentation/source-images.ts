import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ImageError } from '../../../image-error';
import { decodeText } from '../character-sets';
import type { DataSet } from '../data-set';
import { NeedsMore, readElements, textOf, type DicomElement } from '../elements';
import { readSliceHeader, type SliceHeader } from '../read-header';
import { copiedElements } from './copied-elements';

/** An image, or one frame of an object that has several. */
export interface SourceFrame {
  sopClass: string;
  sopInstance: string;
  /** Number from 1 of the frame in its object; undefined where the object is a single image. */
  frame?: number;
  /** Centre of its first pixel, LPS mm. */
  position: readonly number[];
}

/** The images that a segmentation belongs to. Lengths in mm. */
export interface SourceImages {
  series: string;
  rows: number;
  columns: number;
  /** Direction of a row, then of a column. */
  orientation: readonly number[];
  /** Between rows, between columns. */
  spacing: readonly number[];
  thickness?: number;
  /** By their place along the normal. */
  frames: SourceFrame[];
  /** Patient, study and frame of reference, as a segmentation of these images repeats them. */
  copied: DataSet;
  /** Series Number, 0 when there is none. */
  seriesNumber: number;
}

const tags = {
  characterSet: 0x00080005,
  sopClass: 0x00080016,
  sopInstance: 0x00080018,
  thickness: 0x00180050,
  study: 0x0020000d,
  series: 0x0020000e,
  seriesNumber: 0x00200011,
} as const;

const FIRST_READ = 64 << 10;

/**
 * Reads what a segmentation takes from its images: the headers of a folder that is one series.
 *
 * @throws ImageError when the images lack an identifier by which another object could refer to them
 */
export async function readSourceImages(directory: string): Promise<SourceImages> {
  const headers: SliceHeader[] = [];
  for (const name of (await readdir(directory)).sort()) {
    const header = await readSliceHeader(join(directory, name), name);
    if (header) headers.push(header);
  }
  const frames: SourceFrame[] = [];
  for (const header of headers) frames.push(...framesOf(header, await readText(header.path)));
  const [first] = headers;
  const text = await readText(first.path);
  const { frameGroups } = first;
  const orientation = first.orientation ?? frameGroups?.orientations[0];
  if (!orientation) throw new ImageError('unsupported', 'the images have no orientation');
  const normal = cross(orientation);
  const along = ({ position }: SourceFrame) => position.reduce((sum, value, d) => sum + value * normal[d], 0);
  const missing = Object.entries({ Study: tags.study, Series: tags.series }).find(([, tag]) => text(tag) === '');
  if (missing) throw unidentified(`${missing[0]} Instance UID`);
  return {
    series: text(tags.series),
    rows: first.rows,
    columns: first.columns,
    orientation,
    spacing: frameGroups?.spacings[0] ?? first.spacing,
    thickness: Number(text(tags.thickness)) || undefined,
    frames: frames.sort((a, b) => along(a) - along(b)),
    copied: copiedElements(text),
    seriesNumber: Number(text(tags.seriesNumber)) || 0,
  };
}

function framesOf(header: SliceHeader, text: (tag: number) => string): SourceFrame[] {
  const [sopClass, sopInstance] = [text(tags.sopClass), text(tags.sopInstance)];
  if (!sopClass || !sopInstance) throw unidentified('SOP Class UID and SOP Instance UID');
  if (header.frames === 1) return [{ sopClass, sopInstance, position: header.position! }];
  return header.frameGroups!.positions.map((position, at) => ({ sopClass, sopInstance, frame: at + 1, position }));
}

/** The texts of a file's header, in the characters that it names. */
async function readText(path: string): Promise<(tag: number) => string> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    for (let length = FIRST_READ; ; length *= 8) {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(Math.min(length, size)), 0, Math.min(length, size), 0);
      try {
        const elements = readElements(buffer, bytesRead === size);
        const set = textOf(buffer, elements.get(tags.characterSet));
        return (tag) => decoded(buffer, elements.get(tag), set);
      } catch (error) {
        if (!(error instanceof NeedsMore) || bytesRead === size) throw error;
      }
    }
  } finally {
    await file.close();
  }
}

function decoded(bytes: Buffer, element: DicomElement | undefined, set: string): string {
  return element
    ? decodeText(bytes.subarray(element.at, element.at + element.length), set)
        .replace(/[\0 ]+$/, '')
        .trim()
    : '';
}

const unidentified = (what: string) =>
  new ImageError('unsupported', `the images have no ${what}, so no DICOM segmentation can refer to them`);

function cross([a, b, c, x, y, z]: readonly number[]): number[] {
  return [b * z - c * y, c * x - a * z, a * y - b * x];
}
