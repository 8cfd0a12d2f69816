import { z } from 'zod';
import { labelGroups } from '../../imaging/ops/labels/label-groups';
import { fieldName, withSpellings } from '../arguments';
import { defineTransform } from '../definition';
import { mapVoxels } from '../map-voxels';
import { BRATS_CLASSES } from './brats-classes';

export const splitBasedOnBratsClasses = defineTransform({
  name: 'SplitBasedOnBratsClasses',
  dialect: 'clara',
  summary:
    'Puts a mask for tumour core (labels 1, 4), whole tumour (1, 2, 4) and enhancing tumour (4) into a field each.',
  source: 'transforms.md §4.6',
  args: withSpellings(
    z.strictObject({
      field: fieldName,
      class_names: z.array(fieldName).length(3).default(['TC', 'WC', 'ET']),
    }),
    { label_names: 'class_names', channel_names: 'class_names' },
  ),
  apply(sample, { field, class_names: names }) {
    const labels = sample.volume(field);
    names.forEach((name, at) =>
      sample.volumes.set(
        name,
        mapVoxels(labels, (data) => labelGroups(data, [BRATS_CLASSES[at]])),
      ),
    );
  },
});
