import { z } from 'zod';
import { alignCornersMap, halfPixelMap, nearestFloat32Map, nearestMap } from '../../imaging/ops/resample/axis-maps';
import { areaMap, resampleArea } from '../../imaging/ops/resample/resample-area';
import { resampleLinear } from '../../imaging/ops/resample/resample-linear';
import { resampleNearest } from '../../imaging/ops/resample/resample-nearest';
import { spatialLetters, spatialShape, type Affine, type Volume } from '../../imaging/volume';
import { actedShape } from './depth-first';

/** What torch's `interpolate` can be asked for here. */
export const interpolationMode = z.enum(['area', 'nearest', 'nearest-exact', 'linear', 'bilinear', 'trilinear']);
export type InterpolationMode = z.infer<typeof interpolationMode>;

/** What a resize leaves for its inverse. */
export interface ResizeState {
  /** Lengths of the acted axes before it. */
  lengths: readonly number[];
  affine?: Affine;
  mode: InterpolationMode;
  alignCorners: boolean;
}

/** Resizes the spatial axes (not a depth that plays the channels) to `lengths`; the affine follows the middles of the voxels. */
export function resizeActed(
  volume: Volume,
  lengths: readonly number[],
  mode: InterpolationMode,
  alignCorners: boolean,
): Volume {
  const current = spatialShape(volume);
  const target = [...current.slice(0, current.length - lengths.length), ...lengths];
  if (current.every((n, d) => n === target[d])) return volume;
  return {
    ...resample(volume, current, target, mode, alignCorners),
    affine: resizedAffine(
      volume,
      current,
      target,
      alignCorners && !['area', 'nearest', 'nearest-exact'].includes(mode),
    ),
  };
}

/** Undoes a resize in the mode it was made with, or with the nearest voxel. */
export function unresized(volume: Volume, state: unknown, nearest: boolean): Volume {
  const { lengths, affine, mode, alignCorners } = state as ResizeState;
  if (actedShape(volume).length !== lengths.length)
    throw new Error(`an image with the axes ${volume.axes} cannot be brought back to [${lengths.join(', ')}]`);
  return { ...resizeActed(volume, lengths, nearest ? 'nearest' : mode, alignCorners), affine };
}

function resample(volume: Volume, current: readonly number[], target: readonly number[], mode: InterpolationMode, alignCorners: boolean): Volume {
  const each = <T>(map: (n: number, m: number) => T) => current.map((n, d) => (n === target[d] ? undefined : map(n, target[d])));
  if (mode === 'area') return resampleArea(volume, each(areaMap));
  if (mode === 'nearest') return resampleNearest(volume, each(nearestFloat32Map));
  if (mode === 'nearest-exact') return resampleNearest(volume, each(nearestMap));
  return resampleLinear(volume, each(alignCorners ? alignCornersMap : halfPixelMap));
} // prettier-ignore

/**
 * Both grids span the same box: index j of an axis lies at `(j + 0.5) * n / m - 0.5` of the old one, or with aligned corners at
 * `j * (n - 1) / (m - 1)`.
 */
function resizedAffine(
  volume: Volume,
  current: readonly number[],
  target: readonly number[],
  alignCorners: boolean,
): Affine | undefined {
  const { affine } = volume;
  if (!affine) return undefined;
  const letters = spatialLetters(volume);
  const step = [...'XYZ'].map((letter) => {
    const d = letters.indexOf(letter);
    if (d < 0) return 1;
    return alignCorners && target[d] > 1 ? (current[d] - 1) / (target[d] - 1) : current[d] / target[d];
  });
  const first = (d: number) => (alignCorners && target[letters.indexOf('XYZ'[d])] > 1 ? 0 : (step[d] - 1) / 2);
  return affine.map((value, i) => {
    if (i >= 12) return value;
    if (i % 4 < 3) return value * step[i % 4];
    return step.reduce((sum, _, d) => sum + affine[i - 3 + d] * first(d), value);
  });
}
