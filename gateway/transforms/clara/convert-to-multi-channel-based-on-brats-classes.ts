import { z } from 'zod';
import { labelGroups } from '../../imaging/ops/labels/label-groups';
import { fieldNames } from '../arguments';
import { defineTransform } from '../definition';
import { ofType, typeOrSame } from '../element-type';
import { BRATS_CLASSES } from './brats-classes';
import { labelsToChannels } from './label-channels';

export const convertToMultiChannelBasedOnBratsClasses = defineTransform({
  name: 'ConvertToMultiChannelBasedOnBratsClasses',
  dialect: 'clara',
  summary:
    'Three channels of 0 and 1: tumour core (labels 1, 4), whole tumour (1, 2, 4), enhancing tumour (4), which may overlap.',
  source: 'transforms.md §4.6',
  args: z.strictObject({ fields: fieldNames, dtype: typeOrSame }),
  apply(sample, { fields, dtype }) {
    for (const field of fields)
      sample.volumes.set(
        field,
        ofType(
          labelsToChannels(sample.volume(field), field, BRATS_CLASSES.length, (labels) =>
            labelGroups(labels, BRATS_CLASSES),
          ),
          dtype,
        ),
      );
  },
});
