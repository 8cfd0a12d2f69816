import { z } from 'zod';
import { scaleIntensityRange as kernel } from '../../imaging/ops/intensity/scale-intensity-range';
import { fieldNames, stringyBoolean } from '../arguments';
import { defineTransform } from '../definition';
import { ofType, typeOrSame } from '../element-type';
import { mapVoxels } from '../map-voxels';

export const scaleIntensityRange = defineTransform({
  name: 'ScaleIntensityRange',
  dialect: 'clara',
  summary:
    'Maps the intensities a_min..a_max to b_min..b_max; with clip, what lies outside becomes b_min or b_max. Where a_min is a_max, values are only shifted.',
  source: 'transforms.md §4.5',
  args: z.strictObject({
    fields: fieldNames,
    a_min: z.number(),
    a_max: z.number(),
    b_min: z.number(),
    b_max: z.number(),
    clip: stringyBoolean.default(false),
    dtype: typeOrSame,
  }),
  voxelWise: () => true,
  apply(sample, { fields, a_min: aMin, a_max: aMax, b_min: bMin, b_max: bMax, clip, dtype }) {
    for (const field of fields) {
      sample.volumes.set(
        field,
        ofType(
          mapVoxels(sample.volume(field), (data) => kernel(data, { aMin, aMax, bMin, bMax, clip })),
          dtype,
        ),
      );
    }
  },
});
