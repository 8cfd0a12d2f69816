import { z } from 'zod';
import { roundHalfEven } from '../../imaging/kernels/axis-maps';
import type { Volume } from '../../imaging/volume';
import { keysArguments, perKey, stringyBoolean, valueFor } from '../arguments';
import { defineTransform } from '../definition';
import { actedShape, resampledLetters } from './depth-first';
import { forEachKey } from './for-each-key';
import { interpolationMode, resizeActed, unresized, type ResizeState } from './resize-to';

const noAntiAliasing = z.literal(false, {
  error: 'images are not smoothed before they are made smaller; put GaussianSmoothd in front',
});

export const resized = defineTransform({
  name: 'Resized',
  dialect: 'monai',
  summary: 'Resizes the spatial axes to given lengths: mean of the area, nearest or linear.',
  source: 'transforms.md §7.2; MONAI 0.8.1, torch interpolate',
  args: z.strictObject({
    ...keysArguments,
    spatial_size: z.union([z.number().int(), z.array(z.number().int()).min(1).max(3)]),
    size_mode: z.enum(['all', 'longest']).default('all'),
    mode: perKey(interpolationMode).default('area'),
    align_corners: perKey(stringyBoolean.nullable()).default(null),
    anti_aliasing: perKey(noAntiAliasing).default(false),
    anti_aliasing_sigma: z.unknown().optional(),
    dtype: z.unknown().optional(),
    lazy: z.unknown().optional(),
  }),
  apply(sample, args) {
    forEachKey(sample, args, (volume, index, key) => {
      const lengths = actedShape(volume);
      const target = targetLengths(volume, args.spatial_size, args.size_mode);
      const mode = valueFor(args.mode, index);
      const alignCorners = valueFor(args.align_corners, index) ?? false;
      const state: ResizeState = { lengths, affine: volume.affine, mode, alignCorners };
      sample.history.push({ transform: 'Resized', field: key, state });
      return resizeActed(volume, target, mode, alignCorners);
    });
  },
  invert: unresized,
});

/** New lengths of the resized axes, in the order of the array; values <= 0 keep an axis, `longest` scales all by size / longest. */
function targetLengths(volume: Volume, size: number | readonly number[], sizeMode: 'all' | 'longest'): number[] {
  const lengths = actedShape(volume);
  if (sizeMode === 'longest') {
    if (typeof size !== 'number') throw new Error('size_mode "longest" needs one number as spatial_size');
    const scale = size / Math.max(...lengths);
    return lengths.map((n) => Math.max(1, roundHalfEven(n * scale)));
  }
  const wanted = typeof size === 'number' ? lengths.map(() => size) : size;
  if (wanted.length !== lengths.length)
    throw new Error(
      `spatial_size has ${wanted.length} numbers, the image has the axes ${resampledLetters(volume)} to resize`,
    );
  return lengths.map((n, d) => (wanted[d] > 0 ? wanted[d] : n));
}
