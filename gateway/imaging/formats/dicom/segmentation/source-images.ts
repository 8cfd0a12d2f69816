import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ImageError } from '../../../image-error';
import type { DataSet } from '../data-set';
import { openDicom } from '../file/open-dicom';
import { tags } from '../file/tags';
import type { DicomImage } from '../image/frame';
import { isSegmentation } from '../image/kinds';
import { readImage } from '../image/read-image';
import { inParallel } from '../in-parallel';
import { dot, normalOf } from '../vectors';
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

/**
 * Reads what a segmentation takes from its images: the headers of a folder that is one series.
 *
 * @throws ImageError when the images lack a place, or an identifier by which another object could refer to them
 */
export async function readSourceImages(directory: string): Promise<SourceImages> {
  const names = (await readdir(directory)).sort();
  const read = await inParallel(names, (name) => readImage(join(directory, name)));
  const images = read.filter((image) => image !== undefined && !isSegmentation(image.sopClass)) as DicomImage[];
  const frames = images.flatMap(framesOf);
  const [first] = images;
  const [{ orientation, spacing }] = first.frames;
  if (!orientation || !spacing) throw new ImageError('unsupported', 'the images have no orientation or pixel spacing');
  const text = await openDicom(first.path, ({ dataSet }) => Promise.resolve((tag: number) => dataSet.words(tag)));
  const missing = Object.entries({ Study: tags.study, Series: tags.series }).find(([, tag]) => text(tag) === '');
  if (missing) throw unidentified(`${missing[0]} Instance UID`);
  const normal = normalOf(orientation);
  const place = ({ position }: SourceFrame) => dot(position, normal);
  return {
    series: text(tags.series),
    rows: first.format.rows,
    columns: first.format.columns,
    orientation,
    spacing,
    thickness: Number(text(tags.sliceThickness)) || undefined,
    frames: frames.sort((a, b) => place(a) - place(b)),
    copied: copiedElements(text),
    seriesNumber: Number(text(tags.seriesNumber)) || 0,
  };
}

function framesOf({ sopClass, sopInstance, frames }: DicomImage): SourceFrame[] {
  if (!sopClass || !sopInstance) throw unidentified('SOP Class UID and SOP Instance UID');
  return frames.map(({ position, index }) => {
    if (!position) throw new ImageError('unsupported', 'the images do not say where they lie');
    return { sopClass, sopInstance, position, ...(frames.length > 1 ? { frame: index + 1 } : {}) };
  });
}

const unidentified = (what: string) =>
  new ImageError('unsupported', `the images have no ${what}, so no DICOM segmentation can refer to them`);
