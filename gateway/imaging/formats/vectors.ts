import type { Affine } from '../volume';

export type Vector = readonly number[];

export const dot = (a: Vector, b: Vector) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
export const lengthOf = (a: Vector) => Math.hypot(a[0], a[1], a[2]);
export const scaled = (a: Vector, factor: number) => a.map((value) => value * factor);
export const along = (a: Vector, b: Vector, factor: number) => a.map((value, d) => value + factor * b[d]);
export const unit = (a: Vector) => scaled(a, 1 / lengthOf(a));
export const cross = ([a, b, c]: Vector, [x, y, z]: Vector) => [b * z - c * y, c * x - a * z, a * y - b * x];

/** Unit vector across a plane: direction of a row x direction of a column, given one after the other. */
export const normalOf = (orientation: Vector) => unit(cross(orientation.slice(0, 3), orientation.slice(3)));

/** The signs that turn coordinates of a space into RAS, one for each of its axes. */
export type Signs = readonly [number, number, number];
export const LPS_SIGNS: Signs = [-1, -1, 1];

/** Where voxels lie in a space: in DICOM and ITK's formats LPS (x to the left, y to the back). Lengths in mm. */
export interface VoxelGrid {
  origin: Vector;
  /** Step from one voxel to the next along each axis: three vectors, or two of an image of two dimensions. */
  steps: readonly Vector[];
}

export function rasAffine({ origin, steps }: VoxelGrid, signs: Signs = LPS_SIGNS): Affine {
  const row = (r: number) => [...steps, origin].map((column) => signs[r] * (column[r] ?? 0) || 0);
  return [...row(0), ...row(1), ...row(2), 0, 0, 0, 1];
}

/** The LPS placement of an affine (voxel -> RAS mm): the first two world axes change sign. */
export function lpsOf(affine: Affine): VoxelGrid {
  const column = (c: number) => [-affine[c] || 0, -affine[4 + c] || 0, affine[8 + c] || 0];
  return { origin: column(3), steps: [column(0), column(1), column(2)] };
}

/** The affine of two or three axes, two in 3-D with a third of 1 mm across them; undefined when the axes do not span space. */
export function spanningAffine({ origin, steps }: VoxelGrid, signs?: Signs): Affine | undefined {
  const columns = steps.map((step) => [step[0], step[1], step[2] ?? 0]);
  if (columns.length === 2) columns.push(across(columns[0], columns[1]));
  const [a, b, c] = columns.map((column) => column.map((value) => value / Math.hypot(...column)));
  const volume = dot(a, cross(b, c));
  return Math.abs(volume) > 1e-9 ? rasAffine({ origin, steps: columns }, signs) : undefined;
}

/** A vector of length 1 that is orthogonal to both; in the plane of the first two axes of space, the third axis. */
function across(a: Vector, b: Vector): number[] {
  if (a[2] === 0 && b[2] === 0) return [0, 0, 1];
  const vector = cross(a, b);
  return vector.map((value) => value / Math.hypot(...vector));
}
