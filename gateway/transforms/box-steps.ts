import { cutBox } from '../imaging/ops/crop/cut-box';
import { channelCount, spatialAxes, spatialShape, type Volume } from '../imaging/volume';
import type { Sample } from './sample';

/**
 * What a crop or a padding of Clara did to a grid: voxel i of the new one is voxel i + start of the old one. Lengths in voxels per spatial
 * axis. The affine stays that of the file (`transforms.md` §9 A3 says so of resampling), so whoever goes back needs no other.
 */
export interface BoxStep {
  start: number[];
  from: number[];
  to: number[];
}

const boxTransforms = ['CropForegroundObject', 'CropSubVolumeCenter', 'SymmetricPadderDiv'] as const;

/** Cuts the image of a field to a box, zeros outside it, and records the step; a box that is the whole image changes nothing. */
export function cutField(
  sample: Sample,
  transform: (typeof boxTransforms)[number],
  field: string,
  start: number[],
  to: number[],
): void {
  const volume = sample.volume(field);
  const from = spatialShape(volume);
  if (from.every((n, d) => start[d] === 0 && to[d] === n)) return;
  const state: BoxStep = { start, from, to };
  sample.history.push({ transform, field, state });
  sample.volumes.set(field, onSameAffine(volume, start, to));
}

/** The crops and paddings of a field, in the order they were applied. */
export function boxesOf(sample: Sample, field: string): BoxStep[] {
  return sample.history
    .filter((step) => step.field === field && boxTransforms.some((name) => name === step.transform))
    .map((step) => step.state as BoxStep);
}

/** Puts a volume of the grid behind the step back into the grid before it; where nothing is known, there are zeros. */
export function uncut(volume: Volume, { start, from }: BoxStep): Volume {
  return onSameAffine(
    volume,
    start.map((first) => -first),
    from,
  );
}

/** A box of all channels under the affine there was. @param start per spatial axis, in the order of the array; so is `size` */
function onSameAffine(volume: Volume, start: readonly number[], size: readonly number[]): Volume {
  const spatial = spatialAxes(volume);
  const along = (values: readonly number[], ofChannel: number) =>
    volume.shape.map((_, d) => (spatial.includes(d) ? values[spatial.indexOf(d)] : ofChannel));
  const cut = cutBox(volume, along(start, 0), along(size, channelCount(volume)));
  return { ...cut, affine: volume.affine };
}
