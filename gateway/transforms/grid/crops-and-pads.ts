import { z } from 'zod';
import type { Bounds } from '../../imaging/ops/labels/foreground';
import type { Box } from '../../imaging/ops/crop/boxes';
import { channelCount, spatialShape, type Volume } from '../../imaging/volume';
import * as arg from '../arguments';
import { changeImages, monai, type TransformOptions } from '../definition';
import { AIAA_MONAI, monaiHas } from '../monai-version';
import { selected, selectFn } from '../lambda';
import { boxTransform, cut, foregroundBounds, paddingArguments, uncut } from './boxes';

/** One length for all axes or one per axis; in MONAI's pads and crops 0 and below keep an axis. */
const spatialSize = arg.perAxis(arg.integer);
const sizesFor = (name: string, size: number | readonly number[], lengths: readonly number[]) =>
  arg.eachAxis(name, size, lengths.length).map((wanted, d) => (wanted > 0 ? wanted : lengths[d]));

export const half = (n: number) => Math.floor(n / 2);

/** A box around a middle: `start = max(middle - size // 2, 0)`, cut off at the end of the image. */
export function boxAround(middle: readonly number[], size: readonly number[], lengths: readonly number[]): Box {
  const start = middle.map((m, d) => Math.max(m - half(size[d]), 0));
  return { start, size: start.map((first, d) => Math.min(first + size[d], lengths[d]) - first) };
}

boxTransform({
  name: 'CenterSpatialCropd',
  kind: 'crop',
  summary: 'Cuts out the middle of the image: `roi_size` voxels per axis, at most all; 0 and below keep an axis.',
  example: { roi_size: [96, 96, 96] },
  args: arg.onKeys({ roi_size: spatialSize, ...arg.lazyArgument }),
  box: (lengths, { roi_size: size }) => boxAround(lengths.map(half), sizesFor('roi_size', size, lengths), lengths),
});

boxTransform({
  name: 'CenterScaleCropd',
  kind: 'crop',
  summary:
    'Cuts out the middle of the image: `roi_scale` of each length, rounded up, at most all; 0 and below keep an axis.',
  example: { roi_scale: 0.8 },
  source: 'MONAI 0.8.1 and 1.5.2',
  args: arg.onKeys({ roi_scale: arg.perAxis(z.number()), ...arg.lazyArgument }),
  box(lengths, { roi_scale: scale }) {
    const scales = arg.eachAxis('roi_scale', scale, lengths.length);
    const size = lengths.map((n, d) => Math.min(scales[d] > 0 ? Math.ceil(n * scales[d]) : n, n));
    return boxAround(lengths.map(half), size, lengths);
  },
});

const indices = arg.orNull(z.array(arg.integer).min(1).max(3));

/** `roi_size` of 0 and below goes to the end of the image. */
boxTransform({
  name: 'SpatialCropd',
  kind: 'crop',
  summary:
    'Cuts out a box: from `roi_start` to `roi_end`, or `roi_size` voxels around `roi_center`; what lies outside the image is left out.',
  example: { roi_center: [64, 64, 32], roi_size: [96, 96, 48] },
  args: arg
    .onKeys({
      roi_center: indices,
      roi_size: indices,
      roi_start: indices,
      roi_end: indices,
      roi_slices: z
        .null({ error: 'Python slices cannot be written in a config; use roi_start and roi_end' })
        .default(null),
      ...arg.lazyArgument,
    })
    .refine(
      ({ roi_center: center, roi_size: size, roi_start: start, roi_end: end }) => (center && size) || (start && end),
      { error: 'needs roi_start and roi_end, or roi_center and roi_size' },
    ),
  box(lengths, { roi_center: center, roi_size: size, roi_start: start, roi_end: end }) {
    const given = (center && size ? center : start)!;
    if (given.length !== lengths.length)
      throw new Error(`the box has ${given.length} axes, the image has ${lengths.length} spatial ones`);
    if (center && size) return boxAround(center, sizesFor('roi_size', size, lengths), lengths);
    const first = start!.map((s) => Math.max(s, 0));
    return { start: first, size: first.map((s, d) => Math.min(end![d], lengths[d]) - s) };
  },
});

const cropForeground = arg.onKeys({
  source_key: arg.fieldName,
  select_fn: selectFn,
  channel_indices: arg.orNull(arg.oneOrMore(arg.integer)),
  margin: arg.perAxis(arg.integer.min(0)).default(0),
  allow_smaller: arg.orNull(arg.flag),
  k_divisible: arg.perAxis(arg.integer.min(1)).default(1),
  ...paddingArguments,
  start_coord_key: arg.withoutEffect('metadata', z.string().nullable().optional()),
  end_coord_key: arg.withoutEffect('metadata', z.string().nullable().optional()),
});
type CropForeground = z.infer<typeof cropForeground>;

monai({
  name: 'CropForegroundd',
  kind: 'crop',
  summary:
    'Cuts out the box of the voxels above 0 of `source_key` (or of those that `select_fn` selects, such as `lambda x: x > -500`), with a margin and lengths divisible by `k_divisible`. A margin beyond the image is padded at the end and cut at the start, as in MONAI 0.8; `allow_smaller` cuts (true) or pads (false) both; left out, the version of MONAI decides.',
  example: { source_key: 'image' },
  source: 'MONAI 0.8.1 to 1.6.1',
  args: cropForeground,
  apply(sample, args, options) {
    const source = selected(sample.volume(args.source_key), args.select_fn);
    const box = grown(foregroundOf(source, args), spatialShape(source), args, silentlySmaller(options));
    changeImages('CropForegroundd', sample, args, options, (volume, step) => cut(volume, box, args, step));
  },
  invert: uncut,
});

/** The value of `allow_smaller` when left out; null cuts at the start and pads at the end. */
function silentlySmaller({ monai: version = AIAA_MONAI }: TransformOptions): boolean | null {
  if (monaiHas(version, 'foreground boxes are padded')) return false;
  return monaiHas(version, 'foreground boxes end at the edge') ? true : null;
}

function foregroundOf(source: Volume, { source_key: key, select_fn: select, channel_indices: given }: CropForeground) {
  const count = channelCount(source);
  const channels = given === null ? null : [given].flat();
  if (channels?.some((channel) => channel < 0 || channel >= count))
    throw new Error(`channel_indices [${channels.join(', ')}] of "${key}", which has ${count} channel(s)`);
  const bounds = foregroundBounds(source, channels);
  if (bounds) return bounds;
  const what = select === null ? 'above 0' : 'that select_fn selects';
  throw new Error(`"${key}" has no voxel ${what}, so there is no foreground to crop to`);
}

/** With margin, then lengthened to multiples of `k`: half of what is missing (rounded down) goes to the front. */
function grown(
  { first, last }: Bounds,
  lengths: readonly number[],
  { margin, k_divisible: divisor, allow_smaller: given }: CropForeground,
  silently: boolean | null,
): Box {
  const smaller = given ?? silently;
  const [margins, divisors] = [margin, divisor].map((value) =>
    typeof value === 'number' ? lengths.map(() => value) : value,
  );
  if (margins.length !== lengths.length || divisors.length !== lengths.length)
    throw new Error(`margin and k_divisible need one number, or one for each of the ${lengths.length} spatial axes`);
  const low = first.map((f, d) => (smaller === false ? f - margins[d] : Math.max(f - margins[d], 0)));
  const end = last.map((l, d) => l + 1 + margins[d]);
  const high = end.map((e, d) => (smaller === true ? Math.min(e, lengths[d]) : e));
  const size = low.map((l, d) => Math.ceil((high[d] - l) / divisors[d]) * divisors[d]);
  return { size, start: low.map((l, d) => l - half(size[d] - (high[d] - l))) };
}

const method = z.enum(['symmetric', 'end'], { error: 'expected "symmetric" or "end"' }).default('symmetric');
const padArguments = { ...paddingArguments, method };

/** Axes shorter than `size` get the difference around them (half of it, rounded down, in front) or at the end; longer ones stay. */
export function padded(lengths: readonly number[], size: readonly number[], where: z.infer<typeof method>): Box {
  const missing = lengths.map((n, d) => Math.max(size[d] - n, 0));
  return {
    start: missing.map((count) => (where === 'end' ? 0 : -half(count) || 0)),
    size: lengths.map((n, d) => n + missing[d]),
  };
}

boxTransform({
  name: 'SpatialPadd',
  summary:
    'Pads the spatial axes to at least `spatial_size`, around the image or at its end; 0 and below keep an axis.',
  example: { spatial_size: [96, 96, 96] },
  args: arg.onKeys({ spatial_size: spatialSize, ...padArguments }),
  box: (lengths, { spatial_size: size, method: where }) =>
    padded(lengths, sizesFor('spatial_size', size, lengths), where),
});

boxTransform({
  name: 'DivisiblePadd',
  summary: 'Pads the spatial axes to the next multiple of `k`; 0 and below keep an axis.',
  example: { k: 16 },
  args: arg.onKeys({ k: spatialSize, ...padArguments }),
  box(lengths, args) {
    const size = sizesFor('k', args.k, lengths).map((k, d) => Math.ceil(lengths[d] / k) * k);
    return padded(lengths, size, args.method);
  },
});

const border = arg.integer.min(0);

boxTransform({
  name: 'BorderPadd',
  summary: 'Pads every side: one width for all, one per axis, or one per side (front and back of each axis in turn).',
  example: { spatial_border: 8 },
  args: arg.onKeys({ spatial_border: z.union([border, z.array(border).min(1).max(6)]), ...paddingArguments }),
  box(lengths, { spatial_border: given }) {
    const [front, back] = sides([given].flat(), lengths.length);
    return { start: front.map((width) => 0 - width), size: lengths.map((n, d) => front[d] + n + back[d]) };
  },
});

function sides(widths: readonly number[], axes: number): [front: number[], back: number[]] {
  const all = Array.from({ length: axes }, (_, d) => d);
  if (widths.length === 2 * axes) return [all.map((d) => widths[2 * d]), all.map((d) => widths[2 * d + 1])];
  if (widths.length !== 1 && widths.length !== axes)
    throw new Error(`spatial_border has ${widths.length} numbers; expected 1, ${axes} or ${2 * axes}`);
  const both = all.map((d) => widths[d] ?? widths[0]);
  return [both, both];
}

boxTransform({
  name: 'ResizeWithPadOrCropd',
  kind: 'crop',
  summary: 'Brings every spatial axis to `spatial_size`: longer ones are cropped to their middle, shorter ones padded.',
  example: { spatial_size: [96, 96, 96] },
  args: arg.onKeys({ spatial_size: spatialSize, ...padArguments }),
  box(lengths, args) {
    const size = sizesFor('spatial_size', args.spatial_size, lengths);
    const { start } = padded(lengths, size, args.method);
    return { start: lengths.map((n, d) => (n > size[d] ? half(n) - half(size[d]) : start[d])), size };
  },
});
