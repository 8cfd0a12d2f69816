import { z } from 'zod';
import { invert, multiply, spacingOf } from '../../imaging/affine';
import { nearestSpacingMap, spacingMap } from '../../imaging/kernels/axis-maps';
import type { Padding } from '../../imaging/kernels/gather';
import { resampleLinear } from '../../imaging/kernels/resample-linear';
import { resampleNearest } from '../../imaging/kernels/resample-nearest';
import { spatialLetters, spatialShape, type Affine, type Volume } from '../../imaging/volume';
import { keysArguments, lazyArgument, metadataArguments, perKey, stringyBoolean, valueFor } from '../arguments';
import { defineTransform } from '../definition';
import { resamplingType } from '../element-type';
import { resampleBySteps } from '../resize';
import { resampledLetters } from './depth-first';
import { forEachKey } from './for-each-key';
import { padBehind } from './pad-behind';
import { isSkewed, resampleAlongWorld, resampleSkewed, sampleThrough, type SamplingOptions } from './skewed-spacing';

/** Ratios this close to 1 on every axis leave the voxels as they are (numpy's allclose with atol 1e-3). */
const SAME_RATIO = 1.01e-3;

/** mm by which a spacing may lie outside of `min_pixdim` and `max_pixdim`. */
const SPACING_NOISE = 1e-3;

/** What it leaves for its inverse. */
interface SpacingState {
  /** Spatial lengths before, in the order of the array. */
  shape: readonly number[];
  affine?: Affine;
  /** Old voxels per new one along each axis; null where the grid was not resampled axis by axis. */
  steps: number[] | null;
  nearest: boolean;
  padding: Padding['mode'];
  stretched: boolean;
}

interface Resampled {
  volume: Volume;
  steps: number[] | null;
}

const pads = ['border', 'zeros', 'reflection'] as const;

/** torch's `grid_sample` reflects at the end of the last voxel, or with `align_corners` at its middle. */
const paddings: Record<(typeof pads)[number], (alignCorners: boolean) => Padding['mode']> = {
  border: () => 'replicate',
  zeros: () => 'constant',
  reflection: (alignCorners) => (alignCorners ? 'reflect' : 'symmetric'),
};

const range = z
  .union([z.number(), z.array(z.number().nullable())])
  .nullable()
  .default(null);

export const spacingd = defineTransform({
  name: 'Spacingd',
  dialect: 'monai',
  summary:
    'Resamples to a voxel size in mm, voxel 0 staying on voxel 0; the affine follows. `diagonal` turns the axes to those of the world as well. Depth that plays the channels is left alone.',
  source:
    'transforms.md §7.2 M; MONAI 0.8.1, in bundles 1.5.2 (there a short pixdim goes on with its last number, and align_corners moves the samples)',
  args: z.strictObject({
    ...keysArguments,
    pixdim: z.union([z.number(), z.array(z.number()).min(1)]),
    diagonal: stringyBoolean.default(false),
    mode: perKey(z.enum(['bilinear', 'nearest'])).default('bilinear'),
    padding_mode: perKey(z.enum(pads, { error: `expected one of ${pads.join(', ')}` })).default('border'),
    align_corners: perKey(stringyBoolean.nullable()).default(false),
    dtype: resamplingType,
    ensure_same_shape: stringyBoolean.default(true),
    min_pixdim: range,
    max_pixdim: range,
    scale_extent: z.literal(false, { error: 'voxel 0 stays on voxel 0' }).default(false),
    recompute_affine: z.literal(false, { error: 'the affine is always the one of the new grid' }).default(false),
    ...lazyArgument,
    ...metadataArguments,
  }),
  apply(sample, args, { monai = 0 }) {
    forEachKey(sample, args, (volume, index, key) => {
      const nearest = valueFor(args.mode, index) === 'nearest';
      const alignCorners = valueFor(args.align_corners, index) === true;
      const padding = paddings[valueFor(args.padding_mode, index)](alignCorners);
      // Only from MONAI 1.0 on do aligned corners move the samples.
      const stretched = alignCorners && monai >= 1;
      const target = targetSpacing(volume, args, monai);
      const resampled = toSpacing(volume, target, { nearest, padding, stretched, diagonal: args.diagonal });
      const shape = spatialShape(volume);
      const state: SpacingState = { shape, affine: volume.affine, steps: resampled.steps, nearest, padding, stretched };
      sample.history.push({ transform: 'Spacingd', field: key, state });
      return resampled.volume;
    });
  },
  invert: unspaced,
});

interface SpacingOptions extends SamplingOptions {
  diagonal: boolean;
}

interface PixdimArguments {
  pixdim: number | readonly number[];
  min_pixdim: number | readonly (number | null)[] | null;
  max_pixdim: number | readonly (number | null)[] | null;
}

/**
 * Voxel size in mm to resample to, for X, Y and Z. The numbers given are for the axes that are resampled, in the order of the array: a list
 * that is too short goes on with 1.0, or from MONAI 1.0 on with its last number; values <= 0 keep an axis as it is, and so does a spacing
 * between `min_pixdim` and `max_pixdim`.
 */
function targetSpacing(volume: Volume, args: PixdimArguments, monai: number): number[] {
  const pixdim = [args.pixdim].flat();
  const [least, most] = [[args.min_pixdim].flat(), [args.max_pixdim].flat()];
  const letters = resampledLetters(volume);
  const spacing = volume.affine ? spacingOf(volume.affine) : [1, 1, 1];
  return [...'XYZ'].map((letter, d) => {
    const at = letters.indexOf(letter);
    const wanted = pixdim[at] ?? (monai >= 1 ? pixdim[pixdim.length - 1] : 1);
    const low = Math.min(least[at] ?? wanted, wanted) - SPACING_NOISE;
    const high = Math.max(most[at] ?? wanted, wanted) + SPACING_NOISE;
    const keeps = at < 0 || wanted <= 0 || (spacing[d] >= low && spacing[d] <= high && hasRange(args));
    return keeps ? spacing[d] : wanted;
  });
}

const hasRange = ({ min_pixdim: least, max_pixdim: most }: PixdimArguments) => least !== null || most !== null;

/** @param target mm per axis X, Y, Z */
function toSpacing(volume: Volume, target: readonly number[], options: SpacingOptions): Resampled {
  const { nearest, padding, stretched } = options;
  const letters = resampledLetters(volume);
  const spacing = volume.affine ? spacingOf(volume.affine) : [1, 1, 1];
  const skewed = volume.affine && letters === 'XYZ' && isSkewed(volume.affine);
  const same = target.every((wanted, d) => Math.abs(wanted / spacing[d] - 1) <= SAME_RATIO);
  if (volume.affine && (skewed || options.diagonal || (stretched && !same))) {
    if (letters !== 'XYZ')
      throw new Error(`${options.diagonal ? 'diagonal' : 'align_corners'} needs three spatial axes in file order, the image has ${volume.axes}`);
    const resample = options.diagonal ? resampleAlongWorld : resampleSkewed;
    return { volume: resample(volume, volume.affine, target, options), steps: null };
  }

  const steps = [...spatialLetters(volume)].map((letter) => {
    const d = 'XYZ'.indexOf(letter);
    return target[d] / spacing[d];
  });
  const affine = volume.affine && withSpacing(volume.affine, spacing, target);
  if (steps.every((step) => Math.abs(step - 1) <= SAME_RATIO)) return { volume: { ...volume, affine }, steps: steps.map(() => 1) };
  const padded = padBehind(volume, steps, padding);
  return { volume: { ...resampleBySteps(padded, steps, nearest, spatialShape(volume)), affine }, steps };
} // prettier-ignore

/** Same origin and directions, other lengths of the columns. */
function withSpacing(affine: Affine, spacing: readonly number[], target: readonly number[]): Affine {
  return affine.map((value, i) => (i < 12 && i % 4 < 3 ? (value / spacing[i % 4]) * target[i % 4] : value));
}

/** Back to the old grid: sample i is taken at `i / step` of the new one, with the padding of the way there. */
function unspaced(volume: Volume, state: unknown, nearest: boolean): Volume {
  const { shape, affine, steps, nearest: wasNearest, padding, stretched } = state as SpacingState;
  const byVoxel = nearest || wasNearest;
  if (!steps) {
    if (!volume.affine || !affine) throw new Error('a turned or sheared grid cannot be undone without the affine of the image');
    const toNew = multiply(invert(volume.affine), affine);
    return { ...sampleThrough(volume, toNew, shape, { nearest: byVoxel, padding, stretched }), affine };
  }
  const lengths = spatialShape(volume);
  if (lengths.every((n, d) => steps[d] === 1 && n === shape[d])) return { ...volume, affine };
  const padded = padBehind(volume, steps.map((step) => 1 / step), padding);
  const each = <T>(map: (n: number, m: number, step: number) => T) =>
    spatialShape(padded).map((n, d) => (steps[d] === 1 && n === shape[d] ? undefined : map(n, shape[d], 1 / steps[d])));
  const back = byVoxel ? resampleNearest(padded, each(nearestSpacingMap)) : resampleLinear(padded, each(spacingMap));
  return { ...back, affine };
} // prettier-ignore
