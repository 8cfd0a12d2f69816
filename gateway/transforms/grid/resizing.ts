import { z } from 'zod';
import { roundHalfEven } from '../../imaging/ops/intensity/cast';
import { smoothGaussian } from '../../imaging/ops/intensity/gaussian';
import { alignCornersMap, halfPixelMap, nearestFloat32Map, nearestMap } from '../../imaging/ops/resample/axis-maps';
import { areaMap, resampleArea } from '../../imaging/ops/resample/resample-area';
import { resampleLinear } from '../../imaging/ops/resample/resample-linear';
import { resampleNearest } from '../../imaging/ops/resample/resample-nearest';
import { resampleSpline } from '../../imaging/ops/resample/resample-spline';
import { bicubicAxis, gridPlaces } from '../../imaging/ops/resample/spline-axis';
import { spatialLetters, spatialShape, type Affine, type Volume } from '../../imaging/volume';
import * as arg from '../arguments';
import { dense } from '../channels';
import { monai } from '../definition';
import type { Box } from '../../imaging/ops/crop/boxes';
import { actedAxes, actedShape, cutActed, paddingMode, paddingOf, resampledLetters } from './boxes';

/** The settings of torch's `interpolate` that are served; MONAI from 1.2 on takes orders of splines for three of its names. */
export const interpolationMode = z.union(
  [z.enum(['area', 'nearest', 'nearest-exact', 'linear', 'bilinear', 'trilinear', 'bicubic']), z.literal([0, 1, 3])],
  { error: 'expected the name of an interpolation of torch, for example "trilinear", or 0, 1 or 3' },
);
export type InterpolationMode = z.infer<typeof interpolationMode>;
const NAMES: Partial<Record<InterpolationMode, InterpolationMode>> = { 0: 'nearest-exact', 1: 'linear', 3: 'bicubic' };

/** torch interpolates pictures alone by cubics. */
const bicubicNeedsTwoAxes = {
  error: 'mode "bicubic" (3) takes images of two axes, as in torch: use "trilinear" for three',
};
const isCubicInThree = (mode: unknown, perAxis: unknown) =>
  Array.isArray(perAxis) && perAxis.length === 3 && [mode].flat().some((one) => one === 'bicubic' || one === 3);

/** `align_corners` of the steps that resize. */
export const alignCornersArgument = arg.perKey(arg.flag.nullable()).default(null);

/** The trace of a resize for its inverse. */
interface ResizeState {
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
  const named = NAMES[mode] ?? mode;
  if (named === 'bicubic' && lengths.length > 2) throw new Error(bicubicNeedsTwoAxes.error);
  const isLinear = !['area', 'nearest', 'nearest-exact'].includes(String(named));
  const affine = resizedAffine(volume, current, target, alignCorners && isLinear);
  return { ...resample(volume, current, target, named, alignCorners), affine };
}

/** Undoes a resize in the mode it was made with, or with the nearest voxel. */
function unresized(volume: Volume, state: unknown, nearest: boolean): Volume {
  const { lengths, affine, mode, alignCorners } = state as ResizeState;
  if (actedShape(volume).length !== lengths.length)
    throw new Error(`an image with the axes ${volume.axes} cannot be brought back to [${lengths.join(', ')}]`);
  return { ...resizeActed(volume, lengths, nearest ? 'nearest' : mode, alignCorners), affine };
}

function resample(
  volume: Volume,
  current: readonly number[],
  target: readonly number[],
  mode: InterpolationMode,
  alignCorners: boolean,
): Volume {
  const each = <T>(map: (n: number, m: number) => T) =>
    current.map((n, d) => (n === target[d] ? undefined : map(n, target[d])));
  if (mode === 'area') return resampleArea(volume, each(areaMap));
  if (mode === 'nearest') return resampleNearest(volume, each(nearestFloat32Map));
  if (mode === 'nearest-exact') return resampleNearest(volume, each(nearestMap));
  if (mode === 'bicubic') {
    const grid = alignCorners ? 'corners' : 'half-pixel';
    return resampleSpline(
      volume,
      each((n, m) => bicubicAxis(n, gridPlaces(n, m, grid), 'nearest')),
    );
  }
  return resampleLinear(volume, each(alignCorners ? alignCornersMap : halfPixelMap));
}

/** Both grids span the same box: index j is `(j + 0.5) * n / m - 0.5` of the old axis, or with aligned corners `j * (n - 1) / (m - 1)`. */
function resizedAffine(
  volume: Volume,
  current: readonly number[],
  target: readonly number[],
  alignCorners: boolean,
): Affine | undefined {
  const { affine } = volume;
  if (!affine) return undefined;
  const letters = spatialLetters(volume);
  const places = [...'XYZ'].map((letter) => {
    const d = letters.indexOf(letter);
    if (d < 0) return { step: 1, first: 0 };
    if (alignCorners && target[d] > 1) return { step: (current[d] - 1) / (target[d] - 1), first: 0 };
    const step = current[d] / target[d];
    return { step, first: (step - 1) / 2 };
  });
  return affine.map((value, i) => {
    if (i >= 12) return value;
    if (i % 4 < 3) return value * places[i % 4].step;
    return places.reduce((sum, { first }, d) => sum + affine[i - 3 + d] * first, value);
  });
}

const sigmas = z.union([z.number().min(0), z.array(z.number().min(0)).min(1).max(3)]);

monai({
  name: 'Resized',
  summary:
    'Resizes the spatial axes to given lengths: mean of the area, nearest, linear, or bicubic for two axes. `anti_aliasing` smooths axes that get shorter first, by sigma (old / new length - 1) / 2 or `anti_aliasing_sigma` (one for all keys and axes, or a list with one per key, each a number or one per axis).',
  example: { spatial_size: [128, 128, 128], mode: 'trilinear' },
  source: 'MONAI 0.8.1 (anti-aliasing: 1.5.2), torch interpolate',
  args: arg
    .onKeys({
      spatial_size: arg.perAxis(arg.integer),
      size_mode: z.enum(['all', 'longest']).default('all'),
      mode: arg.perKey(interpolationMode).default('area'),
      align_corners: alignCornersArgument,
      anti_aliasing: arg.perKey(arg.flag).default(false),
      anti_aliasing_sigma: arg.orNull(z.union([sigmas, z.array(z.union([sigmas, z.null()])).min(1)])),
      dtype: arg.resamplingType,
      ...arg.lazyArgument,
    })
    .refine(({ mode, spatial_size }) => !isCubicInThree(mode, spatial_size), bicubicNeedsTwoAxes),
  grid: (volume, args) => ({ lengths: targetLengths(volume, args.spatial_size, args.size_mode) }),
  change(volume, args, { index, record }) {
    const lengths = actedShape(volume);
    const target = targetLengths(volume, args.spatial_size, args.size_mode);
    const mode = arg.valueFor(args.mode, index);
    const alignCorners = arg.valueFor(args.align_corners, index) ?? false;
    record({ lengths, affine: volume.affine, mode, alignCorners } satisfies ResizeState);
    // A list is one value per key, as MONAI has it: numbers for the axes are a list within it.
    const sigma = arg.valueFor(args.anti_aliasing_sigma as Sigma, index);
    const smooth = arg.valueFor(args.anti_aliasing, index) ? smoothed(volume, target, sigma) : volume;
    return resizeActed(smooth, target, mode, alignCorners);
  },
  invert: unresized,
});

type Sigma = number | readonly number[] | null;

/** Smoothed along the axes that get shorter. @param sigma in voxels, for all axes or each; null for the default of scikit-image's `resize` */
function smoothed(volume: Volume, target: readonly number[], sigma: Sigma): Volume {
  const axes = actedAxes(volume);
  const given = sigma === null ? undefined : arg.eachAxis('anti_aliasing_sigma', sigma, axes.length);
  const all = volume.shape.map((length, d) => {
    const n = axes.indexOf(d);
    const factor = n < 0 ? 1 : length / target[n];
    return factor <= 1 ? 0 : (given?.[n] ?? (factor - 1) / 2);
  });
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
  if (wanted.length === lengths.length) return lengths.map((n, d) => (wanted[d] > 0 ? wanted[d] : n));
  throw new Error(
    `spatial_size has ${wanted.length} numbers, the image has the axes ${resampledLetters(volume)} to resize`,
  );
}

interface ZoomState extends ResizeState {
  /** Lengths after zooming, before the size was restored. */
  zoomed: readonly number[];
  box: Box;
}

monai({
  name: 'Zoomd',
  summary:
    'Resizes the spatial axes by factors (lengths are rounded down); `keep_size` then crops or pads to the old lengths.',
  example: { zoom: 0.5, keep_size: false },
  source: 'MONAI 0.8.1, in bundles 1.5.2',
  args: arg
    .onKeys({
      zoom: arg.perAxis(arg.positive),
      mode: arg.perKey(interpolationMode).default('area'),
      padding_mode: arg.perKey(paddingMode).default('edge'),
      align_corners: alignCornersArgument,
      keep_size: arg.flag.default(true),
      dtype: arg.resamplingType,
      ...arg.lazyArgument,
    })
    .refine(({ mode, zoom }) => !isCubicInThree(mode, zoom), bicubicNeedsTwoAxes),
  grid: (volume, { zoom }) => ({ lengths: zoomedLengths(actedShape(volume), zoom) }),
  change(volume, args, { index, record, monaiHas }) {
    const lengths = actedShape(volume);
    const mode = arg.valueFor(args.mode, index);
    const alignCorners = arg.valueFor(args.align_corners, index) ?? false;
    const zoomed = zoomedLengths(lengths, args.zoom);
    const aroundMiddle = monaiHas('zoom is cut around the middle voxel');
    const box = args.keep_size ? keptSize(lengths, zoomed, aroundMiddle) : { start: zoomed.map(() => 0), size: zoomed };
    record({ lengths, zoomed, box, affine: volume.affine, mode, alignCorners } satisfies ZoomState);
    return cutActed(
      resizeActed(volume, zoomed, mode, alignCorners),
      box,
      paddingOf(arg.valueFor(args.padding_mode, index)),
    );
  },
  invert(volume, state, nearest): Volume {
    const { zoomed, box } = state as ZoomState;
    const back = cutActed(volume, { start: box.start.map((first) => -first), size: zoomed });
    return unresized(back, state, nearest);
  },
});

function zoomedLengths(lengths: readonly number[], zoom: number | readonly number[]): number[] {
  const factors = arg.eachAxis('zoom', zoom, lengths.length);
  return lengths.map((n, d) => Math.max(1, Math.floor(n * factors[d])));
}

/** Half of what is missing or too much is in front, rounded down; from MONAI 0.9.1 on the cut is around the middle voxel, maybe one further on. */
function keptSize(lengths: readonly number[], zoomed: readonly number[], aroundMiddle: boolean): Box {
  const start = zoomed.map((m, d) => {
    const n = lengths[d];
    if (m < n) return -Math.floor((n - m) / 2);
    return aroundMiddle ? Math.floor(m / 2) - Math.floor(n / 2) : Math.floor((m - n) / 2);
  });
  return { start, size: lengths };
}
