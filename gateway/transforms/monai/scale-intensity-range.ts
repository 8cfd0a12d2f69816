import { z } from 'zod';
import { scaleIntensityRange } from '../../imaging/kernels/scale-intensity-range';
import { keysArguments, stringyBoolean } from '../arguments';
import { defineTransform } from '../definition';
import { mapVoxels } from '../map-voxels';
import { forEachKey } from './for-each-key';

const bound = z.number().nullable().default(null);

export const scaleIntensityRanged = defineTransform({
  name: 'ScaleIntensityRanged',
  dialect: 'monai',
  summary: 'Maps the intensities a_min..a_max to b_min..b_max (0..1 when absent); with clip, what lies outside becomes a bound.',
  source: 'transforms.md §7.2, §4.5; MONAI 0.8.1',
  args: z
    .strictObject({ ...keysArguments, a_min: z.number(), a_max: z.number(), b_min: bound, b_max: bound, clip: stringyBoolean.default(false), dtype: z.unknown().optional() })
    .refine(({ clip, b_min, b_max }) => !clip || b_min !== null || b_max !== null, { error: 'clip needs b_min or b_max' }),
  voxelWise: () => true,
  apply(sample, args) {
    const { a_min: aMin, a_max: aMax, b_min: low, b_max: high } = args;
    const scaled = low !== null && high !== null;
    const range = { aMin, aMax, bMin: scaled ? low : 0, bMax: scaled ? high : 1 };
    forEachKey(sample, args, (volume) => mapVoxels(volume, (data) => clip(scaleIntensityRange(data, { ...range, clip: scaled && args.clip }))));

    function clip(data: Float32Array): Float32Array {
      if (!args.clip || scaled) return data;
      for (let i = 0; i < data.length; i++) data[i] = Math.min(Math.max(data[i], low ?? -Infinity), high ?? Infinity);
      return data;
    }
  },
}); // prettier-ignore
