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
