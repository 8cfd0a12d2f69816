import type { Vector } from '../../vectors';
import type { DataSet } from '../file/data-set';
import type { PixelFormat } from '../frames/frame';
import type { Meaning } from '../frames/decode-frame';

/** Where a frame lies in the patient: LPS mm. What nothing says is undefined. */
export interface Placement {
  /** Image Position (Patient): the centre of the first pixel. */
  position?: Vector;
  /** Digits after the point of the position, as it was written. @default 0 */
  positionDigits?: number;
  /** Image Orientation (Patient): direction of a row, then of a column. */
  orientation?: Vector;
  /** Between rows, between columns. */
  spacing?: Vector;
  /** Spacing Between Slices. */
  sliceSpacing?: number;
}

/** Where the bytes of a frame lie in the file, or in its inflated data set. */
export interface FramePlace {
  ranges: readonly { at: number; length: number }[];
  bitOffset?: number;
}

/** Places where the header describes a frame, the most special first: its functional groups, those of all frames, the object. */
export interface FrameScopes {
  frame?: DataSet;
  shared?: DataSet;
  object: DataSet;
}

/** One frame of an object, or the one image of a file. */
export interface DicomFrame extends Placement, FramePlace {
  object: DicomImage;
  index: number;
  meaning: Meaning;
  /** Elements that may tell frames of one place apart: "Echo Time" and its value. */
  traits: ReadonlyMap<string, string>;
}

/** A DICOM object with pixels. Its frames are described, none is decoded. */
export interface DicomImage {
  path: string;
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
  /** Warnings for the user: sentences without their subject, the image. */
  warnings: string[];
}
