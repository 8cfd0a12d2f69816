import { z } from 'zod';
import { foregroundBox } from '../../imaging/ops/crop/foreground-box';
import { channelAxis, channelCount, channelView, spatialShape, type Volume } from '../../imaging/volume';
import { fieldName, keysArguments, lazyArgument, perKey, stringyBoolean, valueFor, withoutEffect } from '../arguments';
import { defineTransform } from '../definition';
import { AIAA_MONAI, monaiHas, type MonaiVersion } from '../monai-version';
import { cut, paddingMode, paddingOf, paddingValue, sizesFor, spatialSize, uncut, type Box } from './boxes';
import { actedShape } from './depth-first';
import { forEachKey } from './for-each-key';
import { selected, selectFn } from './selection';

const index = z.number().int();
const indices = z.array(index).min(1).max(3);

/** A box around a middle: `start = max(middle - size // 2, 0)`, cut off at the end of the image (`transforms.md` §4.4). */
export function boxAround(middle: readonly number[], size: readonly number[], lengths: readonly number[]): Box {
  const start = middle.map((m, d) => Math.max(m - Math.floor(size[d] / 2), 0));
  return { start, size: start.map((first, d) => Math.min(first + size[d], lengths[d]) - first) };
}

export const centerSpatialCropd = defineTransform({
  name: 'CenterSpatialCropd',
  kind: 'crop',
  dialect: 'monai',
  summary: 'Cuts out the middle of the image: `roi_size` voxels per axis, at most all; 0 and below keep an axis.',
  source: 'transforms.md §7.2, §4.4; MONAI 0.8.1',
  args: z.strictObject({ ...keysArguments, roi_size: spatialSize, ...lazyArgument }),
  apply(sample, args) {
    forEachKey(sample, args, (volume, _, key) => {
      const lengths = actedShape(volume);
      const box = boxAround(
        lengths.map((n) => Math.floor(n / 2)),
        sizesFor('roi_size', args.roi_size, lengths),
        lengths,
      );
      return cut(sample, 'CenterSpatialCropd', key, volume, box);
    });
  },
  invert: uncut,
});

export const spatialCropd = defineTransform({
  name: 'SpatialCropd',
  kind: 'crop',
  dialect: 'monai',
  summary:
    'Cuts out a box: from `roi_start` to `roi_end`, or `roi_size` voxels around `roi_center`; what lies outside the image is left out.',
  source: 'transforms.md §7.2; MONAI 0.8.1',
  args: z
    .strictObject({
      ...keysArguments,
      roi_center: indices.nullable().default(null),
      roi_size: indices.nullable().default(null),
      roi_start: indices.nullable().default(null),
      roi_end: indices.nullable().default(null),
      roi_slices: z
        .null({ error: 'Python slices cannot be written in a config; use roi_start and roi_end' })
        .default(null),
      ...lazyArgument,
    })
    .refine(
      ({ roi_center: center, roi_size: size, roi_start: start, roi_end: end }) => (center && size) || (start && end),
      {
        error: 'needs roi_start and roi_end, or roi_center and roi_size',
      },
    ),
  apply(sample, args) {
    forEachKey(sample, args, (volume, _, key) => {
      const lengths = actedShape(volume);
      return cut(sample, 'SpatialCropd', key, volume, spatialCropBox(args, lengths));
    });
  },
  invert: uncut,
});

type CropArgs = Record<'roi_center' | 'roi_size' | 'roi_start' | 'roi_end', number[] | null>;

/** `roi_size` of 0 and below goes to the end of the image. */
function spatialCropBox(
  { roi_center: center, roi_size: size, roi_start: start, roi_end: end }: CropArgs,
  lengths: readonly number[],
): Box {
  const given = (center && size ? center : start)!;
  if (given.length !== lengths.length)
    throw new Error(`the box has ${given.length} axes, the image has ${lengths.length} spatial ones`);
  if (center && size) return boxAround(center, sizesFor('roi_size', size, lengths), lengths);
  const first = start!.map((s) => Math.max(s, 0));
  return { start: first, size: first.map((s, d) => Math.min(end![d], lengths[d]) - s) };
}

export const cropForegroundd = defineTransform({
  name: 'CropForegroundd',
  kind: 'crop',
  dialect: 'monai',
  summary:
    'Cuts out the box of the voxels above 0 of `source_key` (or of those that `select_fn` selects, such as `lambda x: x > -500`), with a margin and lengths divisible by `k_divisible`. A margin beyond the image is padded at the end and cut at the start, as in MONAI 0.8; `allow_smaller` cuts (true) or pads (false) both; left out, the version of MONAI decides.',
  source: 'transforms.md §7.2; MONAI 0.8.1 to 1.6.1',
  args: z.strictObject({
    ...keysArguments,
    source_key: fieldName,
    select_fn: selectFn,
    channel_indices: z.union([index, z.array(index).min(1)]).nullable().default(null),
    margin: z.union([index.min(0), z.array(index.min(0)).min(1).max(3)]).default(0),
    allow_smaller: stringyBoolean.nullable().default(null),
    k_divisible: z.union([index.min(1), z.array(index.min(1)).min(1).max(3)]).default(1),
    mode: perKey(paddingMode).default('constant'),
    ...paddingValue,
    ...lazyArgument,
    start_coord_key: withoutEffect('metadata', z.string().nullable().optional()),
    end_coord_key: withoutEffect('metadata', z.string().nullable().optional()),
  }),
  apply(sample, args, { monai = AIAA_MONAI }) {
    const source = selected(sample.volume(args.source_key), args.select_fn);
    const smaller = args.allow_smaller ?? silentlySmaller(monai);
    const foreground = foregroundOf(
      source,
      args.channel_indices,
      args.source_key,
      args.select_fn === null ? 'above 0' : 'that select_fn selects',
    );
    const box = grown(foreground, spatialShape(source), { ...args, allow_smaller: smaller });
    forEachKey(sample, args, (volume, at, key) =>
      cut(sample, 'CropForegroundd', key, volume, box, paddingOf(valueFor(args.mode, at), args)),
    );
  },
  invert: uncut,
}); // prettier-ignore

/** What `allow_smaller` is when left out; null cuts at the start and pads at the end. */
function silentlySmaller(monai: MonaiVersion): boolean | null {
  if (monaiHas(monai, 'foreground boxes are padded')) return false;
  return monaiHas(monai, 'foreground boxes end at the edge') ? true : null;
}

/** First index and last index + 1 per axis, over the given channels. */
function foregroundOf(
  source: Volume,
  channels: number | readonly number[] | null,
  key: string,
  what: string,
): { first: number[]; end: number[] } {
  const wanted = channels === null ? [...Array(channelCount(source)).keys()] : [channels].flat();
  if (wanted.some((channel) => channel < 0 || channel >= channelCount(source)))
    throw new Error(`channel_indices [${wanted.join(', ')}] of "${key}", which has ${channelCount(source)} channel(s)`);
  const boxes = wanted.flatMap(
    (channel) => foregroundBox(channelAxis(source) < 0 ? source : channelView(source, channel)) ?? [],
  );
  if (boxes.length === 0) throw new Error(`"${key}" has no voxel ${what}, so there is no foreground to crop to`);
  const axes = boxes[0].first.map((_, d) => d);
  return {
    first: axes.map((d) => Math.min(...boxes.map((box) => box.first[d]))),
    end: axes.map((d) => Math.max(...boxes.map((box) => box.last[d])) + 1),
  };
}

/** With margin, then lengthened to multiples of `k`: half of what is missing (rounded down) goes to the front. */
function grown(
  { first, end }: { first: number[]; end: number[] },
  lengths: readonly number[],
  { margin, k_divisible: divisor, allow_smaller: smaller }: { margin: number | number[]; k_divisible: number | number[]; allow_smaller: boolean | null },
): Box {
  const margins = typeof margin === 'number' ? lengths.map(() => margin) : margin;
  const divisors = typeof divisor === 'number' ? lengths.map(() => divisor) : divisor;
  if (margins.length !== lengths.length || divisors.length !== lengths.length)
    throw new Error(`margin and k_divisible need one number, or one for each of the ${lengths.length} spatial axes`);
  const low = first.map((f, d) => (smaller === false ? f - margins[d] : Math.max(f - margins[d], 0)));
  const high = end.map((e, d) => (smaller === true ? Math.min(e + margins[d], lengths[d]) : e + margins[d]));
  const size = low.map((l, d) => Math.ceil((high[d] - l) / divisors[d]) * divisors[d]);
  return { size, start: low.map((l, d) => l - Math.floor((size[d] - (high[d] - l)) / 2)) };
} // prettier-ignore
