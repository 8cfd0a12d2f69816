import { ImageError } from '../../../image-error';
import type { DicomFrame } from '../image/frame';
import { lengthOf, type Vector } from '../vectors';
import { tolerances } from './tolerances';

/** A frame of which the header says where it lies. */
export type PlacedFrame = DicomFrame & { position: Vector; orientation: Vector; spacing: Vector };

/**
 * The frames, all of one size, kind, pixel spacing and orientation, and each with a place.
 * @throws ImageError saying what differs
 */
export function sameGrid(frames: readonly DicomFrame[]): readonly PlacedFrame[] {
  const unplaced = frames.filter(({ position, orientation }) => !position || !orientation).length;
  if (unplaced > 0) throw new ImageError('unsupported', `${unplaced} of ${frames.length} DICOM images have no position or orientation`);
  const unscaled = frames.find(({ spacing }) => !spacing);
  if (unscaled) throw new ImageError('unsupported', `"${unscaled.object.name}" does not say the distance of its pixels (Pixel Spacing)`);
  const placed = frames as readonly PlacedFrame[];
  const [first] = placed;
  const turned = placed.find((frame) => movesLastPixel(first, frame) > tolerances.direction);
  if (turned) {
    const both = [first, turned].map(({ orientation }) => `[${orientation.join(', ')}]`).join(' and ');
    throw new ImageError('unsupported', `the series mixes the orientations ${both} (is a localizer among the images?)`);
  }
  const other = placed.find((frame) => sizeOf(frame) !== sizeOf(first) || !sameSpacing(first, frame));
  if (other) throw new ImageError('unsupported', `the series mixes images of ${gridOf(first)} and of ${gridOf(other)}`);
  const recoloured = placed.find((frame) => channelsOf(frame) !== channelsOf(first));
  if (recoloured) throw new ImageError('unsupported', 'the series mixes grey images and colour images');
  return placed;
} // prettier-ignore

const sizeOf = ({ object: { format } }: DicomFrame) => `${format.columns} x ${format.rows}`;
const gridOf = (frame: PlacedFrame) => `${sizeOf(frame)} pixels of ${frame.spacing[1]} x ${frame.spacing[0]} mm`;
const channelsOf = ({ object: { format } }: DicomFrame) => (format.palette ? 3 : format.samplesPerPixel);

function extents({ object: { format }, spacing }: PlacedFrame): [rows: number, columns: number] {
  return [format.rows * spacing[0], format.columns * spacing[1]];
}

function sameSpacing(a: PlacedFrame, b: PlacedFrame): boolean {
  const [ours, theirs] = [extents(a), extents(b)];
  return ours.every((length, d) => Math.abs(length - theirs[d]) < tolerances.pixelSpacing);
}

/** How far the last pixel of `b` lies from where the orientation of `a` puts it, in mm. */
function movesLastPixel(a: PlacedFrame, b: PlacedFrame): number {
  const difference = a.orientation.map((value, d) => value - b.orientation[d]);
  const [rows, columns] = extents(a);
  return Math.max(lengthOf(difference.slice(0, 3)) * columns, lengthOf(difference.slice(3)) * rows);
}
