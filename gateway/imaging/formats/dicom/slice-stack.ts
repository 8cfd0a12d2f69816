import { ImageError } from '../../image-error';
import type { Affine } from '../../volume';
import type { SliceHeader } from './read-header';

/** Slices in the order of their place in the patient, and the affine of the volume they make. */
export interface SliceStack {
  slices: SliceHeader[];
  /** Voxel (column, row, slice) -> RAS mm. */
  affine: Affine;
}

/** Positions are often written with few digits: a gap may differ by this much from the mean, in mm and as a fraction of it. */
const ROUNDING_MM = 0.1;
const ROUNDING = 0.02;
/** Largest angle between the normal of the slices and the line through their positions, in degrees. */
const LARGEST_TILT = 0.5;
const SAME_DIRECTION = 1e-3;

/**
 * Sorts the slices of one series along their normal (file names and instance numbers are not believed) and checks that they make a
 * regular grid: one orientation, no gap, no slice twice, no gantry tilt. At least two slices.
 *
 * @throws ImageError with the numbers
 * @see DICOM PS3.3 C.7.6.2 (Image Plane Module)
 */
export function stackSlices(headers: readonly SliceHeader[]): SliceStack {
  const orientation = sameOrientation(headers);
  const [row, column] = [orientation.slice(0, 3), orientation.slice(3)];
  const normal = cross(row, column);
  const along = (header: SliceHeader) => dot(normal, header.position!);
  const slices = [...headers].sort((a, b) => along(a) - along(b));

  const places = slices.map(along);
  const gap = regularGap(places);
  const [first, last] = [slices[0].position!, slices[slices.length - 1].position!];
  const step = last.map((value, d) => (value - first[d]) / (slices.length - 1));
  refuseTilt(step, normal);

  const [betweenRows, betweenColumns] = slices[0].spacing;
  const columns = [scaled(row, betweenColumns), scaled(column, betweenRows), scaled(normal, gap), first];
  return { slices, affine: [...lpsToRas(columns), 0, 0, 0, 1] };
}

function sameOrientation(headers: readonly SliceHeader[]): number[] {
  const [{ orientation, rows, columns, spacing }] = headers;
  const unplaced = headers.filter((header) => !header.position || !header.orientation).length;
  if (unplaced > 0 || !orientation) {
    throw new ImageError(
      'unsupported',
      `${unplaced} of ${headers.length} DICOM images have no position or orientation`,
    );
  }
  const odd = headers.find((header) =>
    header.orientation!.some((v, d) => Math.abs(v - orientation[d]) > SAME_DIRECTION),
  );
  if (odd) {
    const both = [orientation, odd.orientation!].map((list) => `[${list.join(', ')}]`).join(' and ');
    throw new ImageError('unsupported', `the series mixes the orientations ${both} (is a localizer among the images?)`);
  }
  const grid = (header: Pick<SliceHeader, 'rows' | 'columns' | 'spacing'>) =>
    `${header.columns} x ${header.rows} pixels of ${header.spacing[1]} x ${header.spacing[0]} mm`;
  const other = headers.find((header) => grid(header) !== grid({ rows, columns, spacing }));
  if (other) {
    throw new ImageError(
      'unsupported',
      `the series mixes images of ${grid({ rows, columns, spacing })} and of ${grid(other)}`,
    );
  }
  const [x, y] = [orientation.slice(0, 3), orientation.slice(3)];
  const lengths = [dot(x, x), dot(y, y), 1 + dot(x, y)];
  if (lengths.some((length) => Math.abs(length - 1) > 0.01)) {
    throw new ImageError('unreadable', `the orientation [${orientation.join(', ')}] is not a pair of directions`);
  }
  return orientation;
}

/** Mean distance between neighbours. @throws ImageError when one distance is another */
function regularGap(places: readonly number[]): number {
  const count = places.length - 1;
  const gaps = places.slice(1).map((place, at) => place - places[at]);
  const usual = [...gaps].sort((a, b) => a - b)[count >> 1];
  const twice = gaps.filter((gap) => gap < 1e-3).length;
  if (twice > 0) {
    const at = places[gaps.findIndex((gap) => gap < 1e-3)];
    throw new ImageError(
      'unsupported',
      `${twice + 1} of ${places.length} images lie at a place where another one lies (first at ${round(at)} mm): ` +
        'several acquisitions in one series, or files sent twice',
    );
  }
  const allowed = Math.max(ROUNDING * usual, Math.min(ROUNDING_MM, usual / 4));
  const at = gaps.findIndex((gap) => Math.abs(gap - usual) > allowed);
  if (at >= 0) {
    const missing = gaps.reduce((sum, gap) => sum + Math.max(0, Math.round(gap / usual) - 1), 0);
    const where = `the gap behind slice ${at + 1} of ${places.length} (at ${round(places[at])} mm) is ${round(gaps[at])} mm`;
    const guess = missing > 0 ? `; ${missing} seem to be missing` : '';
    throw new ImageError(
      'unsupported',
      `the slices are not evenly spaced: ${where}, the usual one ${round(usual)} mm${guess}`,
    );
  }
  return (places[count] - places[0]) / count;
}

function refuseTilt(step: readonly number[], normal: readonly number[]): void {
  const straight = dot(step, normal) / Math.sqrt(dot(step, step));
  const degrees = (Math.acos(Math.min(1, straight)) * 180) / Math.PI;
  if (degrees <= LARGEST_TILT) return;
  throw new ImageError(
    'unsupported',
    `the stack is sheared by ${round(degrees)} degrees (gantry tilt): its slices do not lie behind each other`,
  );
}

/** Columns of an LPS matrix as the first three rows of a row-major RAS affine. */
function lpsToRas(columns: readonly number[][]): number[] {
  return [-1, -1, 1].flatMap((sign, row) => columns.map((column) => sign * column[row] || 0));
}

const dot = (a: readonly number[], b: readonly number[]) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
const scaled = (a: readonly number[], factor: number) => a.map((value) => value * factor);
const round = (value: number) => Math.round(value * 1000) / 1000;

function cross([a, b, c]: readonly number[], [x, y, z]: readonly number[]): number[] {
  return [b * z - c * y, c * x - a * z, a * y - b * x];
}
