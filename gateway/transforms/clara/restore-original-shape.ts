import { z } from 'zod';
import { fieldName, stringyBoolean } from '../arguments';
import { defineTransform } from '../definition';
import { resizeToShape } from '../resize';

export const restoreOriginalShape = defineTransform({
  name: 'RestoreOriginalShape',
  dialect: 'clara',
  summary:
    'Resizes an image to the shape another had right after loading: linear, or nearest for labels; channels are kept.',
  source: 'transforms.md §4.3 H',
  args: z.strictObject({ field: fieldName, src_field: fieldName, is_label: stringyBoolean.default(false) }),
  apply(sample, { field, src_field: source, is_label: isLabel }, { resampling }) {
    const shape = sample.volume(source).properties.originalShape;
    if (!shape) throw new Error(`the image in "${source}" has no original shape: it was not loaded from a file`);
    sample.volumes.set(field, resizeToShape(sample.volume(field), shape, isLabel, resampling));
  },
});
