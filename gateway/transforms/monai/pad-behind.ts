import { cutBox } from '../../imaging/kernels/cut-box';
import type { Padding } from '../../imaging/kernels/gather';
import { spatialAxes, type Volume } from '../../imaging/volume';

/**
 * The volume with as many voxels of padding behind each spatial axis as a resampled grid can reach beyond it: half a step, and one for the
 * neighbour. Voxel 0 stays on voxel 0, so nothing is needed in front.
 *
 * @param steps old voxels per new one, per spatial axis
 */
export function padBehind(volume: Volume, steps: readonly number[], mode: Padding['mode']): Volume {
  // Resampling repeats the edge by itself.
  if (mode === 'replicate') return volume;
  const size = [...volume.shape];
  spatialAxes(volume).forEach((d, n) => (size[d] += Math.ceil(steps[n] / 2) + 1));
  return cutBox(volume, size.map(() => 0), size, { mode });
} // prettier-ignore
