import {
  alignCornersMap,
  halfPixelMap,
  nearestAlignCornersMap,
  nearestMap,
  nearestSpacingMap,
  spacingMap,
} from '../imaging/ops/resample/axis-maps';
import { roundHalfEven } from '../imaging/ops/intensity/round-half-even';
import { resampleLinear } from '../imaging/ops/resample/resample-linear';
import { resampleNearest } from '../imaging/ops/resample/resample-nearest';
import { channelCount, spatialShape, type Volume } from '../imaging/volume';
import { checkVoxels } from '../imaging/voxel-limit';
import type { TransformOptions } from './definition';

type Resampling = TransformOptions['resampling'];

/**
 * The volume with its spatial axes resized to `target` (order of the array's axes); channels, affine and properties are kept.
 * Axes that keep their length are not touched; labels take the nearest voxel.
 *
 * The MONAI reading knows no way back from a shape alone, so there a resize to a shape puts first on first and last on last voxel.
 */
export function resizeToShape(
  volume: Volume,
  target: readonly number[],
  isLabel: boolean,
  resampling: Resampling,
): Volume {
  const current = spatialShape(volume);
  if (target.length !== current.length) {
    throw new Error(
      `cannot resize an image of shape [${current.join(', ')}] to [${target.join(', ')}]: the number of axes differs`,
    );
  }
  if (current.every((n, d) => n === target[d])) return volume;
  checkVoxels(current, target, channelCount(volume));
  const halfPixel = resampling === 'half-pixel';
  const each = <T>(map: (n: number, m: number) => T) =>
    current.map((n, d) => (n === target[d] ? undefined : map(n, target[d])));
  return isLabel
    ? resampleNearest(volume, each(halfPixel ? nearestMap : nearestAlignCornersMap))
    : resampleLinear(volume, each(halfPixel ? halfPixelMap : alignCornersMap));
}

/** The volume at another voxel size: new length = `n * spacing / target`, rounded half to even. Sizes in mm, per spatial axis. */
export function resizeToSpacing(volume: Volume, spacing: readonly number[], target: readonly number[], isLabel: boolean, resampling: Resampling): Volume {
  if (resampling === 'monai') return resampleBySteps(volume, spacing.map((s, d) => target[d] / s), isLabel);
  const lengths = spatialShape(volume).map((n, d) => Math.max(1, roundHalfEven((n * spacing[d]) / target[d])));
  return resizeToShape(volume, lengths, isLabel, resampling);
} // prettier-ignore

/**
 * MONAI's grid: voxel 0 stays on voxel 0, sample j is taken at `j * step`, length `round((n - 1) / step + 1)` (`transforms.md` §7.2 M).
 *
 * @param steps target spacing / spacing, per spatial axis
 */
function resampleBySteps(volume: Volume, steps: readonly number[], isLabel: boolean): Volume {
  const current = spatialShape(volume);
  const target = current.map((n, d) => (steps[d] === 1 ? n : Math.max(1, roundHalfEven((n - 1) / steps[d] + 1))));
  checkVoxels(current, target, channelCount(volume));
  const each = <T>(map: (n: number, m: number, step: number) => T) =>
    current.map((n, d) => (steps[d] === 1 ? undefined : map(n, target[d], steps[d])));
  return isLabel ? resampleNearest(volume, each(nearestSpacingMap)) : resampleLinear(volume, each(spacingMap));
}
