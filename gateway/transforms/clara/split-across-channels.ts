import { z } from 'zod';
import { channelAxis, channelCount } from '../../imaging/volume';
import { fieldName, fieldNames } from '../arguments';
import { defineTransform } from '../definition';
import { eachChannel } from './label-channels';

export const splitAcrossChannels = defineTransform({
  name: 'SplitAcrossChannels',
  dialect: 'clara',
  summary: 'Puts each channel into a field of its own, with a channel axis of length 1; the image stays.',
  source: 'transforms.md §4.6',
  args: z.strictObject({ field: fieldName, channel_names: fieldNames }),
  apply(sample, { field, channel_names: names }) {
    const volume = sample.volume(field);
    if (channelAxis(volume) < 0 || channelCount(volume) !== names.length) {
      const channels = channelAxis(volume) < 0 ? 'no channel axis' : `${channelCount(volume)} channels`;
      throw new Error(`"${field}" has ${channels}, channel_names has ${names.length}: ${names.join(', ')}`);
    }
    eachChannel(volume).forEach((channel, c) => sample.volumes.set(names[c], channel));
  },
});
