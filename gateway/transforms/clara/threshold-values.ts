import { z } from 'zod';
import { threshold as kernel } from '../../imaging/ops/intensity/threshold';
import { fieldNames } from '../arguments';
import { defineTransform } from '../definition';
import { mapVoxels } from '../map-voxels';

export const thresholdValues = defineTransform({
  name: 'ThresholdValues',
  dialect: 'clara',
  summary: 'Makes 1 of values above the threshold and 0 of all others.',
  source: 'transforms.md §4.5, choice A7',
  args: z.strictObject({ fields: fieldNames, threshold: z.number() }),
  voxelWise: () => true,
  apply(sample, { fields, threshold }) {
    for (const field of fields)
      sample.volumes.set(
        field,
        mapVoxels(sample.volume(field), (data) => kernel(data, threshold, false)),
      );
  },
});
