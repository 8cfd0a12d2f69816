import type { Volume } from '../../../volume';
import { unsupported } from '../../../image-error';
import { newUid, writeDicomFile, type DataSet } from '../write-dicom';
import { dimensionElements, frameGroups, seriesElements, sharedGroups, type Software } from './elements';
import { labelValues, occurrencesIn, packedBits, packedLength, type BinaryFrame, type Occurrences } from './pixels';
import { planesOf, type Planes } from './planes';
import { backgroundItem, segmentItem, type Algorithm, type Segment } from './segments';
import { readSourceImages, type SourceImages } from './source-images';
import { say } from '../../../../sentence';

/** How labels are stored: one frame of bits for each label in each slice, or slices of label values. */
export type SegmentationKind = 'binary' | 'labelmap';

export interface SegmentationOptions {
  series: string;
  kind: SegmentationKind;
  segmentOf: (label: number) => Segment;
  algorithm: Algorithm;
  software: Software;
  path: string;
}

const CLASSES = { binary: '1.2.840.10008.5.1.4.1.1.66.4', labelmap: '1.2.840.10008.5.1.4.1.1.66.7' } as const;
/** Lengths are 32 bits, and the largest one means an unknown length. */
const MOST_BYTES = 0xfffffffe;

/**
 * Writes a label map as a DICOM Segmentation of the series: binary, with segments 1, 2, … for the labels that occur, or a label map with segments numbered
 * as its labels; slices without a label are left out. @returns false, and nothing is written, when there is no label @see DICOM PS3.3 A.51 and C.8.20
 * @throws NoLabelMap when a voxel is not a label; ImageError when the mask does not lie on the pixels of the images, or is too large
 */
export async function writeSegmentation(volume: Volume, options: SegmentationOptions): Promise<boolean> {
  const images = await readSourceImages(options.series);
  const mask = planesOf(volume, images);
  const occurrences = occurrencesIn(mask);
  const labels = [...new Set(occurrences.flatMap((found) => [...found.keys()]))].sort((a, b) => a - b);
  if (labels.length === 0) return false;
  const isBinary = options.kind === 'binary';
  const { bits, segments, frames, pixels } = (isBinary ? binaryContent : labelMapContent)(mask, occurrences, labels, options);
  const pixelBytes = packedLength(mask.rows * mask.columns * bits, frames.length);
  if (pixelBytes > MOST_BYTES) {
    const way = isBinary ? say`; segmentation=labelmap is smaller` : '';
    const size = say`${frames.length} frames of ${mask.columns} x ${mask.rows} pixels`;
    throw unsupported(say`a DICOM segmentation of ${size} has more than 4 GiB, which no DICOM object holds${way}`);
  }
  const [instance, organization] = [newUid(), newUid()];
  await writeDicomFile(options.path, {
    sopClass: CLASSES[options.kind],
    instance,
    elements: [
      ...images.copied,
      ...seriesElements(images, options.algorithm, options.software),
      ...dimensionElements(organization, isBinary),
      [0x00280002, 'US', 1],
      [0x00280004, 'CS', 'MONOCHROME2'],
      [0x00280008, 'IS', frames.length],
      [0x00280010, 'US', mask.rows],
      [0x00280011, 'US', mask.columns],
      [0x00280100, 'US', bits],
      [0x00280101, 'US', bits],
      [0x00280102, 'US', bits - 1],
      [0x00280103, 'US', 0],
      ...(isBinary ? [] : [[0x00280120, 'US', 0] as const]),
      [0x00620001, 'CS', isBinary ? 'BINARY' : 'LABELMAP'],
      [0x00620002, 'SQ', ...segments],
      [0x00620013, 'CS', 'NO'],
      [0x52009229, 'SQ', sharedGroups(images, gapOf(images))],
    ],
    perFrame: groupsOf(frames, mask),
    pixelVr: bits === 16 ? 'OW' : 'OB',
    pixelBytes,
    pixels,
  });
  return true;
} // prettier-ignore

interface Content {
  bits: 1 | 8 | 16;
  segments: DataSet[];
  frames: readonly { plane: number; segment?: number }[];
  pixels: Iterable<Uint8Array>;
}

type ContentOf = (mask: Planes, occurrences: Occurrences, labels: number[], options: SegmentationOptions) => Content;

const binaryContent: ContentOf = (mask, occurrences, labels, { segmentOf, algorithm }) => {
  const frames = labels.flatMap((label, at) =>
    occurrences.flatMap((found, plane): (BinaryFrame & { segment: number })[] => {
      const rows = found.get(label);
      return rows ? [{ plane, label, rows, segment: at + 1 }] : [];
    }),
  );
  const segments = labels.map((label, at) => segmentItem(segmentOf(label), at + 1, algorithm));
  return { bits: 1, segments, frames, pixels: packedBits(mask, frames) };
};

const labelMapContent: ContentOf = (mask, occurrences, labels, { segmentOf, algorithm }) => {
  const bits = labels[labels.length - 1] > 0xff ? 16 : 8;
  const occupied = occurrences.flatMap((found, plane) => (found.size > 0 ? [plane] : []));
  const segments = labels.map((label) => segmentItem(segmentOf(label), label, algorithm));
  const frames = occupied.map((plane) => ({ plane }));
  return {
    bits,
    segments: [backgroundItem(algorithm), ...segments],
    frames,
    pixels: labelValues(mask, occupied, bits),
  };
};

/** Functional groups of each frame; planes are counted without those that have no frame. */
function* groupsOf(frames: Content['frames'], { planes }: Planes): Generator<DataSet> {
  const occupied = [...new Set(frames.map(({ plane }) => plane))].sort((a, b) => a - b);
  const index = new Map(occupied.map((plane, at) => [plane, at + 1]));
  for (const { plane, segment } of frames) yield frameGroups(planes[plane], index.get(plane)!, segment);
}

/** Mean distance between neighbouring slices in mm; undefined for a single one. */
function gapOf({ frames }: SourceImages): number | undefined {
  if (frames.length < 2) return undefined;
  const [first, last] = [frames[0].position, frames[frames.length - 1].position];
  return Math.hypot(...last.map((value, d) => value - first[d])) / (frames.length - 1);
}
