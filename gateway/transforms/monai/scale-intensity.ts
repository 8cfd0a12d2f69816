import { z } from 'zod';
import { percentiles } from '../../imaging/kernels/percentiles';
import { scaleIntensityRange } from '../../imaging/kernels/scale-intensity-range';
import { valueRange } from '../../imaging/kernels/value-range';
import { channelCount, type NumericArray, type Volume } from '../../imaging/volume';
import { copyElements } from '../../imaging/vector/copy';
import { allocateUnset } from '../../array-memory';
import { keysArguments, stringyBoolean } from '../arguments';
import { defineTransform } from '../definition';
import { channelsApart, mapVoxels } from '../map-voxels';
import { forEachKey } from './for-each-key';

/** A kernel over the whole image, or over each channel on its own. */
export function mapWholeOrChannels(volume: Volume, channelWise: boolean, kernel: (data: NumericArray) => Float32Array): Volume {
  if (!channelWise || channelCount(volume) === 1) return mapVoxels(volume, kernel);
  const apart = channelsApart(volume);
  const size = apart.data.length / channelCount(volume);
  const data = allocateUnset(Float32Array, apart.data.length);
  for (let at = 0; at < data.length; at += size) copyElements(kernel(apart.data.subarray(at, at + size) as NumericArray), data, at);
  return { ...apart, data };
} // prettier-ignore

const limit = z.number().nullable();

export const scaleIntensityd = defineTransform({
  name: 'ScaleIntensityd',
  dialect: 'monai',
  summary:
    'Stretches the smallest to the largest value of the image (or of each channel) to minv..maxv; without both, multiplies by 1 + `factor`. An image of one value is multiplied by minv.',
  source: 'transforms.md §7.2; MONAI 0.8.1',
  args: z.strictObject({
    ...keysArguments,
    minv: limit.default(0),
    maxv: limit.default(1),
    factor: limit.default(null),
    channel_wise: stringyBoolean.default(false),
    dtype: z.unknown().optional(),
  }),
  voxelWise: ({ minv, maxv }) => minv === null && maxv === null,
  apply(sample, args) {
    forEachKey(sample, args, (volume) => mapWholeOrChannels(volume, args.channel_wise, (data) => stretched(data, args)));
  },
}); // prettier-ignore

function stretched(data: NumericArray, { minv, maxv, factor }: Record<'minv' | 'maxv' | 'factor', number | null>) {
  const linear = (scale: number, offset: number) =>
    scaleIntensityRange(data, { aMin: 0, aMax: 1, bMin: offset, bMax: scale + offset });
  if (minv === null && maxv === null) return linear(1 + (factor ?? 0), 0);
  const [aMin, aMax] = valueRange(data);
  if (aMin === aMax) return linear(minv ?? 1, 0);
  const [bMin, bMax] = minv === null || maxv === null ? [0, 1] : [minv, maxv];
  return scaleIntensityRange(data, { aMin, aMax, bMin, bMax });
}

const percent = z.number().min(0).max(100);

export const scaleIntensityRangePercentilesd = defineTransform({
  name: 'ScaleIntensityRangePercentilesd',
  dialect: 'monai',
  summary:
    'ScaleIntensityRanged between two percentiles of the image (or of each channel); `relative` puts them at the same percents of b_min..b_max.',
  source: 'transforms.md §7.2; MONAI 0.8.1, numpy percentile',
  args: z
    .strictObject({
      ...keysArguments,
      lower: percent,
      upper: percent,
      b_min: limit.default(null),
      b_max: limit.default(null),
      clip: stringyBoolean.default(false),
      relative: stringyBoolean.default(false),
      channel_wise: stringyBoolean.default(false),
      dtype: z.unknown().optional(),
    })
    .refine(({ b_min, b_max, clip, relative }) => (!clip && !relative) || (b_min !== null && b_max !== null), {
      error: 'clip and relative need b_min and b_max',
    }),
  apply(sample, { lower, upper, b_min, b_max, clip, relative, channel_wise: channelWise, ...keys }) {
    const [low, high] = b_min === null || b_max === null ? [0, 1] : [b_min, b_max];
    const at = (percentage: number) => low + ((high - low) * percentage) / 100;
    const [bMin, bMax] = relative ? [at(lower), at(upper)] : [low, high];
    forEachKey(sample, keys, (volume) =>
      mapWholeOrChannels(volume, channelWise, (data) => {
        const [aMin, aMax] = percentiles(data, [lower, upper]);
        return scaleIntensityRange(data, { aMin, aMax, bMin, bMax, clip });
      }),
    );
  },
});
