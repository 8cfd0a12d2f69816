import { z } from 'zod';
import { finiteOnly } from '../../imaging/ops/intensity/finite-only';
import { percentiles } from '../../imaging/ops/intensity/percentiles';
import { scaleIntensityRange } from '../../imaging/ops/intensity/scale-intensity-range';
import { valueRange } from '../../imaging/ops/intensity/value-range';
import { channelCount, type NumericArray, type Volume } from '../../imaging/volume';
import { copyElements } from '../../imaging/simd/copy';
import { allocateUnset } from '../../arena';
import { keysArguments, stringyBoolean } from '../arguments';
import { defineTransform } from '../definition';
import { ofType, resultType, typeOf } from '../element-type';
import { channelsApart, mapVoxels } from '../map-voxels';
import { forEachKey } from './for-each-key';
import { clipNeedsBound, rangeBounds, scaledToBounds } from './scale-intensity-range';

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

/** MONAI measures and stretches in the type itself: half precision has three digits, and the range of an int8 image often leaves int8. */
const stretchedType = resultType.refine((type) => type !== 'float16' && type !== 'int8', {
  error: 'values are not stretched in this type; put CastToTyped behind it',
});

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
    dtype: stretchedType,
  }),
  voxelWise: ({ minv, maxv }) => minv === null && maxv === null,
  apply(sample, args) {
    const { minv, maxv, channel_wise: channelWise, dtype } = args;
    forEachKey(sample, args, (volume) => {
      // MONAI measures and stretches the values of the type that is asked for.
      const typed = minv === null && maxv === null ? volume : ofType(volume, dtype);
      return ofType(mapWholeOrChannels(typed, channelWise, (data) => stretched(data, args)), dtype ?? typeOf(volume));
    });
  },
}); // prettier-ignore

function stretched(data: NumericArray, { minv, maxv, factor }: Record<'minv' | 'maxv' | 'factor', number | null>) {
  const linear = (scale: number, offset: number) =>
    scaleIntensityRange(data, { aMin: 0, aMax: 1, bMin: offset, bMax: scale + offset });
  if (minv === null && maxv === null) return linear(1 + (factor ?? 0), 0);
  const range = valueRange(data);
  const [aMin, aMax] = range.every(Number.isFinite) ? range : valueRange(finiteOnly(data));
  if (aMin === aMax) return linear(minv ?? 1, 0);
  const [bMin, bMax] = minv === null || maxv === null ? [0, 1] : [minv, maxv];
  return scaleIntensityRange(data, { aMin, aMax, bMin, bMax });
}

const percent = z.number().min(0).max(100);

export const scaleIntensityRangePercentilesd = defineTransform({
  name: 'ScaleIntensityRangePercentilesd',
  dialect: 'monai',
  summary:
    'ScaleIntensityRanged between two percentiles of the image (or of each channel), NaN left out; `relative` puts them at the same percents of b_min..b_max.',
  source: 'transforms.md §7.2; MONAI 0.8.1 and 1.5.2, numpy percentile',
  args: z
    .strictObject({
      ...keysArguments,
      lower: percent,
      upper: percent,
      ...rangeBounds,
      relative: stringyBoolean.default(false),
      channel_wise: stringyBoolean.default(false),
      dtype: resultType,
    })
    .refine(clipNeedsBound, { error: 'clip needs b_min or b_max' })
    .refine(({ b_min, b_max, relative }) => !relative || (b_min !== null && b_max !== null), {
      error: 'relative needs b_min and b_max',
    }),
  apply(sample, { lower, upper, b_min: low, b_max: high, clip, relative, channel_wise: channelWise, dtype, ...keys }) {
    const at = (percentage: number) => low! + ((high! - low!) * percentage) / 100;
    const bounds = relative ? { b_min: at(lower), b_max: at(upper), clip } : { b_min: low, b_max: high, clip };
    forEachKey(sample, keys, (volume) => {
      const scaled = mapWholeOrChannels(volume, channelWise, (data) => {
        const [aMin, aMax] = percentiles(data, [lower, upper]);
        return scaledToBounds(data, aMin, aMax, bounds);
      });
      return ofType(scaled, dtype ?? typeOf(volume));
    });
  },
});
