import { z } from 'zod';
import { percentiles } from '../../imaging/ops/intensity/percentiles';
import type { NumericArray } from '../../imaging/volume';
import { keysArguments, stringyBoolean } from '../arguments';
import { defineTransform } from '../definition';
import { ofType, resamplingType, typeOf } from '../element-type';
import { forEachKey } from './for-each-key';
import { mapWholeOrChannels } from './scale-intensity';

const percent = z.number().min(0).max(100).nullable();

export const clipIntensityPercentilesd = defineTransform({
  name: 'ClipIntensityPercentilesd',
  dialect: 'monai',
  summary:
    'Cuts values at two percentiles of the image (or of each channel), NaN left out; with `sharpness_factor` they bend towards them instead (softplus). Null leaves a side alone.',
  source: 'MONAI 1.5.2, numpy percentile',
  args: z
    .strictObject({
      ...keysArguments,
      lower: percent,
      upper: percent,
      sharpness_factor: z.number().positive().nullable().default(null),
      channel_wise: stringyBoolean.default(false),
      dtype: resamplingType,
    })
    .refine(({ lower, upper }) => lower !== null || upper !== null, { error: 'lower or upper is needed' })
    .refine(({ lower, upper }) => lower === null || upper === null || lower <= upper, {
      error: 'upper must not be below lower',
    }),
  apply(sample, { lower, upper, sharpness_factor: sharpness, channel_wise: channelWise, ...keys }) {
    forEachKey(sample, keys, (volume) => {
      const clipped = mapWholeOrChannels(volume, channelWise, (data) => {
        const [low, high] = percentiles(data, [lower ?? 0, upper ?? 100]);
        if (sharpness === null) return between(data, low, high);
        return softlyBetween(data, lower === null ? null : low, upper === null ? null : high, sharpness);
      });
      return ofType(clipped, typeOf(volume));
    });
  },
});

function between(data: NumericArray, low: number, high: number): Float32Array {
  return Float32Array.from(data, (value) => Math.min(Math.max(value, low), high));
}

/** `x + softplus(-c (x - low)) / c - softplus(c (x - high)) / c` */
function softlyBetween(data: NumericArray, low: number | null, high: number | null, c: number): Float32Array {
  return Float32Array.from(data, (value) => {
    const raised = low === null ? value : value + softplus(-c * (value - low)) / c;
    return high === null ? raised : raised - softplus(c * (value - high)) / c;
  });
}

/** `log(1 + exp(x))`, without overflow. */
const softplus = (x: number) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
