import { z } from 'zod';
import { fieldNames, stringyBoolean, withSpellings } from '../arguments';
import { defineTransform } from '../definition';
import { resizeToShape } from '../resize';

export const scaleToShape = defineTransform({
  name: 'ScaleToShape',
  dialect: 'clara',
  summary: 'Resizes the spatial axes to given lengths (also spelled `shape`): linear, or nearest for labels.',
  source: 'transforms.md §4.3 H, choice A1',
  args: withSpellings(
    z.strictObject({
      fields: fieldNames,
      target_shape: z.array(z.number().int().positive()).min(2).max(3),
      is_label: stringyBoolean.default(false),
    }),
    { shape: 'target_shape' },
  ),
  apply(sample, { fields, target_shape: target, is_label: isLabel }, { resampling }) {
    for (const field of fields)
      sample.volumes.set(field, resizeToShape(sample.volume(field), target, isLabel, resampling));
  },
});
