import { z } from 'zod';
import { spatialAxes, spatialLetters, spatialShape, type NumericArray, type Volume } from '../../imaging/volume';
import { fieldName, integer, metadataArguments, onKeys, only, positive, withoutEffect } from '../arguments';
import { changeImages, monai } from '../definition';
import type { Sample } from '../sample';
import { requestClicks, requestSlice, requestSpatialSize, withClickChannels } from './clicks';

/** Clicks in the image's grid at that step, in the order of its spatial axes: [x, y] in a slice, [depth, x, y] in a depth-first volume. */
export interface Guidance {
  positive: number[][];
  negative: number[][];
  /** The slice that is segmented; absent in 3-D. */
  slice?: number;
}

/** The guidance in `field`. @throws Error when no step made one */
function guidanceOf(sample: Sample, field: string): Guidance {
  const guidance = sample.values.get(field);
  if (!guidance) throw new Error(`there is no guidance in "${field}": AddGuidanceFromPointsd must come first`);
  return guidance as Guidance;
}

/** Changes every point of the guidance in `field`. */
function moveGuidance(sample: Sample, field: string, move: (value: number, axis: number) => number): void {
  const { positive, negative, ...rest } = guidanceOf(sample, field);
  const moved = (points: number[][]) => points.map((point) => point.map(move));
  sample.values.set(field, { ...rest, positive: moved(positive), negative: moved(negative) } satisfies Guidance);
}

/** The crop that `SpatialCropGuidanced` made, in the order of the array's spatial axes. */
export interface GuidedCrop {
  /** Lengths before the crop. */
  shape: readonly number[];
  start: readonly number[];
  /** Not beyond the image. */
  end: readonly number[];
}

/** The crop around the clicks that was applied to `field` last, and the slice that was taken out of it. */
export function guidedSteps({ history }: Sample, field: string): { crop?: GuidedCrop; slice?: number } {
  const last = (name: string) => history.findLast((step) => step.transform === name && step.field === field)?.state;
  const fetched = last(fetch2DSliced.name) as { slice: number } | undefined;
  return { crop: last(spatialCropGuidanced.name) as GuidedCrop | undefined, slice: fetched?.slice };
}

const guidanceName = fieldName.default('guidance');
const depthFirst = only(0, 'only depth first is run: axis 0');
const rank = z.union([z.literal(2), z.literal(3)], { error: 'expected 2 or 3' }).optional();
const keyArgument = withoutEffect('metadata', z.string().optional());

/** Names of metadata under which MONAI's steps keep a crop. */
export const cropKeys = {
  ...metadataArguments,
  start_coord_key: keyArgument,
  end_coord_key: keyArgument,
  original_shape_key: keyArgument,
  cropped_shape_key: keyArgument,
};

monai({
  name: 'AddGuidanceFromPointsd',
  kind: 'clicks',
  summary:
    'Takes the request’s clicks into the grid of a depth-first image; for 2-D models only those on the slice that is asked for.',
  example: { ref_image: 'image', guidance: 'guidance' },
  source: 'MONAI 0.5 and 0.8.1',
  readsParams: true,
  args: z.strictObject({
    ref_image: fieldName,
    guidance: guidanceName,
    foreground: fieldName.default('foreground'),
    background: fieldName.default('background'),
    axis: depthFirst,
    depth_first: only(true, 'only depth first is run'),
    /** The same under its names of MONAI 0.5 and later. */
    dimensions: rank,
    spatial_dims: rank,
    slice_key: fieldName.default('slice'),
    ...metadataArguments,
  }),
  apply(sample, { ref_image: field, guidance, dimensions, spatial_dims: spatialDims, slice_key: sliceKey, ...names }) {
    const image = sample.volume(field);
    const original = originalShapeOf(image, field);
    const clicks = requestClicks(sample.params, names, original);
    const [depth, x, y] = spatialShape(image);
    const factors = [depth / original[2], x / original[0], y / original[1]];
    const rolled = ([i, j, k]: number[]) => [k, i, j].map((p, d) => Math.trunc(p * factors[d]));
    const made = (move: (points: number[][]) => number[][]) => ({
      positive: move(clicks.foreground),
      negative: move(clicks.background),
    });
    if ((spatialDims ?? dimensions ?? 2) === 3) {
      sample.values.set(guidance, made((points) => points.map(rolled)) satisfies Guidance);
      return;
    }
    const slice = requestSlice(sample.params, sliceKey, clicks);
    const inSlice = made((points) =>
      points.filter((point) => point[2] === slice).map((point) => rolled(point).slice(1)),
    );
    sample.values.set(guidance, { ...inSlice, slice } satisfies Guidance);
  },
});

/** The file's shape i, j, k. @throws Error when the image is not a depth-first volume from a file */
function originalShapeOf({ axes, properties }: Volume, field: string): readonly number[] {
  if (axes !== 'ZXY')
    throw new Error(`"${field}" has the axes ${axes}, but clicks need a volume with depth first (AsChannelFirstd)`);
  if (!properties.originalShape) throw new Error(`"${field}" has no original shape: it was not loaded from a file`);
  return properties.originalShape;
}

const fetch2DSliced = monai({
  name: 'Fetch2DSliced',
  summary: 'Takes the slice with the clicks out of a depth-first volume.',
  readsParams: true,
  args: onKeys({ guidance: guidanceName, axis: depthFirst, ...metadataArguments, slice_meta_key: keyArgument }),
  change(volume, { guidance }, { sample, record }) {
    const { slice } = guidanceOf(sample, guidance);
    if (slice === undefined) throw new Error(`the guidance in "${guidance}" is for 3-D and names no slice`);
    record({ slice });
    return sliceView(volume, slice);
  },
});

/** Slice `z` of a depth-first volume; the voxels are shared. */
function sliceView({ data, shape, strides, axes, ...rest }: Volume, z: number): Volume {
  if (axes !== 'ZXY') throw new Error(`slices are taken from volumes with depth first, this one has the axes ${axes}`);
  const from = data.subarray(z * strides[0]) as NumericArray;
  return { ...rest, data: from, shape: shape.slice(1), strides: strides.slice(1), axes: 'XY' };
}

const spatialCropGuidanced = monai({
  name: 'SpatialCropGuidanced',
  kind: 'crop',
  summary:
    'Cuts out a box around all clicks: of `spatial_size` (the request’s, if it sends one), or as large as clicks and margin need.',
  example: { guidance: 'guidance', spatial_size: [128, 256, 256] },
  readsParams: true,
  args: onKeys({
    guidance: guidanceName,
    spatial_size: z.array(integer.positive()).min(2).max(3),
    margin: integer.min(0).default(20),
    ...cropKeys,
  }),
  apply(sample, { guidance, spatial_size: configured, margin, ...keys }, options) {
    const size = requestSpatialSize(sample.params) ?? configured;
    const { positive, negative } = guidanceOf(sample, guidance);
    let start: readonly number[] | undefined;
    changeImages('SpatialCropGuidanced', sample, keys, options, (volume, { record }) => {
      const crop = boxAround([...positive, ...negative], volume, size, margin);
      record(crop);
      start ??= crop.start;
      return cropped(volume, crop);
    });
    if (start) moveGuidance(sample, guidance, (value, axis) => value - start![axis]);
  },
});

/**
 * The box of the clicks with `margin`, where it is shorter than `size` along every axis a box of `size` around its middle instead. Depth has
 * no middle of its own there: such a box begins at the first slice (as in the reference). A size of two numbers
 * for a volume means all slices: the reference takes the length of X for depth, which cuts off slices beyond it; here the longer of the two is taken.
 */
function boxAround(points: readonly number[][], volume: Volume, size: readonly number[], margin: number): GuidedCrop {
  const shape = spatialShape(volume);
  const lowest = shape.map((_, d) => Math.max(Math.min(...points.map((point) => point[d])) - margin, 0));
  const highest = shape.map((n, d) => Math.min(Math.max(...points.map((point) => point[d])) + margin + 1, n));
  const depth = spatialLetters(volume) === 'ZXY' ? Math.max(shape[0], shape[1]) : shape[0];
  const wanted = size.length < shape.length ? [depth, ...size] : size.slice(-shape.length);
  if (!shape.every((_, d) => highest[d] - lowest[d] < wanted[d])) return { shape, start: lowest, end: highest };

  const centre = lowest.map((low, d) => Math.trunc((low + highest[d]) / 2));
  if (shape.length === 3) centre[0] = Math.floor(wanted[0] / 2);
  const start = centre.map((middle, d) => Math.max(middle - Math.floor(wanted[d] / 2), 0));
  return { shape, start, end: start.map((first, d) => Math.min(first + wanted[d], shape[d])) };
}

/** A view on the box: the voxels are shared. */
function cropped(volume: Volume, { start, end }: GuidedCrop): Volume {
  const axes = spatialAxes(volume);
  const shape = [...volume.shape];
  axes.forEach((d, n) => (shape[d] = end[n] - start[n]));
  const offset = axes.reduce((sum, d, n) => sum + start[n] * volume.strides[d], 0);
  return { ...volume, data: volume.data.subarray(offset) as NumericArray, shape };
}

monai({
  name: 'ResizeGuidanced',
  summary: 'Takes the clicks along when the cropped image was resized: times new length / old length, cut down.',
  example: { ref_image: 'image', guidance: 'guidance' },
  readsParams: true,
  args: z.strictObject({
    guidance: guidanceName,
    ref_image: fieldName,
    ...metadataArguments,
    cropped_shape_key: keyArgument,
  }),
  apply(sample, { guidance, ref_image: field }) {
    const { crop } = guidedSteps(sample, field);
    if (!crop) throw new Error(`"${field}" was not cropped: SpatialCropGuidanced must come first`);
    const factors = spatialShape(sample.volume(field)).map((n, d) => n / (crop.end[d] - crop.start[d]));
    moveGuidance(sample, guidance, (value, axis) => Math.trunc(value * factors[axis]));
  },
});

monai({
  name: 'AddGuidanceSignald',
  summary: 'Adds two channels, hot (1) at the foreground and at the background clicks; cold (0) where there are none.',
  readsParams: true,
  args: z.strictObject({
    image: fieldName.default('image'),
    guidance: guidanceName,
    sigma: positive.default(2),
    number_intensity_ch: integer.positive().default(1),
    batched: only(false, 'only single images are run'),
  }),
  apply(sample, { image: field, guidance, sigma, number_intensity_ch: intensities }) {
    const { positive: hot, negative: cold } = guidanceOf(sample, guidance);
    sample.volumes.set(field, withClickChannels(sample.volume(field), intensities, [hot, cold], sigma));
  },
});
