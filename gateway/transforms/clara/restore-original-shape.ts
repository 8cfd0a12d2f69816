import { z } from 'zod';
import { boxesOf, uncut } from '../box-steps';
import { fieldName, stringyBoolean } from '../arguments';
import { defineTransform } from '../definition';
import { resizeToShape } from '../resize';

/**
 * Clara has no name for the way back from a crop. Where the source image was cropped or padded, that is undone here on the way, so that
 * the result lies on the loaded grid; without such steps it is the one resize of the reference.
 */
export const restoreOriginalShape = defineTransform({
  name: 'RestoreOriginalShape',
  dialect: 'clara',
  summary:
    'Resizes an image to the shape another had right after loading: linear, or nearest for labels; channels are kept. Crops and paddings of the other image are undone.',
  source: 'transforms.md §4.3 H, §4.4',
  args: z.strictObject({ field: fieldName, src_field: fieldName, is_label: stringyBoolean.default(false) }),
  apply(sample, { field, src_field: source, is_label: isLabel }, { resampling }) {
    const shape = sample.volume(source).properties.originalShape;
    if (!shape) throw new Error(`the image in "${source}" has no original shape: it was not loaded from a file`);
    const back = boxesOf(sample, source).reduceRight(
      (volume, box) => uncut(resizeToShape(volume, box.to, isLabel, resampling), box),
      sample.volume(field),
    );
    sample.volumes.set(field, resizeToShape(back, shape, isLabel, resampling));
  },
});
