import { z } from 'zod';
import { oneHot } from '../../imaging/ops/labels/one-hot';
import type { NumericArray } from '../../imaging/volume';
import { fieldNames } from '../arguments';
import { defineTransform } from '../definition';
import { labelsToChannels } from './label-channels';

/** More channels than labels of a byte: the image is no label map. */
const MOST_CHANNELS = 256;

export const convertToMultiChannelBasedOnLabel = defineTransform({
  name: 'ConvertToMultiChannelBasedOnLabel',
  dialect: 'clara',
  summary:
    'One channel of 0 and 1 per label, background first: as many as `label_names`, without them as the image has labels.',
  source: 'transforms.md §4.6',
  args: z.strictObject({
    fields: fieldNames,
    label_names: z.array(z.string()).min(1).max(MOST_CHANNELS).nullable().default(null),
  }),
  apply(sample, { fields, label_names: names }) {
    for (const field of fields) {
      const volume = sample.volume(field);
      const channels = names?.length ?? highestLabel(volume.data, field) + 1;
      sample.volumes.set(
        field,
        labelsToChannels(volume, field, channels, (labels) => oneHot(labels, channels)),
      );
    }
  },
});

/** @throws Error when a value is no label */
function highestLabel(data: NumericArray, field: string): number {
  let highest = 0;
  for (let i = 0; i < data.length; i++) {
    const value = data[i];
    if (!(value >= 0 && value < MOST_CHANNELS) || value !== Math.floor(value))
      throw new Error(
        `"${field}" is no label map: a voxel is ${value}, whole numbers from 0 to ${MOST_CHANNELS - 1} are`,
      );
    if (value > highest) highest = value;
  }
  return highest;
}
