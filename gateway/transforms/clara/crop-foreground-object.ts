import { z } from 'zod';
import { foregroundBox } from '../../imaging/ops/crop/foreground-box';
import { channelAxis, channelCount, channelView, spatialShape, type Volume } from '../../imaging/volume';
import { eachAxis, fieldName, fieldNames, perAxis } from '../arguments';
import { cutField } from '../box-steps';
import { defineTransform } from '../definition';

/**
 * Which fields are cropped, and to whose foreground, can be said in two ways: `fields` alone (the box is that of the first), or
 * `image_field`, with or without `fields`. A `label_field` is cropped along when there is one; while a model serves, there is none.
 */
export const cropForegroundObject = defineTransform({
  name: 'CropForegroundObject',
  kind: 'crop',
  dialect: 'clara',
  summary:
    'Cuts out the smallest box around the values above zero, with a margin in voxels. RestoreOriginalShape, or the writer, puts it back.',
  source: 'transforms.md §4.4; MONAI CropForeground',
  args: z
    .strictObject({
      fields: fieldNames.optional(),
      image_field: fieldName.optional(),
      label_field: fieldName.optional(),
      margin: perAxis(z.number().int().min(0)).default(0),
      channel_indices: z.array(z.number().int().min(0)).min(1).nullable().default(null),
    })
    .refine(({ fields, image_field: image }) => fields !== undefined || image !== undefined, {
      error: 'expected fields or image_field',
    }),
  apply(sample, { fields, image_field: imageField, label_field: labelField, margin, channel_indices: channels }) {
    const source = imageField ?? fields![0];
    const image = sample.volume(source);
    const shape = spatialShape(image);
    const margins = eachAxis('margin', margin, shape.length);
    const box = foregroundOf(image, source, channels);
    const start = box.first.map((first, d) => Math.max(first - margins[d], 0));
    const size = box.last.map((last, d) => Math.min(last + 1 + margins[d], shape[d]) - start[d]);

    const label = labelField !== undefined && sample.volumes.has(labelField) ? [labelField] : [];
    for (const field of new Set([...(imageField ? [imageField] : []), ...(fields ?? []), ...label])) {
      const own = spatialShape(sample.volume(field));
      if (own.some((n, d) => n !== shape[d]))
        throw new Error(`"${field}" has the shape [${own.join(', ')}], the box is for [${shape.join(', ')}]`);
      cutField(sample, 'CropForegroundObject', field, start, size);
    }
  },
});

/** The box around the values above zero of the given channels (all without a choice). @throws Error when there are none */
function foregroundOf(image: Volume, field: string, chosen: readonly number[] | null) {
  const channels = chosen ?? Array.from({ length: channelCount(image) }, (_, c) => c);
  const beyond = channels.find((channel) => channel >= channelCount(image));
  if (beyond !== undefined)
    throw new Error(`channel_indices names channel ${beyond}, "${field}" has ${channelCount(image)}`);
  const boxes = channels
    .map((channel) => foregroundBox(channelAxis(image) < 0 ? image : channelView(image, channel)))
    .filter((box) => box !== undefined);
  if (boxes.length === 0) throw new Error(`"${field}" has no value above zero, so there is nothing to crop to`);
  return {
    first: boxes[0].first.map((_, d) => Math.min(...boxes.map(({ first }) => first[d]))),
    last: boxes[0].last.map((_, d) => Math.max(...boxes.map(({ last }) => last[d]))),
  };
}
