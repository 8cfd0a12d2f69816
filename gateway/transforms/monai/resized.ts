import { z } from 'zod';
import { roundHalfEven } from '../../imaging/ops/intensity/round-half-even';
import { smoothGaussian } from '../../imaging/ops/intensity/smooth-gaussian';
import type { Volume } from '../../imaging/volume';
import { keysArguments, lazyArgument, perKey, stringyBoolean, valueFor } from '../arguments';
import { defineTransform } from '../definition';
import { resamplingType } from '../element-type';
import { dense } from '../map-voxels';
import { actedAxes, actedShape, resampledLetters } from './depth-first';
import { forEachKey } from './for-each-key';
import { interpolationMode, resizeActed, unresized, type ResizeState } from './resize-to';

const sigmas = z.union([z.number().min(0), z.array(z.number().min(0)).min(1).max(3)]);

export const resized = defineTransform({
  name: 'Resized',
  dialect: 'monai',
  summary:
    'Resizes the spatial axes to given lengths: mean of the area, nearest or linear. `anti_aliasing` smooths axes that get shorter first, by sigma (old / new length - 1) / 2 or `anti_aliasing_sigma` (one for all keys and axes, or a list with one per key, each a number or one per axis).',
  source: 'transforms.md §7.2; MONAI 0.8.1 (anti-aliasing: 1.5.2), torch interpolate',
  args: z.strictObject({
    ...keysArguments,
    spatial_size: z.union([z.number().int(), z.array(z.number().int()).min(1).max(3)]),
    size_mode: z.enum(['all', 'longest']).default('all'),
    mode: perKey(interpolationMode).default('area'),
    align_corners: perKey(stringyBoolean.nullable()).default(null),
    anti_aliasing: perKey(stringyBoolean).default(false),
    anti_aliasing_sigma: z
      .union([sigmas, z.array(z.union([sigmas, z.null()])).min(1)])
      .nullable()
      .default(null),
    dtype: resamplingType,
    ...lazyArgument,
  }),
  apply(sample, args) {
    forEachKey(sample, args, (volume, index, key) => {
      const lengths = actedShape(volume);
      const target = targetLengths(volume, args.spatial_size, args.size_mode);
      const mode = valueFor(args.mode, index);
      const alignCorners = valueFor(args.align_corners, index) ?? false;
      const state: ResizeState = { lengths, affine: volume.affine, mode, alignCorners };
      sample.history.push({ transform: 'Resized', field: key, state });
      const sigma = sigmaFor(args.anti_aliasing_sigma, index);
      const smooth = valueFor(args.anti_aliasing, index) ? smoothed(volume, target, sigma) : volume;
      return resizeActed(smooth, target, mode, alignCorners);
    });
  },
  invert: unresized,
});

type Sigmas = number | readonly (number | null | readonly number[])[] | null;

/** A list is one value per key, as MONAI has it: numbers for the axes are a list within it. */
function sigmaFor(given: Sigmas, index: number): number | readonly number[] | null {
  return valueFor(given as Exclude<Sigmas, null>, index) as number | readonly number[] | null;
}

/** Smoothed along the axes that get shorter. @param sigma in voxels, for all axes or each; null for the default of scikit-image's `resize` */
function smoothed(volume: Volume, target: readonly number[], sigma: number | readonly number[] | null): Volume {
  const axes = actedAxes(volume);
  if (Array.isArray(sigma) && sigma.length !== axes.length)
    throw new Error(`anti_aliasing_sigma has ${sigma.length} numbers, the image has ${axes.length} spatial axes`);
  const sigmaOf = (n: number) => {
    const factor = volume.shape[axes[n]] / target[n];
    if (factor <= 1) return 0;
    return sigma === null ? (factor - 1) / 2 : typeof sigma === 'number' ? sigma : sigma[n];
  };
  const all = volume.shape.map((_, d) => (axes.includes(d) ? sigmaOf(axes.indexOf(d)) : 0));
  return all.every((one) => one === 0) ? volume : smoothGaussian(dense(volume), all);
}

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
