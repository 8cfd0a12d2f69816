import { firstAxisFastest } from '../../volume';
import { findRuns, join, joinRuns, rootOf, type Connectivity } from './runs';

/**
 * Marks what the outside of a mask cannot reach: the mask and everything enclosed by it. The outside spreads over voxels of 0 from the
 * border of the array inwards, to neighbours as `connectivity` has them (`transforms.md` §7.2 `FillHolesd`).
 *
 * @param mask first axis fastest, 0 or 1; holes become 1, in place
 * @param shape two or three lengths
 */
export function fillHoles(mask: Uint8Array, shape: readonly number[], connectivity: Connectivity): void {
  const [nx, ny, nz = 1] = shape;
  const axes = shape.length < 3 ? 'XY' : 'XYZ';
  const runs = findRuns({ data: mask, shape, strides: firstAxisFastest(shape), axes, properties: {} }, 'others');
  const outside = runs.count;
  const parent = joinRuns(runs, shape, connectivity, 1);
  const atBorder = (index: number, n: number) => index === 0 || index === n - 1;
  for (let r = 0; r < ny * nz; r++) {
    const open = atBorder(r % ny, ny) || (shape.length === 3 && atBorder(Math.floor(r / ny), nz));
    for (let n = runs.firstOfRow[r]; n < runs.firstOfRow[r + 1]; n++)
      if (open || runs.start[n] === 0 || runs.end[n] === nx) join(parent, n, outside);
  }
  const open = rootOf(parent, outside);
  for (let r = 0; r < ny * nz; r++) {
    for (let n = runs.firstOfRow[r]; n < runs.firstOfRow[r + 1]; n++) {
      if (rootOf(parent, n) !== open) mask.fill(1, r * nx + runs.start[n], r * nx + runs.end[n]);
    }
  }
}
