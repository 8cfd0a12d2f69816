import { z } from 'zod';
import { spatialAxes, spatialLetters, spatialShape, type NumericArray, type Volume } from '../../imaging/volume';
import { fieldName, keysArguments, metadataArguments, withoutEffect } from '../arguments';
import { defineTransform } from '../definition';
import { forEachKey } from '../monai/for-each-key';
import { requestSpatialSize } from './clicks';
import { guidanceOf, moveGuidance, type GuidedCrop } from './guidance';

const length = z.number().int().positive();

export const spatialCropGuidanced = defineTransform({
  name: 'SpatialCropGuidanced',
  kind: 'crop',
  dialect: 'monai',
  summary:
    'Cuts out a box around all clicks: of `spatial_size` (the request’s, if it sends one), or as large as clicks and margin need.',
  source: 'transforms.md §7.4 step 7; MONAI 0.8.1',
  readsParams: true,
  args: z.strictObject({
    ...keysArguments,
    guidance: fieldName.default('guidance'),
    spatial_size: z.array(length).min(2).max(3),
    margin: z.number().int().min(0).default(20),
    ...metadataArguments,
    start_coord_key: withoutEffect('metadata', z.string().optional()),
    end_coord_key: withoutEffect('metadata', z.string().optional()),
    original_shape_key: withoutEffect('metadata', z.string().optional()),
    cropped_shape_key: withoutEffect('metadata', z.string().optional()),
  }),
  apply(sample, { guidance, spatial_size: configured, margin, ...keys }) {
    const size = requestSpatialSize(sample.params) ?? configured;
    const { positive, negative } = guidanceOf(sample, guidance);
    let start: readonly number[] | undefined;
    forEachKey(sample, keys, (volume, _, key) => {
      const crop = boxAround([...positive, ...negative], volume, size, margin);
      sample.history.push({ transform: 'SpatialCropGuidanced', field: key, state: crop });
      start ??= crop.start;
      return cropped(volume, crop);
    });
    if (start) moveGuidance(sample, guidance, (value, axis) => value - start![axis]);
  },
});

/**
 * The box of the clicks with `margin`, where it is shorter than `size` along every axis a box of `size` around its middle instead. Depth has
 * no middle of its own there: such a box begins at the first slice (as in the reference).
 *
 * A size of two numbers for a volume means all slices. The reference takes the length of X for depth, which cuts off the slices beyond it;
 * here the longer of the two is taken, which gives the same box whenever the reference has all slices.
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
