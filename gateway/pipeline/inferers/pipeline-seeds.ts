import { largestComponents } from '../../imaging/ops/labels/components';
import { deepestVoxel } from '../../imaging/ops/labels/deepest-voxel';
import type { NumericArray, Volume } from '../../imaging/volume';
import type { Clicks } from '../../transforms/points/clicks';

/** What the 2-D model is asked about one slice: clicks [i, j, k] of the file. */
export interface SeededSlice extends Clicks {
  slice: number;
}

/** Slices in which the largest part of the mask is smaller than this many voxels get no seed. */
const FEWEST_VOXELS = 10;

/**
 * A seed for every slice of a rough mask: the voxel of the slice's largest component that lies deepest inside it. The reference draws its
 * points at random, weighted by the distance transform; this is the most likely of them, and the same in every run.
 * Slices on which the client clicked foreground are asked about too, also where the mask has no voxel on them.
 *
 * @param mask axes XYZ, above zero is inside
 */
export function seedSlices(mask: Volume, clicks: Clicks): SeededSlice[] {
  const [nx, ny, nz] = mask.shape;
  const onSlice = (points: number[][], slice: number) => points.filter((point) => point[2] === slice);
  const slices: SeededSlice[] = [];
  for (let slice = 0; slice < nz; slice++) {
    const seed = seedOf(mask, slice, nx, ny);
    const foreground = [...(seed ? [[...seed, slice]] : []), ...onSlice(clicks.foreground, slice)];
    if (foreground.length > 0) slices.push({ slice, foreground, background: onSlice(clicks.background, slice) });
  }
  return slices;
}

function seedOf(mask: Volume, slice: number, nx: number, ny: number): [number, number] | undefined {
  const data = mask.data.subarray(slice * mask.strides[2]) as NumericArray;
  const plane: Volume = { ...mask, data, shape: [nx, ny], strides: mask.strides.slice(0, 2), axes: 'XY' };
  const component = largestComponents(plane, 'faces');
  let voxels = 0;
  for (let at = 0; at < component.length; at++) voxels += component[at];
  return voxels < FEWEST_VOXELS ? undefined : deepestVoxel(component, nx, ny);
}
