import { z } from 'zod';
import { labelGroups } from '../../imaging/ops/labels/label-groups';
import { fieldName, fieldNames } from '../arguments';
import { defineTransform } from '../definition';
import { mapVoxels } from '../map-voxels';

export const splitBasedOnLabel = defineTransform({
  name: 'SplitBasedOnLabel',
  dialect: 'clara',
  summary: 'Puts a mask of 0 and 1 for each label into a field of its own: the first name is label 0, the background.',
  source: 'transforms.md §4.6',
  args: z.strictObject({ field: fieldName, label_names: fieldNames.refine((names) => names.length <= 256) }),
  apply(sample, { field, label_names: names }) {
    const labels = sample.volume(field);
    names.forEach((name, label) =>
      sample.volumes.set(
        name,
        mapVoxels(labels, (data) => labelGroups(data, [[label]])),
      ),
    );
  },
});
