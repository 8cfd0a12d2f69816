import { z } from 'zod';
import { spatialShape } from '../../imaging/volume';
import { fieldName, metadataArguments, withoutEffect } from '../arguments';
import { defineTransform } from '../definition';
import { lastStep, moveGuidance, type GuidedCrop } from './guidance';

export const resizeGuidanced = defineTransform({
  name: 'ResizeGuidanced',
  dialect: 'monai',
  summary: 'Takes the clicks along when the cropped image was resized: times new length / old length, cut down.',
  source: 'transforms.md §7.4 step 9; MONAI 0.8.1',
  readsParams: true,
  args: z.strictObject({
    guidance: fieldName.default('guidance'),
    ref_image: fieldName,
    ...metadataArguments,
    cropped_shape_key: withoutEffect('metadata', z.string().optional()),
  }),
  apply(sample, { guidance, ref_image: field }) {
    const crop = lastStep<GuidedCrop>(sample, 'SpatialCropGuidanced', field);
    if (!crop) throw new Error(`"${field}" was not cropped: SpatialCropGuidanced must come first`);
    const now = spatialShape(sample.volume(field));
    const factors = now.map((n, d) => n / (crop.end[d] - crop.start[d]));
    moveGuidance(sample, guidance, (value, axis) => Math.trunc(value * factors[axis]));
  },
});
