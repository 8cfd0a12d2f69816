import { z } from 'zod';
import { cutBox, type Box } from '../../imaging/ops/crop/boxes';
import { channelCount, spatialAxes, spatialShape, type Volume } from '../../imaging/volume';
import { eachAxis, fieldName, fieldNames, integer, onFields, orNull, perAxis, withSpellings } from '../arguments';
import { changeImages, clara, type Step } from '../definition';
import type { Sample } from '../sample';
import { foregroundBounds } from './boxes';
import { boxAround, half, padded } from './crops-and-pads';

/**
 * The change that a crop or a padding of Clara made to a grid: voxel i of the new one is voxel i + start of the old one. Lengths in voxels per spatial
 * axis. The affine stays that of the file, as when Clara resamples, so whoever goes back needs no other.
 */
export interface BoxStep {
  start: readonly number[];
  from: readonly number[];
  to: readonly number[];
}

const BOX_STEPS = ['CropForegroundObject', 'CropSubVolumeCenter', 'SymmetricPadderDiv'];

/** Cuts an image to a box, zeros outside it, and records the step; a box that is the whole image changes nothing. */
function cut(volume: Volume, { start, size: to }: Box, record: Step['record']): Volume {
  const from = spatialShape(volume);
  if (from.every((n, d) => start[d] === 0 && to[d] === n)) return volume;
  record({ start, from, to } satisfies BoxStep);
  return onSameAffine(volume, start, to);
}

/** The crops and paddings of a field, in the order they were applied. */
export function boxesOf(sample: Sample, field: string): BoxStep[] {
  const steps = sample.history.filter((step) => step.field === field && BOX_STEPS.includes(step.transform));
  return steps.map(({ state }) => state as BoxStep);
}

/** Puts a volume of the grid after the step back into the grid before it; where nothing is known, there are zeros. */
export function uncut(volume: Volume, { start, from }: BoxStep): Volume {
  const back = start.map((first) => -first);
  return onSameAffine(volume, back, from);
}

/** A box of all channels under the affine there was. @param start per spatial axis, in the order of the array; so is `size` */
function onSameAffine(volume: Volume, start: readonly number[], size: readonly number[]): Volume {
  const spatial = spatialAxes(volume);
  const along = (values: readonly number[], ofChannel: number) =>
    volume.shape.map((_, d) => values[spatial.indexOf(d)] ?? ofChannel);
  return { ...cutBox(volume, along(start, 0), along(size, channelCount(volume))), affine: volume.affine };
}

/**
 * Which fields are cropped, and to whose foreground, can be said in two ways: `fields` alone (the box is that of the first), or
 * `image_field`, with or without `fields`. A `label_field` is cropped along when there is one; while a model serves, there is none.
 */
clara({
  name: 'CropForegroundObject',
  kind: 'crop',
  summary:
    'Cuts out the smallest box around the values above zero, with a margin in voxels. RestoreOriginalShape, or the writer, puts it back.',
  source: 'MONAI CropForeground',
  args: z
    .strictObject({
      fields: fieldNames.optional(),
      image_field: fieldName.optional(),
      label_field: fieldName.optional(),
      margin: perAxis(integer.min(0), 2).default(0),
      channel_indices: orNull(z.array(integer.min(0)).min(1)),
    })
    .refine(({ fields, image_field: image }) => fields !== undefined || image !== undefined, {
      error: 'expected fields or image_field',
    }),
  apply(
    sample,
    { fields = [], image_field: imageField, label_field: labelField, margin, channel_indices: channels },
    options,
  ) {
    const source = imageField ?? fields[0];
    const image = sample.volume(source);
    const shape = spatialShape(image);
    const margins = eachAxis('margin', margin, shape.length);
    const beyond = channels?.find((channel) => channel >= channelCount(image));
    if (beyond !== undefined)
      throw new Error(`channel_indices names channel ${beyond}, "${source}" has ${channelCount(image)}`);
    const bounds = foregroundBounds(image, channels);
    if (!bounds) throw new Error(`"${source}" has no value above zero, so there is nothing to crop to`);
    const start = bounds.first.map((first, d) => Math.max(first - margins[d], 0));
    const size = bounds.last.map((last, d) => Math.min(last + 1 + margins[d], shape[d]) - start[d]);

    const label = labelField !== undefined && sample.volumes.has(labelField) ? [labelField] : [];
    const all = [...new Set([...(imageField ? [imageField] : []), ...fields, ...label])];
    changeImages('CropForegroundObject', sample, { fields: all }, options, (volume, { field, record }) => {
      const own = spatialShape(volume);
      if (own.some((n, d) => n !== shape[d]))
        throw new Error(`"${field}" has the shape [${own.join(', ')}], the box is for [${shape.join(', ')}]`);
      return cut(volume, { start, size }, record);
    });
  },
});

clara({
  name: 'CropSubVolumeCenter',
  kind: 'crop',
  summary:
    'Cuts a box of the given size out of the middle; shorter axes stay. RestoreOriginalShape, or the writer, puts it back.',
  example: { size: [96, 96, 96] },
  source: 'MONAI CenterSpatialCrop',
  args: onFields({ size: perAxis(integer.positive(), 2) }),
  change(volume, { size }, { record }) {
    const shape = spatialShape(volume);
    return cut(volume, boxAround(shape.map(half), eachAxis('size', size, shape.length), shape), record);
  },
});

clara({
  name: 'SymmetricPadderDiv',
  summary:
    'Pads with zeros on both sides to the next multiple of `k` (also `divisor`), the odd voxel at the end. RestoreOriginalShape, or the writer, cuts it off again.',
  example: { k: 16 },
  source: 'MONAI DivisiblePad',
  args: withSpellings(onFields({ k: perAxis(integer.positive(), 2) }), { divisor: 'k' }),
  change(volume, { k }, { record }) {
    const shape = spatialShape(volume);
    const multiples = eachAxis('k', k, shape.length);
    const size = shape.map((n, d) => Math.ceil(n / multiples[d]) * multiples[d]);
    return cut(volume, padded(shape, size, 'symmetric'), record);
  },
});
