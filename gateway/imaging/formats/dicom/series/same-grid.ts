import { unsupported } from '../../../image-error';
import { lengthOf, type Vector } from '../../vectors';
import { layoutOf } from '../frames/frame';
import type { DicomFrame, DicomImage } from '../image/frame';
import { say, type Sentence } from '../../../../sentence';

/** How far rounded numbers in DICOM headers may be off, in mm for lengths; also in docs/reference/images.md. */
export const tolerances = {
  /** Directions of rows and columns: length from 1, and their product from 0. Three digits are off by up to 0.001. */
  orthonormal: 0.01,
  /** The last pixel of an image may lie this far from where the first image's pixel spacing puts it. */
  pixelSpacing: 0.01,
  direction: 0.1,
  /** A slice may lie this far from its place in an even stack: positions with one digit are off by that. */
  place: 0.1,
  /** The same as a part of the distance between slices. */
  placePart: 0.02,
  /** But never more than this part of it. */
  mostPlacePart: 0.25,
  /** Two slices nearer to each other than this lie at one place. */
  samePlace: 1e-3,
  /** Sideways, off the line along the normal: in units of the last digit of the positions, at least and at most this. */
  sideways: { digits: 1.5, least: 0.01, most: 0.15 },
  /** The same per mm of stack: directions of three digits (0.06 degrees), and this many times what they are off from being orthonormal. */
  tilt: 1e-3,
  tiltOfOrthonormal: 4,
} as const;

/**
 * Refuses several series: which one the user looks at cannot be guessed.
 * @param wanted UID of the only one that is taken
 * @returns warnings for the user
 * @throws ImageError with their list
 */
export function checkSeries(images: readonly DicomImage[], name: string, wanted?: string): Sentence[] {
  const other = wanted && images.find(({ series }) => series !== wanted);
  if (other)
    throw unsupported(say`"${name}" was to hold the series ${wanted}, and has an image of the series ${other.series}`);
  const series = groupedBy(images, (image) => image.series);
  if (series.size > 1) {
    const list = [...series.values()].sort((a, b) => b.length - a.length).map((some) => {
      const [{ modality, description, series: uid }] = some;
      return `${some.length} images of ${[modality, description && `"${description}"`, uid].filter(Boolean).join(' ')}`;
    }); // prettier-ignore
    throw unsupported(
      say`"${name}" holds ${series.size} series, send one (channels of one image: each in form fields of its own number, image0, image1, …): ${list.join('; ')}`,
    );
  }
  const references = groupedBy(images, (image) => image.frameOfReference);
  if (references.size === 1) return [];
  // Programs that hide who the patient is give each file a UID of its own.
  if (references.size === images.length && images.length > 2)
    return [
      say`Each image of the series names another frame of reference; their positions were taken to be those of one.`,
    ];
  const list = [...references].map(([uid, some]) => `${some.length} images in ${uid || 'none'}`).join('; ');
  const what = say`"${name}" has images in ${references.size} frames of reference, whose positions cannot be compared`;
  throw unsupported(say`${what}: ${list}`);
}

export function groupedBy<T>(items: Iterable<T>, key: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(key(item));
    if (group) group.push(item);
    else groups.set(key(item), [item]);
  }
  return groups;
}

export type PlacedFrame = DicomFrame & { position: Vector; orientation: Vector; spacing: Vector };

/** The frames, all of one size, kind, pixel spacing and orientation, and each with a place. @throws ImageError saying what differs */
export function sameGrid(frames: readonly DicomFrame[]): readonly PlacedFrame[] {
  const unplaced = frames.filter(({ position, orientation }) => !position || !orientation).length;
  if (unplaced > 0)
    throw unsupported(say`${unplaced} of ${frames.length} DICOM images have no position or orientation`);
  const unscaled = frames.find(({ spacing }) => !spacing);
  if (unscaled)
    throw unsupported(say`"${unscaled.object.name}" does not say the distance of its pixels (Pixel Spacing)`);
  const placed = frames as readonly PlacedFrame[];
  const [first] = placed;
  const turned = placed.find((frame) => movesLastPixel(first, frame) > tolerances.direction);
  if (turned) {
    const both = [first, turned].map(({ orientation }) => `[${orientation.join(', ')}]`).join(' and ');
    throw unsupported(say`the series mixes the orientations ${both} (is a localizer among the images?)`);
  }
  const other = placed.find((frame) => sizeOf(frame) !== sizeOf(first) || !sameSpacing(first, frame));
  if (other) throw unsupported(say`the series mixes images of ${gridOf(first)} and of ${gridOf(other)}`);
  const { channels } = layoutOf(first.object.format);
  if (placed.some(({ object: { format } }) => layoutOf(format).channels !== channels))
    throw unsupported(say`the series mixes grey images and colour images`);
  return placed;
}

const sizeOf = ({ object: { format } }: DicomFrame) => `${format.columns} x ${format.rows}`;
const gridOf = (frame: PlacedFrame) => `${sizeOf(frame)} pixels of ${frame.spacing[1]} x ${frame.spacing[0]} mm`;

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

const SHOWN = 4;

/** Why several images lie at one place, as far as their headers tell: half a sentence. */
export function differences(images: readonly DicomFrame[]): string {
  const [first] = images;
  const { sopInstance, name } = first.object;
  const again = images.find(({ object, index }) => object !== first.object && index === first.index && object.sopInstance === sopInstance); // prettier-ignore
  if (again && sopInstance !== '') return `"${name}" and "${again.object.name}" are the same image, sent twice`;
  const traits = new Set(images.flatMap((image) => [...image.traits.keys()]));
  for (const trait of traits) {
    const values = [...new Set(images.map((image) => image.traits.get(trait) ?? 'none'))];
    if (values.length < 2) continue;
    const list = values.slice(0, SHOWN).map((value) => value.replaceAll('\\', ' ')).join(', '); // prettier-ignore
    return `they differ in ${trait} (${list}${values.length > SHOWN ? ', ...' : ''}); send one volume of the series`;
  }
  return 'several acquisitions in one series, or files sent twice';
}
