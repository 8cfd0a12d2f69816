import { z } from 'zod';
import { integerRange } from '../../imaging/formats/value-types';
import { packed, partsOf } from '../../imaging/ops/copy/blocks';
import { medianFilter } from '../../imaging/ops/intensity/neighbourhoods';
import { maskValues, replaceBeyond, shift } from '../../imaging/ops/intensity/voxel-wise';
import { smoothGaussian } from '../../imaging/ops/intensity/gaussian';
import { sizeOf, spatialShape, type NumericArray, type Volume } from '../../imaging/volume';
import { eachAxis, fieldName, flag, metadataArguments, off, onKeys, only, perAxis, positive } from '../arguments';
import { dense, mapParts, mapVoxels, ofType, typeOf } from '../channels';
import { changeImages, monai } from '../definition';
import { actedAxes } from '../grid/boxes';
import { selected, selectFn } from '../lambda';

monai({
  name: 'ShiftIntensityd',
  summary:
    'Adds a number to every value; the type stays, and with `safe` an integer type ends where it does instead of wrapping around.',
  example: { offset: 1024 },
  args: onKeys({
    offset: z.number(),
    safe: off,
    factor_key: z.null({ error: 'factors from the metadata are for training' }).default(null),
    ...metadataArguments,
  }),
  voxelWise: () => true,
  change(volume, { offset, safe }) {
    const shifted = mapVoxels(volume, (data) => shift(data, offset));
    return ofType(safe ? mapVoxels(shifted, (data) => within(data, volume.data)) : shifted, typeOf(volume));
  },
});

/** Values beyond what the type of `like` holds become its least or largest. */
function within(data: NumericArray, like: NumericArray): NumericArray {
  const range = integerRange(like.constructor);
  return range ? data.map((value) => Math.min(Math.max(value, range[0]), range[1])) : data;
}

monai({
  name: 'ThresholdIntensityd',
  summary: 'Replaces values that are not above the threshold (or not below it) by `cval`.',
  example: { threshold: -1000, above: true, cval: -1000 },
  args: onKeys({ threshold: z.number(), above: flag.default(true), cval: z.number().default(0) }),
  voxelWise: () => true,
  change: (volume, { threshold, above, cval }) =>
    mapVoxels(volume, (data) => replaceBeyond(data, threshold, above ? 'above' : 'below', cval), typeOf(volume)),
});

monai({
  name: 'MaskIntensityd',
  summary:
    'Keeps values where the image in `mask_key` (one channel, or as many) is above 0, or where `select_fn` selects it; others become 0.',
  example: { mask_key: 'mask' },
  args: onKeys({
    mask_data: z.null({ error: 'an array cannot be written in a config; use mask_key' }).default(null),
    mask_key: fieldName,
    select_fn: selectFn,
  }),
  apply(sample, { mask_key: maskKey, select_fn: select, ...keys }, options) {
    const mask = packed(selected(sample.volume(maskKey), select));
    changeImages('MaskIntensityd', sample, keys, options, (volume, { field }) => {
      const size = sizeOf(spatialShape(volume));
      if (mask.data.length !== size && mask.data.length !== sizeOf(volume.shape)) {
        const [found, wanted] = [mask, volume].map(({ shape }) => `[${shape.join(', ')}]`);
        throw new Error(`the mask "${maskKey}" of shape ${found} does not fit "${field}" of shape ${wanted}`);
      }
      const masks = partsOf(mask.data, mask.data.length / size);
      const masked = mapParts(packed(volume), true, (data, out, c) => maskValues(data, masks[c] ?? masks[0], out));
      return ofType(masked, typeOf(volume));
    });
  },
});

/** An argument with one value for all spatial axes or one for each, as one value per axis of the array: 0 for those that are left alone. */
function onActedAxes(volume: Volume, name: string, given: number | readonly number[]): number[] {
  const axes = actedAxes(volume);
  const values = eachAxis(name, given, axes.length);
  return volume.shape.map((_, d) => values[axes.indexOf(d)] ?? 0);
}

monai({
  name: 'GaussianSmoothd',
  summary:
    'Gaussian filter: sigma in voxels for all spatial axes or for each, cut at 4 sigma, zeros outside the image.',
  example: { sigma: 1.0 },
  args: onKeys({
    sigma: z.union([positive, z.array(z.number().min(0)).min(1).max(3)]),
    approx: only('erf', 'only approx "erf" is run'),
  }),
  change: (volume, { sigma }) => smoothGaussian(dense(volume), onActedAxes(volume, 'sigma', sigma)),
});

monai({
  name: 'MedianSmoothd',
  summary:
    'Median of the box around each voxel, `radius` voxels (at most 8) to each side for all spatial axes or for each; the edge is repeated outside.',
  source: 'MONAI 1.5.2, torch median',
  args: onKeys({ radius: perAxis(z.number().int().min(0).max(8)).default(1) }),
  change: (volume, { radius }) => medianFilter(volume, onActedAxes(volume, 'radius', radius)),
});
