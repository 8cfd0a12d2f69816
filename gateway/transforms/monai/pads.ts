import { z } from 'zod';
import { keysArguments, lazyArgument, perKey, valueFor } from '../arguments';
import { defineTransform } from '../definition';
import { cut, paddingMode, paddingOf, paddingValue, sizesFor, spatialSize, uncut, type Box } from './boxes';
import { actedShape } from './depth-first';
import { forEachKey } from './for-each-key';

const method = z.enum(['symmetric', 'end'], { error: 'expected "symmetric" or "end"' }).default('symmetric');
const padArguments = {
  mode: perKey(paddingMode).default('constant'),
  method,
  ...lazyArgument,
  ...paddingValue,
};

/** Axes shorter than `size` get the difference around them (half of it, rounded down, in front) or behind; longer ones stay. */
function padded(lengths: readonly number[], size: readonly number[], where: z.infer<typeof method>): Box {
  const missing = lengths.map((n, d) => Math.max(size[d] - n, 0));
  return {
    start: missing.map((count) => (where === 'end' || count === 0 ? 0 : -Math.floor(count / 2))),
    size: lengths.map((n, d) => n + missing[d]),
  };
}

export const spatialPadd = defineTransform({
  name: 'SpatialPadd',
  dialect: 'monai',
  summary: 'Pads the spatial axes to at least `spatial_size`, around the image or behind it; 0 and below keep an axis.',
  source: 'transforms.md §7.2; MONAI 0.8.1',
  args: z.strictObject({ ...keysArguments, spatial_size: spatialSize, ...padArguments }),
  apply(sample, args) {
    forEachKey(sample, args, (volume, index, key) => {
      const lengths = actedShape(volume);
      const box = padded(lengths, sizesFor('spatial_size', args.spatial_size, lengths), args.method);
      return cut(sample, 'SpatialPadd', key, volume, box, paddingOf(valueFor(args.mode, index), args));
    });
  },
  invert: uncut,
});

export const divisiblePadd = defineTransform({
  name: 'DivisiblePadd',
  dialect: 'monai',
  summary: 'Pads the spatial axes to the next multiple of `k`; 0 and below keep an axis.',
  source: 'transforms.md §7.2, §4.4; MONAI 0.8.1',
  args: z.strictObject({ ...keysArguments, k: spatialSize, ...padArguments }),
  apply(sample, args) {
    forEachKey(sample, args, (volume, index, key) => {
      const lengths = actedShape(volume);
      const size = sizesFor('k', args.k, lengths).map((k, d) => Math.ceil(lengths[d] / k) * k);
      const padding = paddingOf(valueFor(args.mode, index), args);
      return cut(sample, 'DivisiblePadd', key, volume, padded(lengths, size, args.method), padding);
    });
  },
  invert: uncut,
});

const border = z.number().int().min(0);

export const borderPadd = defineTransform({
  name: 'BorderPadd',
  dialect: 'monai',
  summary: 'Pads every side: one width for all, one per axis, or one per side (front and back of each axis in turn).',
  source: 'MONAI 0.8.1',
  args: z.strictObject({
    ...keysArguments,
    spatial_border: z.union([border, z.array(border).min(1).max(6)]),
    mode: padArguments.mode,
    ...lazyArgument,
    ...paddingValue,
  }),
  apply(sample, args) {
    forEachKey(sample, args, (volume, index, key) => {
      const lengths = actedShape(volume);
      const [front, back] = sides([args.spatial_border].flat(), lengths.length);
      const box = { start: front.map((width) => 0 - width), size: lengths.map((n, d) => front[d] + n + back[d]) };
      return cut(sample, 'BorderPadd', key, volume, box, paddingOf(valueFor(args.mode, index), args));
    });
  },
  invert: uncut,
});

function sides(widths: readonly number[], axes: number): [front: number[], back: number[]] {
  const all = Array.from({ length: axes }, (_, d) => d);
  if (widths.length === 1) return [all.map(() => widths[0]), all.map(() => widths[0])];
  if (widths.length === axes) return [[...widths], [...widths]];
  if (widths.length === 2 * axes) return [all.map((d) => widths[2 * d]), all.map((d) => widths[2 * d + 1])];
  throw new Error(`spatial_border has ${widths.length} numbers; expected 1, ${axes} or ${2 * axes}`);
}

export const resizeWithPadOrCropd = defineTransform({
  name: 'ResizeWithPadOrCropd',
  kind: 'crop',
  dialect: 'monai',
  summary: 'Brings every spatial axis to `spatial_size`: longer ones are cropped to their middle, shorter ones padded.',
  source: 'transforms.md §7.2; MONAI 0.8.1',
  args: z.strictObject({ ...keysArguments, spatial_size: spatialSize, ...padArguments }),
  apply(sample, args) {
    forEachKey(sample, args, (volume, index, key) => {
      const lengths = actedShape(volume);
      const size = sizesFor('spatial_size', args.spatial_size, lengths);
      const { start } = padded(lengths, size, args.method);
      const cropped = lengths.map((n, d) => (n > size[d] ? Math.floor(n / 2) - Math.floor(size[d] / 2) : start[d]));
      const padding = paddingOf(valueFor(args.mode, index), args);
      return cut(sample, 'ResizeWithPadOrCropd', key, volume, { start: cropped, size }, padding);
    });
  },
  invert: uncut,
});
