import type { PixelFormat } from '../frames/frame';
import type { Meaning } from '../frames/write-frame';
import type { FramePlace } from './frame-place';

/** Where a frame lies in the patient: LPS mm. */
export interface Placement {
  /** Image Position (Patient): the centre of the first pixel; undefined when nothing says it. */
  position?: readonly number[];
  /** Digits behind the point of the position, as it was written. @default 0 */
  positionDigits?: number;
  /** Image Orientation (Patient): direction of a row, then of a column. */
  orientation?: readonly number[];
  /** Between rows, between columns; undefined when nothing says it. */
  spacing?: readonly number[];
  /** Spacing Between Slices. */
  sliceSpacing?: number;
}

/** One frame of an object, or the one image of a file. */
export interface DicomFrame extends Placement, FramePlace {
  object: DicomImage;
  /** Number in its object, from 0. */
  index: number;
  meaning: Meaning;
  /** What may tell frames of one place apart: "Echo Time" and its value. */
  traits: ReadonlyMap<string, string>;
}

/** A DICOM object with pixels. Its frames are described, none is decoded. */
export interface DicomImage {
  path: string;
  /** What the user calls the file. */
  name: string;
  sopClass: string;
  sopInstance: string;
  series: string;
  description: string;
  modality: string;
  frameOfReference: string;
  format: PixelFormat;
  /** Byte from which on the file is deflated; places of frames count in what it inflates to. */
  deflatedFrom?: number;
  frames: DicomFrame[];
  /** What the user should know: sentences without their subject, the image. */
  warnings: string[];
}
