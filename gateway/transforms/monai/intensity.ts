import { z } from 'zod';
import { maskValues, replaceBeyond, shift } from '../../imaging/ops/intensity/point-wise';
import { smoothGaussian } from '../../imaging/ops/intensity/smooth-gaussian';
import { channelCount, sizeOf, type NumericArray, type Volume } from '../../imaging/volume';
import { allocateUnset } from '../../arena';
import { fieldName, keysArguments, metadataArguments, positive, stringyBoolean } from '../arguments';
import { defineTransform } from '../definition';
import { ofType, typeOf } from '../element-type';
import { dense, mapVoxels } from '../map-voxels';
import { actedAxes } from './depth-first';
import { forEachKey } from './for-each-key';
import { packed } from './packed';
import { selected, selectFn } from './selection';

export const shiftIntensityd = defineTransform({
  name: 'ShiftIntensityd',
  dialect: 'monai',
  summary:
    'Adds a number to every value; the type stays, and with `safe` an integer type ends where it does instead of wrapping around.',
  source: 'transforms.md §7.2; MONAI 0.8.1',
  args: z.strictObject({
    ...keysArguments,
    offset: z.number(),
    safe: stringyBoolean.default(false),
    factor_key: z.null({ error: 'factors from the metadata are for training' }).default(null),
    ...metadataArguments,
  }),
  voxelWise: () => true,
  apply(sample, { offset, safe, ...keys }) {
    forEachKey(sample, keys, (volume) => {
      const shifted = mapVoxels(volume, (data) => shift(data, offset));
      return ofType(safe ? mapVoxels(shifted, (data) => within(data, volume.data)) : shifted, typeOf(volume));
    });
  },
});

export const thresholdIntensityd = defineTransform({
  name: 'ThresholdIntensityd',
  dialect: 'monai',
  summary: 'Replaces values that are not above the threshold (or not below it) by `cval`.',
  source: 'transforms.md §7.2; MONAI 0.8.1',
  args: z.strictObject({
    ...keysArguments,
    threshold: z.number(),
    above: stringyBoolean.default(true),
    cval: z.number().default(0),
  }),
  voxelWise: () => true,
  apply(sample, { threshold, above, cval, ...keys }) {
    const keep = above ? 'above' : 'below';
    forEachKey(sample, keys, (volume) =>
      ofType(
        mapVoxels(volume, (data) => replaceBeyond(data, threshold, keep, cval)),
        typeOf(volume),
      ),
    );
  },
});

export const maskIntensityd = defineTransform({
  name: 'MaskIntensityd',
  dialect: 'monai',
  summary:
    'Keeps values where the image in `mask_key` (one channel, or as many) is above 0, or where `select_fn` selects it; others become 0.',
  source: 'transforms.md §7.2; MONAI 0.8.1',
  args: z.strictObject({
    ...keysArguments,
    mask_data: z.null({ error: 'an array cannot be written in a config; use mask_key' }).default(null),
    mask_key: fieldName,
    select_fn: selectFn,
  }),
  apply(sample, { mask_key: maskKey, select_fn: select, ...keys }) {
    const mask = packed(selected(sample.volume(maskKey), select));
    forEachKey(sample, keys, (volume, _, key) => {
      const image = packed(volume);
      const channels = channelCount(image);
      const size = sizeOf(image.shape) / channels;
      if (mask.data.length !== size && mask.data.length !== image.data.length)
        throw new Error(
          `the mask "${maskKey}" of shape [${mask.shape.join(', ')}] does not fit "${key}" of shape [${volume.shape.join(', ')}]`,
        );
      const data = allocateUnset(Float32Array, image.data.length);
      for (let c = 0; c < channels; c++) {
        const part = (array: NumericArray) => array.subarray(c * size, (c + 1) * size) as NumericArray;
        const own = mask.data.length === size ? mask.data : part(mask.data);
        maskValues(part(image.data), own, data.subarray(c * size, (c + 1) * size));
      }
      return ofType({ ...image, data }, typeOf(volume));
    });
  },
});

export const gaussianSmoothd = defineTransform({
  name: 'GaussianSmoothd',
  dialect: 'monai',
  summary:
    'Gaussian filter: sigma in voxels for all spatial axes or for each, cut at 4 sigma, zeros outside the image.',
  source: 'transforms.md §7.2, §4.7; MONAI 0.8.1',
  args: z.strictObject({
    ...keysArguments,
    sigma: z.union([positive, z.array(z.number().min(0)).min(1).max(3)]),
    approx: z.literal('erf', { error: 'only approx "erf" is run' }).default('erf'),
  }),
  apply(sample, { sigma, ...keys }) {
    forEachKey(sample, keys, (volume) => smoothGaussian(dense(volume), sigmasOf(volume, sigma)));
  },
});

/** Values beyond what the type of `like` holds become its least or largest. */
function within(data: NumericArray, like: NumericArray): NumericArray {
  const name = like.constructor.name;
  if (name.startsWith('Float')) return data;
  const values = 2 ** (8 * like.BYTES_PER_ELEMENT);
  const [low, high] = name.startsWith('U') ? [0, values - 1] : [-values / 2, values / 2 - 1];
  return data.map((value) => Math.min(Math.max(value, low), high));
}

function sigmasOf(volume: Volume, sigma: number | readonly number[]): number[] {
  const axes = actedAxes(volume);
  if (typeof sigma !== 'number' && sigma.length !== axes.length)
    throw new Error(`sigma has ${sigma.length} numbers, the image has ${axes.length} spatial axes`);
  return volume.shape.map((_, d) =>
    !axes.includes(d) ? 0 : typeof sigma === 'number' ? sigma : sigma[axes.indexOf(d)],
  );
}
