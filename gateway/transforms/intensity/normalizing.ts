import { z } from 'zod';
import { packed } from '../../imaging/ops/copy/blocks';
import { equalise, histogram } from '../../imaging/ops/intensity/histogram';
import { normalizeIntensity } from '../../imaging/ops/intensity/voxel-wise';
import { channelCount, sizeOf, type NumericArray, type Volume } from '../../imaging/volume';
import { fieldName, off, oneOrMore, onFields, onKeys, orNull, resultType, typeOrSame } from '../arguments';
import { mapParts, mapVoxels, ofType, typeOf } from '../channels';
import { changeImages, clara, monai } from '../definition';

clara({
  name: 'NormalizeNonzeroIntensities',
  summary:
    'Per channel: subtracts the mean of the non-zero voxels and divides by their standard deviation; zeros stay.',
  source: 'choice A6',
  args: onFields({ dtype: typeOrSame }),
  change(volume, { dtype }) {
    const normalized = mapParts(volume, true, (data, out) => normalizeIntensity(data, { nonzero: true }, out));
    return ofType(normalized, dtype);
  },
});

const nonZero = z.number().refine((value) => value !== 0, { error: 'expected a divisor other than 0' });

clara({
  name: 'CenterData',
  summary:
    'Subtracts `subtrahend` and divides by `divisor`; without both, mean and standard deviation of the whole image (a deviation of 0 counts as 1).',
  args: onFields({
    subtrahend: orNull(z.number()),
    divisor: orNull(nonZero),
    dtype: typeOrSame,
  }).refine(({ subtrahend, divisor }) => (subtrahend === null) === (divisor === null), {
    error: 'subtrahend and divisor need each other: give both, or none of them',
  }),
  voxelWise: ({ subtrahend }) => subtrahend !== null,
  change(volume, { subtrahend, divisor, dtype }) {
    const options = { subtrahend: subtrahend ?? undefined, divisor: divisor ?? undefined, nonzero: false };
    return mapVoxels(volume, (data) => normalizeIntensity(data, options), dtype);
  },
});

const level = orNull(oneOrMore(z.number()));

monai({
  name: 'NormalizeIntensityd',
  summary:
    'Subtracts a value and divides by one: given ones, or mean and standard deviation of the finite values of the image or of each channel; 0 does not divide.',
  args: onKeys({ subtrahend: level, divisor: level, nonzero: off, channel_wise: off, dtype: resultType }).refine(
    ({ channel_wise: each, subtrahend, divisor }) => each || ![subtrahend, divisor].some(Array.isArray),
    { error: 'lists of values need channel_wise: true' },
  ),
  voxelWise: ({ subtrahend, divisor }) => subtrahend !== null && divisor !== null,
  change(volume, { subtrahend, divisor, nonzero, channel_wise: channelWise, dtype }) {
    const normalized = mapParts(volume, channelWise, (data, out, c) => {
      const of = (values: typeof subtrahend) => valueOf(values, c, channelCount(volume));
      normalizeIntensity(data, { subtrahend: of(subtrahend), divisor: of(divisor), nonzero }, out);
    });
    return ofType(normalized, dtype ?? typeOf(volume));
  },
});

function valueOf(values: number | number[] | null, channel: number, channels: number): number | undefined {
  if (!Array.isArray(values)) return values ?? undefined;
  if (values.length !== channels) throw new Error(`${values.length} values for ${channels} channel(s)`);
  return values[channel];
}

monai({
  name: 'HistogramNormalized',
  summary:
    'Histogram equalisation: each value at its place among all of the image (or among those where `mask_key` is not 0), from `min` to `max`, linear between `num_bins` bins; images of an integer type have one bin per number.',
  source: 'MONAI 1.5.2; numpy 2.4 histogram, scikit-image 0.26 exposure.histogram',
  args: onKeys({
    num_bins: z.number().int().min(1).max(65536).default(256),
    min: z.number().default(0),
    max: z.number().default(255),
    mask: z.null({ error: 'an array cannot be written in a config; use mask_key' }).default(null),
    mask_key: orNull(fieldName),
    dtype: resultType,
  }),
  apply(sample, { num_bins: bins, min, max, mask_key: maskKey, dtype, ...keys }, options) {
    const mask = maskKey === null ? undefined : packed(sample.volume(maskKey));
    changeImages('HistogramNormalized', sample, keys, options, (volume, { field }) => {
      const image = packed(volume);
      const data = equalise(image.data, histogram(inside(image, mask, field), bins), min, max);
      return ofType({ ...image, data }, dtype ?? typeOf(volume));
    });
  },
});

/** The values where the mask is not 0, all without one. @throws Error when the mask has another shape, channels included */
function inside(image: Volume, mask: Volume | undefined, key: string): NumericArray {
  if (!mask) return image.data;
  if (sizeOf(mask.shape) === sizeOf(image.shape) && channelCount(mask) === channelCount(image))
    return image.data.filter((_, i) => mask.data[i] !== 0);
  const [found, wanted] = [mask, image].map(({ shape }) => `[${shape.join(', ')}]`);
  throw new Error(`the mask of shape ${found} does not fit "${key}" of shape ${wanted}`);
}
