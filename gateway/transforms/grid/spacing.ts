import { z } from 'zod';
import { IDENTITY, invert, lengthsXYZ, multiply, spacingOf } from '../../imaging/geometry';
import { splineBytes } from '../../imaging/ops/resample/spline-passes';
import type { Padding } from '../../imaging/ops/copy/windows';
import { spatialLetters, type Affine, type Volume } from '../../imaging/volume';
import * as arg from '../arguments';
import { changeImages, monai } from '../definition';
import { AIAA_MONAI, monaiHas, type MonaiVersion } from '../monai-version';
import { resampledLetters } from './boxes';
import { sampleThrough, type SamplingOptions } from './grid-sampling';
import { spacingGrid, type GridOptions, type SpacingGrid } from './spacing-grid';

/** MONAI's tolerance for grids and spacings that are taken as equal: voxels, or mm. */
const NEAR = 1e-3;

/** The trace for its inverse. */
interface SpacingState extends SamplingOptions {
  /** Lengths before, X, Y, Z; 1 for an axis that the image does not have. */
  shape: readonly number[];
  affine?: Affine;
  /** Old voxels -> voxels of the new grid; undefined where the voxels stayed. */
  toNew?: Affine;
}

const pads = ['border', 'zeros', 'reflection'] as const;

/** torch's `grid_sample` reflects at the end of the last voxel, or with `align_corners` at its middle. */
const paddings: Record<(typeof pads)[number], (alignCorners: boolean) => Padding['mode']> = {
  border: () => 'replicate',
  zeros: () => 'constant',
  reflection: (alignCorners) => (alignCorners ? 'reflect' : 'symmetric'),
};

const spacingMode = z.union([z.enum(['bilinear', 'nearest', 'bicubic']), z.literal([0, 1, 3])], {
  error: 'expected "bilinear", "nearest", "bicubic", or an order of B-splines: 0, 1 or 3',
});

const range = arg.orNull(z.union([z.number(), z.array(z.number().nullable())]));
type Pixdims = Record<'min_pixdim' | 'max_pixdim', z.output<typeof range>> & { pixdim: number | number[] };

monai({
  name: 'Spacingd',
  coming: 'in order',
  summary:
    'Resamples to a voxel size in mm along the axes of the image (a sheared image along the nearest right-angled ones), or with `diagonal` along those of the world; the affine follows. `mode` 0, 1 or 3 are B-splines of that order, along the axes of the image; `bicubic` is for images of two axes. Where the new grid begins depends on the version of MONAI. Depth that plays the channels is left alone.',
  example: { pixdim: [1.5, 1.5, 2.0], mode: 'bilinear' },
  source: 'MONAI 0.8.1 to 1.6.1, SciPy 1.17 map_coordinates',
  args: arg
    .onKeys({
      pixdim: arg.oneOrMore(z.number()),
      diagonal: arg.off,
      mode: arg.perKey(spacingMode).default('bilinear'),
      padding_mode: arg.perKey(z.enum(pads, { error: `expected one of ${pads.join(', ')}` })).default('border'),
      align_corners: arg.perKey(arg.flag.nullable()).default(false),
      dtype: arg.resamplingType,
      ensure_same_shape: arg.flag.default(true),
      min_pixdim: range,
      max_pixdim: range,
      scale_extent: arg.perKey(arg.flag).default(false),
      recompute_affine: arg.off,
      ...arg.lazyArgument,
      ...arg.metadataArguments,
    })
    .refine((args) => !(args.diagonal && [args.scale_extent].flat().includes(true)), {
      error:
        'diagonal and scale_extent do not go together: the edges of the image are not those of a grid along the world',
    }),
  grid(volume, args, { monai: version = AIAA_MONAI }) {
    const options = { diagonal: args.diagonal, scaleExtent: arg.valueFor(args.scale_extent, 0), monai: version };
    const { shape, affine } = spacingGrid(
      lengthsXYZ(volume),
      gridAffine(volume),
      targetSpacing(volume, args, version),
      options,
    );
    const lengths = [...spatialLetters(volume)].map((letter) => shape['XYZ'.indexOf(letter)]);
    const isSpline = typeof arg.valueFor(args.mode, 0) === 'number';
    return { lengths, affine, work: isSpline ? splineBytes(lengthsXYZ(volume), shape) : 0 };
  },
  apply(sample, args, options) {
    const { monai: version = AIAA_MONAI } = options;
    let first: Resampled | undefined;
    changeImages('Spacingd', sample, args, options, (volume, { index, record, monaiHas: has }) => {
      const alignCorners = arg.valueFor(args.align_corners, index) === true;
      const mode = arg.valueFor(args.mode, index);
      const sampling: SamplingOptions = {
        nearest: mode === 'nearest',
        spline: mode === 'nearest' || mode === 'bilinear' ? undefined : mode,
        padding: paddings[arg.valueFor(args.padding_mode, index)](alignCorners),
        corners: !alignCorners ? 'apart' : has('aligned corners stretch') ? 'stretched' : 'aligned',
      };
      const grid: GridOptions & { recompute: boolean } = {
        diagonal: args.diagonal,
        scaleExtent: arg.valueFor(args.scale_extent, index),
        recompute: args.recompute_affine,
        monai: version,
      };
      const target = targetSpacing(volume, args, version);
      const asFirst =
        first && args.ensure_same_shape && has('equal images get equal lengths') && isLike(volume, first.from);
      const made = toSpacing(volume, target, grid, sampling, asFirst ? lengthsXYZ(first!.resampled) : undefined);
      first ??= made;
      const { affine } = volume;
      record({ ...sampling, shape: lengthsXYZ(volume), affine, toNew: made.toNew } satisfies SpacingState);
      return made.resampled;
    });
  },
  invert: unspaced,
});

/**
 * Voxel size in mm to resample to, for X, Y and Z. The numbers given are for the axes that are resampled, in the order of the array; values
 * <= 0 keep an axis as it is, and so does a spacing between `min_pixdim` and `max_pixdim`, or one that is near the wanted one.
 */
function targetSpacing(volume: Volume, args: Pixdims, monai: MonaiVersion): number[] {
  const pixdim = [args.pixdim].flat();
  const silent = monaiHas(monai, 'short pixdim repeats') ? pixdim[pixdim.length - 1] : 1;
  const [least, most] = [[args.min_pixdim].flat(), [args.max_pixdim].flat()];
  const hasRange = args.min_pixdim !== null || args.max_pixdim !== null || monaiHas(monai, 'near spacings stay');
  const letters = resampledLetters(volume);
  const now = spacingOf(volume.affine ?? IDENTITY);
  return [...'XYZ'].map((letter, d) => {
    const at = letters.indexOf(letter);
    const wanted = pixdim[at] ?? silent;
    const low = Math.min(least[at] ?? wanted, wanted) - NEAR;
    const high = Math.max(most[at] ?? wanted, wanted) + NEAR;
    const keeps = at < 0 || wanted <= 0 || (hasRange && now[d] >= low && now[d] <= high);
    return keeps ? now[d] : wanted;
  });
}

interface Resampled {
  from: Volume;
  resampled: Volume;
  toNew?: Affine;
}

/** Lengths and spacings are equal: grids that differ by rounding are to have the same lengths. */
function isLike(a: Volume, b: Volume): boolean {
  const [left, right] = [a, b].map((volume) => [...lengthsXYZ(volume), ...spacingOf(volume.affine ?? IDENTITY)]);
  return left.every((value, n) => Math.abs(value - right[n]) <= NEAR);
}

/** @param target mm per axis X, Y, Z @param lengths of the result. @default those of the grid */
function toSpacing(
  volume: Volume,
  target: readonly number[],
  options: GridOptions & { recompute: boolean },
  sampling: SamplingOptions,
  lengths?: readonly number[],
): Resampled {
  const shape = lengthsXYZ(volume);
  const made = spacingGrid(shape, gridAffine(volume), target, options);
  const grid = lengths ? { ...made, shape: lengths } : made;
  const affine = volume.affine && (options.recompute ? spanning(volume.affine, shape, grid.shape) : placed(volume, volume.affine, grid));
  if (staysAsItIs(volume, shape, grid, options.monai)) {
    const keepsAffine = !options.recompute && monaiHas(options.monai, 'unchanged grids keep their affine');
    return { from: volume, resampled: keepsAffine ? volume : { ...volume, affine } };
  }
  const resampled = { ...sampleThrough(volume, grid.toOld, grid.shape, sampling), affine };
  const toNew = options.recompute && affine ? multiply(invert(affine), volume.affine!) : grid.toNew;
  return { from: volume, resampled, toNew };
} // prettier-ignore

/** MONAI takes all axes of an image that has three; where slices play the channels, and of pictures, the lengths of the columns are enough. */
const gridAffine = (volume: Volume): Affine =>
  volume.affine && resampledLetters(volume) === 'XYZ'
    ? volume.affine
    : diagonalOf(spacingOf(volume.affine ?? IDENTITY));

const diagonalOf = (spacing: readonly number[]): Affine => IDENTITY.map((one, i) => one * (spacing[i / 5] ?? 1));

const placed = (volume: Volume, affine: Affine, grid: SpacingGrid): Affine =>
  resampledLetters(volume) === 'XYZ' ? grid.affine : multiply(affine, grid.toOld);

/** The affine of a grid of other lengths that spans the same box (`recompute_affine`). */
function spanning(affine: Affine, from: readonly number[], to: readonly number[]): Affine {
  const step = from.map((n, d) => n / to[d]);
  const toOld = IDENTITY.map((one, i) => (i % 4 === 3 && i < 12 ? (step[i >> 2] - 1) / 2 : one * (step[i / 5] ?? 1)));
  return multiply(affine, toOld);
}

/** True where MONAI returns the voxels it was given: 0.8 looks at the matrix only, not at the lengths. */
function staysAsItIs(volume: Volume, shape: readonly number[], grid: SpacingGrid, monai: MonaiVersion): boolean {
  const near = (a: Affine, b: Affine) => a.every((value, i) => Math.abs(value - b[i]) <= NEAR + 1e-5 * Math.abs(b[i]));
  if (!monaiHas(monai, 'unchanged grids keep their affine')) return near(grid.toOld, IDENTITY);
  return shape.every((n, d) => n === grid.shape[d]) && (near(gridAffine(volume), grid.affine) || near(grid.toOld, IDENTITY));
} // prettier-ignore

/** Back to the old grid, in the modes of the way there or by the nearest voxel. */
function unspaced(volume: Volume, state: unknown, nearest: boolean): Volume {
  const { shape, affine, toNew, nearest: wasNearest, ...sampling } = state as SpacingState;
  if (!toNew) return { ...volume, affine };
  return { ...sampleThrough(volume, toNew, shape, { ...sampling, nearest: nearest || wasNearest }), affine };
}
