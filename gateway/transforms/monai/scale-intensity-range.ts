import { z } from 'zod';
import { scaleIntensityRange } from '../../imaging/ops/intensity/scale-intensity-range';
import type { NumericArray } from '../../imaging/volume';
import { keysArguments, stringyBoolean } from '../arguments';
import { defineTransform } from '../definition';
import { ofType, resultType, typeOf } from '../element-type';
import { mapVoxels } from '../map-voxels';
import { forEachKey } from './for-each-key';

interface Bounds {
  b_min: number | null;
  b_max: number | null;
  clip: boolean;
}

const bound = z.number().nullable().default(null);

/** The bounds of a scaled range: without both, it goes to 0..1; clip cuts at those that are given. */
export const rangeBounds = { b_min: bound, b_max: bound, clip: stringyBoolean.default(false) };
export const clipNeedsBound = ({ clip, b_min, b_max }: Bounds) => !clip || b_min !== null || b_max !== null;

/** MONAI's ScaleIntensityRange: with `aMin` = `aMax` values are shifted by `b_min - aMin` and not clipped. */
export function scaledToBounds(data: NumericArray, aMin: number, aMax: number, { b_min: low, b_max: high, clip }: Bounds): Float32Array {
  if (aMin === aMax) return scaleIntensityRange(data, { aMin, aMax, bMin: low ?? 0, bMax: low ?? 0 });
  if (low !== null && high !== null) return scaleIntensityRange(data, { aMin, aMax, bMin: low, bMax: high, clip });
  const scaled = scaleIntensityRange(data, { aMin, aMax, bMin: 0, bMax: 1 });
  if (clip) for (let i = 0; i < scaled.length; i++) scaled[i] = Math.min(Math.max(scaled[i], low ?? -Infinity), high ?? Infinity);
  return scaled;
} // prettier-ignore

export const scaleIntensityRanged = defineTransform({
  name: 'ScaleIntensityRanged',
  dialect: 'monai',
  summary:
    'Maps the intensities a_min..a_max to b_min..b_max (0..1 when absent); with clip, what lies outside becomes a bound. Where a_min is a_max, values are shifted by b_min - a_min and neither clipped nor made `dtype`.',
  source: 'transforms.md §7.2, §4.5; MONAI 0.8.1 and 1.5.2',
  args: z
    .strictObject({ ...keysArguments, a_min: z.number(), a_max: z.number(), ...rangeBounds, dtype: resultType })
    .refine(clipNeedsBound, { error: 'clip needs b_min or b_max' }),
  voxelWise: () => true,
  apply(sample, { a_min: aMin, a_max: aMax, b_min, b_max, clip, dtype, ...keys }) {
    forEachKey(sample, keys, (volume) => {
      const scaled = mapVoxels(volume, (data) => scaledToBounds(data, aMin, aMax, { b_min, b_max, clip }));
      return ofType(scaled, aMin === aMax ? null : (dtype ?? typeOf(volume)));
    });
  },
});
