import type { Affine } from '../volume';

/** Where the voxels lie, as ITK's formats say it: LPS millimetres (x to the left, y to the back). */
export interface LpsGeometry {
  /** Centre of the first voxel. */
  origin: number[];
  /** Step from one voxel to the next along each axis, in mm: three vectors. */
  steps: number[][];
}

/** The geometry of an affine (voxel -> RAS mm): the first two world axes change sign. */
export function lpsOf(affine: Affine): LpsGeometry {
  const column = (c: number) => [-affine[c] || 0, -affine[4 + c] || 0, affine[8 + c] || 0];
  return { origin: column(3), steps: [column(0), column(1), column(2)] };
}

/** What turns coordinates of a space into RAS: the sign of each of its axes. */
export type Signs = readonly [number, number, number];
export const LPS_SIGNS: Signs = [-1, -1, 1];

/**
 * The affine (voxel -> RAS mm) of an image of two or three axes in a space of two or three dimensions. An image of two axes in three dimensions
 * gets a third axis of 1 mm across them.
 *
 * @returns undefined when the axes do not span space
 */
export function affineOfSteps({ origin, steps }: LpsGeometry, signs: Signs = LPS_SIGNS): Affine | undefined {
  const columns = steps.map((step) => [step[0], step[1], step[2] ?? 0]);
  if (columns.length === 2) columns.push(across(columns[0], columns[1]));
  const [a, b, c] = columns.map((column) => column.map((value) => value / Math.hypot(...column)));
  const volume = dot(a, cross(b, c));
  if (!(Math.abs(volume) > 1e-9)) return undefined;
  const row = (r: number) => [...columns.map((column) => column[r]), origin[r] ?? 0].map((v) => signs[r] * v || 0);
  return [...row(0), ...row(1), ...row(2), 0, 0, 0, 1];
}

/** A vector of length 1 that is orthogonal to both; in the plane of the first two axes of space, the third axis. */
function across(a: readonly number[], b: readonly number[]): number[] {
  if (a[2] === 0 && b[2] === 0) return [0, 0, 1];
  const vector = cross(a, b);
  return vector.map((value) => value / Math.hypot(...vector));
}

function cross(a: readonly number[], b: readonly number[]): number[] {
  return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}
