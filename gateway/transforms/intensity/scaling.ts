import { z } from 'zod';
import { finiteOnly, valueRange } from '../../imaging/ops/intensity/measures';
import { percentiles } from '../../imaging/ops/intensity/percentiles';
import { scaleIntensityRange as scale } from '../../imaging/ops/intensity/voxel-wise';
import type { NumericArray } from '../../imaging/volume';
import { off, onFields, onKeys, orNull, positive, resamplingType, resultType, typeOrSame } from '../arguments';
import { mapParts, mapVoxels, ofType, typeOf } from '../channels';
import { clara, monai } from '../definition';

const inputRange = { a_min: z.number(), a_max: z.number() };

clara({
  name: 'ScaleIntensityRange',
  summary:
    'Maps the intensities a_min..a_max to b_min..b_max; with clip, what lies outside becomes b_min or b_max. Where a_min is a_max, values are only shifted.',
  example: { a_min: -57, a_max: 164, b_min: 0.0, b_max: 1.0, clip: true },
  args: onFields({ ...inputRange, b_min: z.number(), b_max: z.number(), clip: off, dtype: typeOrSame }),
  voxelWise: () => true,
  keepsLayout: true,
  change: (volume, { a_min: aMin, a_max: aMax, b_min: bMin, b_max: bMax, clip, dtype }) =>
    mapVoxels(volume, (data) => scale(data, { aMin, aMax, bMin, bMax, clip }), dtype),
});

type Bounds = Record<'b_min' | 'b_max', number | null> & { clip: boolean };

const limit = z.number().nullable();

/** The bounds of a scaled range: without both, it goes to 0..1; clip cuts at those that are given. */
const rangeBounds = { b_min: limit.default(null), b_max: limit.default(null), clip: off };
const clipNeedsBound = ({ clip, b_min, b_max }: Bounds) => !clip || b_min !== null || b_max !== null;
const neededBound = { error: 'clip needs b_min or b_max' };

/** MONAI's ScaleIntensityRange: with `aMin` = `aMax` values are shifted by `b_min - aMin` and not clipped. */
function scaledToBounds(
  data: NumericArray,
  [aMin, aMax]: readonly number[],
  { b_min: low, b_max: high, clip }: Bounds,
  out?: Float32Array,
): Float32Array {
  if (aMin === aMax) return scale(data, { aMin, aMax, bMin: low ?? 0, bMax: low ?? 0 }, out);
  if (low !== null && high !== null) return scale(data, { aMin, aMax, bMin: low, bMax: high, clip }, out);
  const scaled = scale(data, { aMin, aMax, bMin: 0, bMax: 1 }, out);
  return clip ? between(scaled, low ?? -Infinity, high ?? Infinity, scaled) : scaled;
}

function between(data: NumericArray, low: number, high: number, out: Float32Array): Float32Array {
  for (let i = 0; i < data.length; i++) out[i] = Math.min(Math.max(data[i], low), high);
  return out;
}

monai({
  name: 'ScaleIntensityRanged',
  summary:
    'Maps the intensities a_min..a_max to b_min..b_max (0..1 when absent); with clip, what lies outside becomes a bound. Where a_min is a_max, values are shifted by b_min - a_min and neither clipped nor made `dtype`.',
  example: { a_min: -57, a_max: 164, b_min: 0.0, b_max: 1.0, clip: true },
  source: 'MONAI 0.8.1 and 1.5.2',
  args: onKeys({ ...inputRange, ...rangeBounds, dtype: resultType }).refine(clipNeedsBound, neededBound),
  voxelWise: () => true,
  keepsLayout: true,
  change(volume, { a_min: aMin, a_max: aMax, dtype, ...bounds }) {
    const type = aMin === aMax ? null : (dtype ?? typeOf(volume));
    return mapVoxels(volume, (data) => scaledToBounds(data, [aMin, aMax], bounds), type);
  },
});

/** MONAI measures and stretches in the type itself: half precision has three digits, and the range of an int8 image often leaves int8. */
const stretchedType = resultType.refine((type) => type !== 'float16' && type !== 'int8', {
  error: 'values are not stretched in this type; put CastToTyped after it',
});

monai({
  name: 'ScaleIntensityd',
  summary:
    'Stretches the smallest to the largest value of the image (or of each channel) to minv..maxv; without both, multiplies by 1 + `factor`. An image of one value is multiplied by minv.',
  args: onKeys({
    minv: limit.default(0),
    maxv: limit.default(1),
    factor: limit.default(null),
    channel_wise: off,
    dtype: stretchedType,
  }),
  voxelWise: ({ minv, maxv }) => minv === null && maxv === null,
  change(volume, { channel_wise: channelWise, dtype, ...range }) {
    // MONAI measures and stretches the values of the type that is asked for.
    const typed = range.minv === null && range.maxv === null ? volume : ofType(volume, dtype);
    const stretched = mapParts(typed, channelWise, (data, out) => stretch(data, range, out));
    return ofType(stretched, dtype ?? typeOf(volume));
  },
});

type Stretch = Record<'minv' | 'maxv' | 'factor', number | null>;

function stretch(data: NumericArray, { minv, maxv, factor }: Stretch, out: Float32Array): Float32Array {
  const times = (by: number) => scale(data, { aMin: 0, aMax: 1, bMin: 0, bMax: by }, out);
  if (minv === null && maxv === null) return times(1 + (factor ?? 0));
  const range = valueRange(data);
  const [aMin, aMax] = range.every(Number.isFinite) ? range : valueRange(finiteOnly(data));
  if (aMin === aMax) return times(minv ?? 1);
  const [bMin, bMax] = minv === null || maxv === null ? [0, 1] : [minv, maxv];
  return scale(data, { aMin, aMax, bMin, bMax }, out);
}

const percent = z.number().min(0).max(100);

monai({
  name: 'ScaleIntensityRangePercentilesd',
  summary:
    'ScaleIntensityRanged between two percentiles of the image (or of each channel), NaN left out; `relative` puts them at the same percents of b_min..b_max.',
  example: { lower: 1, upper: 99, b_min: 0.0, b_max: 1.0, clip: true },
  source: 'MONAI 0.8.1 and 1.5.2, numpy percentile',
  args: onKeys({
    lower: percent,
    upper: percent,
    ...rangeBounds,
    relative: off,
    channel_wise: off,
    dtype: resultType,
  })
    .refine(clipNeedsBound, neededBound)
    .refine(({ b_min, b_max, relative }) => !relative || (b_min !== null && b_max !== null), {
      error: 'relative needs b_min and b_max',
    }),
  change(volume, { lower, upper, b_min: low, b_max: high, clip, relative, channel_wise: channelWise, dtype }) {
    const at = (percentage: number) => low! + ((high! - low!) * percentage) / 100;
    const bounds = relative ? { b_min: at(lower), b_max: at(upper), clip } : { b_min: low, b_max: high, clip };
    const scaled = mapParts(volume, channelWise, (data, out) =>
      scaledToBounds(data, percentiles(data, [lower, upper]), bounds, out),
    );
    return ofType(scaled, dtype ?? typeOf(volume));
  },
});

monai({
  name: 'ClipIntensityPercentilesd',
  summary:
    'Cuts values at two percentiles of the image (or of each channel), NaN left out; with `sharpness_factor` they bend towards them instead (softplus). Null leaves a side alone.',
  example: { lower: 1, upper: 99 },
  source: 'MONAI 1.5.2, numpy percentile',
  args: onKeys({
    lower: percent.nullable(),
    upper: percent.nullable(),
    sharpness_factor: orNull(positive),
    channel_wise: off,
    dtype: resamplingType,
  })
    .refine(({ lower, upper }) => lower !== null || upper !== null, { error: 'lower or upper is needed' })
    .refine(({ lower, upper }) => lower === null || upper === null || lower <= upper, {
      error: 'upper must not be below lower',
    }),
  change(volume, { lower, upper, sharpness_factor: sharpness, channel_wise: channelWise }) {
    const clipped = mapParts(volume, channelWise, (data, out) => {
      const [low, high] = percentiles(data, [lower ?? 0, upper ?? 100]);
      if (sharpness === null) between(data, low, high, out);
      else softlyBetween(data, [lower === null ? null : low, upper === null ? null : high], sharpness, out);
    });
    return ofType(clipped, typeOf(volume));
  },
});

/** `x + softplus(-c (x - low)) / c - softplus(c (x - high)) / c` */
function softlyBetween(data: NumericArray, [low, high]: (number | null)[], c: number, out: Float32Array): void {
  for (let i = 0; i < data.length; i++) {
    const raised = low === null ? data[i] : data[i] + softplus(-c * (data[i] - low)) / c;
    out[i] = high === null ? raised : raised - softplus(c * (data[i] - high)) / c;
  }
}

/** `log(1 + exp(x))`, without overflow. */
const softplus = (x: number) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
