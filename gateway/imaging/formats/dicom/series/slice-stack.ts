import { unreadable, unsupported } from '../../../image-error';
import type { Affine } from '../../../volume';
import { along, cross, dot, lengthOf, rasAffine, scaled, unit, type Vector } from '../../vectors';
import type { DicomFrame } from '../image/frame';
import { differences, sameGrid, tolerances, type PlacedFrame } from './same-grid';
import { say } from '../../../../sentence';

/** Slices in the order of their place in the patient, and the affine of the volume they make. */
export interface SliceStack {
  slices: readonly DicomFrame[];
  /** Voxel (column, row, slice) -> RAS mm. */
  affine: Affine;
}

/** Sorts slices along their normal (names and numbers are not believed). @throws ImageError for gaps, doubles, tilt or mixed orientations */
export function stackSlices(frames: readonly DicomFrame[]): SliceStack {
  const placed = sameGrid(frames);
  const directions = directionsOf(placed[0].orientation);
  const { normal } = directions;
  const located = placed.map((frame) => ({ frame, at: dot(normal, frame.position) }));
  located.sort((a, b) => a.at - b.at);
  const slices = located.map(({ frame }) => frame);
  const places = located.map(({ at }) => at);
  refuseTwice(slices, places);
  const gap = regularGap(places);
  refuseTilt(slices, directions);
  return { slices, affine: affineOf(slices[0], directions, gap) };
}

/** The affine of one slice, as ITK reads it: the next is a Spacing Between Slices away, or 1 mm; by default origin 0, axial, 1 mm as a picture. */
export function affineOfOne({ position, orientation, spacing, sliceSpacing, object }: DicomFrame): Affine {
  const placed = { object, position: position ?? [0, 0, 0], spacing: spacing ?? [1, 1] };
  return affineOf(placed, directionsOf(orientation ?? [1, 0, 0, 0, 1, 0]), Math.abs(sliceSpacing ?? 0) || 1);
}

function affineOf(
  { position, spacing }: Pick<PlacedFrame, 'position' | 'spacing'>,
  { row, column, normal }: Directions,
  gap: number,
): Affine {
  const steps = [scaled(row, spacing[1]), scaled(column, spacing[0]), scaled(normal, gap)];
  return rasAffine({ origin: position, steps });
}

/** The axes of a slice: unit vectors, LPS, at right angles. */
interface Directions {
  row: Vector;
  column: Vector;
  normal: Vector;
  /** How far the numbers in the header are from that. */
  error: number;
}

/** Axes of an Image Orientation (Patient), the row turned to a right angle with the column, as ITK 5.4 does. @throws ImageError for no directions */
function directionsOf(orientation: Vector): Directions {
  const [x, y] = [orientation.slice(0, 3), orientation.slice(3)];
  const error = Math.max(Math.abs(lengthOf(x) - 1), Math.abs(lengthOf(y) - 1), Math.abs(dot(x, y)));
  if (!(error <= tolerances.orthonormal))
    throw unreadable(say`the orientation [${orientation.join(', ')}] is not a pair of directions`);
  const normal = unit(cross(x, y));
  const row = unit(cross(y, normal));
  return { row, column: cross(normal, row), normal, error };
}

function refuseTwice(slices: readonly PlacedFrame[], places: readonly number[]): void {
  const near = (at: number) => at > 0 && places[at] - places[at - 1] < tolerances.samePlace;
  const twice = places.filter((_, at) => near(at)).length;
  if (twice === 0) return;
  const first = places.findIndex((_, at) => near(at));
  const next = places.findIndex((_, at) => at > first && !near(at));
  const here = slices.slice(first - 1, next < 0 ? undefined : next);
  const where = say`lie at a place where another one lies (first at ${round(places[first])} mm)`;
  throw unsupported(say`${twice + 1} of ${places.length} images ${where}: ${differences(here)}`);
}

/** Mean distance between neighbours. @throws ImageError when one distance is another, or a slice is not at its place */
function regularGap(places: readonly number[]): number {
  const count = places.length - 1;
  const gaps = places.slice(1).map((place, at) => place - places[at]);
  const usual = [...gaps].sort((a, b) => a - b)[count >> 1];
  const { place, placePart, mostPlacePart } = tolerances;
  const allowed = Math.max(placePart * usual, Math.min(place, mostPlacePart * usual));
  const at = gaps.findIndex((gap) => Math.abs(gap - usual) > allowed);
  if (at >= 0) {
    const missing = gaps.reduce((sum, gap) => sum + Math.max(0, Math.round(gap / usual) - 1), 0);
    const where = say`the gap after slice ${at + 1} of ${places.length} (at ${round(places[at])} mm) is ${round(gaps[at])} mm`;
    const guess = missing > 0 ? say`; ${missing} seem to be missing` : '';
    throw unsupported(say`the slices are not evenly spaced: ${where}, the usual one ${round(usual)} mm${guess}`);
  }
  const mean = (places[count] - places[0]) / count;
  const off = places.findIndex((value, slice) => Math.abs(value - places[0] - slice * mean) > allowed);
  if (off < 0) return mean;
  const where = say`slice ${off + 1} of ${places.length} lies at ${round(places[off])} mm, where even slices of ${round(mean)} mm have one at ${round(places[0] + off * mean)} mm`;
  throw unsupported(say`the slices are not evenly spaced: ${where}`);
}

/** The numbers of a header are rounded; what is off the normal by more than that is tilted. */
function refuseTilt(slices: readonly PlacedFrame[], { normal, error }: Directions): void {
  const digits = slices.reduce((most, { positionDigits = 0 }) => Math.max(most, positionDigits), 0);
  const { sideways, tilt, tiltOfOrthonormal } = tolerances;
  const rounding = Math.min(sideways.most, Math.max(sideways.least, sideways.digits * 10 ** -digits));
  const [{ position: origin }] = slices;
  const steps = slices.map(({ position }) => {
    const step = along(position, origin, -1);
    const height = dot(step, normal);
    return { height, off: lengthOf(along(step, normal, -height)) };
  });
  if (steps.every(({ height, off }) => off <= rounding + (tilt + tiltOfOrthonormal * error) * height)) return;
  // The furthest one tells the angle best.
  const { height, off } = steps.reduce((most, step) => (step.off > most.off ? step : most));
  const degrees = (Math.atan2(off, height) * 180) / Math.PI;
  const what = say`its slices do not lie one after the other`;
  throw unsupported(say`the stack is sheared by ${round(degrees)} degrees (gantry tilt): ${what}`);
}

const round = (value: number) => Math.round(value * 1000) / 1000;
