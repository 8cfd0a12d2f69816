import { z } from 'zod';
import {
  alignCornersMap,
  halfPixelMap,
  nearestFloat32Map,
  nearestMap,
  roundHalfEven,
} from '../../imaging/kernels/axis-maps';
import { areaMap, resampleArea } from '../../imaging/kernels/resample-area';
import { resampleLinear } from '../../imaging/kernels/resample-linear';
import { resampleNearest } from '../../imaging/kernels/resample-nearest';
import { spatialLetters, spatialShape, type Volume } from '../../imaging/volume';
import { keysArguments, perKey, stringyBoolean, valueFor } from '../arguments';
import { defineTransform } from '../definition';
import { resampledLetters } from './depth-first';
import { forEachKey } from './for-each-key';

const modes = ['area', 'nearest', 'nearest-exact', 'linear', 'bilinear', 'trilinear'] as const;
type Mode = (typeof modes)[number];

export const resized = defineTransform({
  name: 'Resized',
  dialect: 'monai',
  summary: 'Resizes the spatial axes to given lengths: mean of the area, nearest or linear.',
  source: 'transforms.md §7.2; MONAI 0.8.1, torch interpolate',
  args: z.strictObject({
    ...keysArguments,
    spatial_size: z.union([z.number().int(), z.array(z.number().int()).min(1).max(3)]),
    size_mode: z.enum(['all', 'longest']).default('all'),
    mode: perKey(z.enum(modes)).default('area'),
    align_corners: perKey(stringyBoolean.nullable()).default(null),
    anti_aliasing: z.literal(false).optional(),
  }),
  apply(sample, args) {
    forEachKey(sample, args, (volume, index, key) => {
      const lengths = targetLengths(volume, args.spatial_size, args.size_mode);
      sample.history.push({ transform: 'Resized', field: key, state: { shape: volume.shape } });
      return resizeTo(volume, lengths, valueFor(args.mode, index), valueFor(args.align_corners, index) ?? false);
    });
  },
});

/** New lengths of all spatial axes, in the order of the array; values <= 0 keep an axis, `longest` scales all by size / longest. */
function targetLengths(volume: Volume, size: number | readonly number[], sizeMode: 'all' | 'longest'): number[] {
  const letters = resampledLetters(volume);
  const kept = spatialLetters(volume).length - letters.length;
  const current = spatialShape(volume);
  const resizable = current.slice(kept);
  if (sizeMode === 'longest') {
    if (typeof size !== 'number') throw new Error('size_mode "longest" needs one number as spatial_size');
    const scale = size / Math.max(...resizable);
    return [...current.slice(0, kept), ...resizable.map((n) => Math.max(1, roundHalfEven(n * scale)))];
  }
  const wanted = typeof size === 'number' ? resizable.map(() => size) : size;
  if (wanted.length !== resizable.length)
    throw new Error(`spatial_size has ${wanted.length} numbers, the image has the axes ${letters} to resize`);
  return [...current.slice(0, kept), ...resizable.map((n, d) => (wanted[d] > 0 ? wanted[d] : n))];
}

function resizeTo(volume: Volume, lengths: readonly number[], mode: Mode, alignCorners: boolean): Volume {
  const current = spatialShape(volume);
  if (current.every((n, d) => n === lengths[d])) return volume;
  const each = <T>(map: (n: number, m: number) => T) =>
    current.map((n, d) => (n === lengths[d] ? undefined : map(n, lengths[d])));
  if (mode === 'area') return resampleArea(volume, each(areaMap));
  if (mode === 'nearest') return resampleNearest(volume, each(nearestFloat32Map));
  if (mode === 'nearest-exact') return resampleNearest(volume, each(nearestMap));
  return resampleLinear(volume, each(alignCorners ? alignCornersMap : halfPixelMap));
}
