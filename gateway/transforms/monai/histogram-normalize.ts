import { z } from 'zod';
import { equalise, histogram } from '../../imaging/ops/intensity/histogram';
import { channelCount, sizeOf, type NumericArray, type Volume } from '../../imaging/volume';
import { fieldName, keysArguments } from '../arguments';
import { defineTransform } from '../definition';
import { ofType, resultType, typeOf } from '../element-type';
import { forEachKey } from './for-each-key';
import { packed } from './packed';

export const histogramNormalized = defineTransform({
  name: 'HistogramNormalized',
  dialect: 'monai',
  summary:
    'Histogram equalisation: each value at its place among all of the image (or among those where `mask_key` is not 0), from `min` to `max`, linear between `num_bins` bins; images of an integer type have one bin per number.',
  source: 'MONAI 1.5.2; numpy 2.4 histogram, scikit-image 0.26 exposure.histogram',
  args: z.strictObject({
    ...keysArguments,
    num_bins: z.number().int().min(1).max(65536).default(256),
    min: z.number().default(0),
    max: z.number().default(255),
    mask: z.null({ error: 'an array cannot be written in a config; use mask_key' }).default(null),
    mask_key: fieldName.nullable().default(null),
    dtype: resultType,
  }),
  apply(sample, { num_bins: bins, min, max, mask_key: maskKey, dtype, ...keys }) {
    const mask = maskKey === null ? undefined : packed(sample.volume(maskKey));
    forEachKey(sample, keys, (volume, _, key) => {
      const image = packed(volume);
      const measured = mask ? inside(image, mask, key) : image.data;
      const data = equalise(image.data, histogram(measured, bins), min, max);
      return ofType({ ...image, data }, dtype ?? typeOf(volume));
    });
  },
});

/** The values where the mask is not 0. @throws Error when the mask has another shape, channels included */
function inside(image: Volume, mask: Volume, key: string): NumericArray {
  const fits = sizeOf(mask.shape) === sizeOf(image.shape) && channelCount(mask) === channelCount(image);
  if (!fits)
    throw new Error(`the mask of shape [${mask.shape.join(', ')}] does not fit "${key}" of shape [${image.shape.join(', ')}]`);
  return image.data.filter((_, i) => mask.data[i] !== 0);
} // prettier-ignore
