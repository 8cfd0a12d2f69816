import { z } from 'zod';
import { channelAxis, reorderAxes, withChannelAxis, type Axes, type Volume } from '../../imaging/volume';
import { fieldNames, withLegacyNames } from '../arguments';
import { defineTransform } from '../definition';

/** No channel axis: one of length 1 in front; elsewhere: moved to the front. No voxel is copied. */
export function channelsFirst(volume: Volume): Volume {
  return channelAxis(volume) < 0
    ? withChannelAxis(volume, 'first')
    : reorderAxes(volume, `C${volume.axes.replace('C', '')}` as Axes);
}

export const convertToChannelsFirst = defineTransform({
  name: 'ConvertToChannelsFirst',
  channels: 'first',
  aliases: ['VolumeTo4DArray'],
  dialect: 'clara',
  summary: 'Puts the channel axis in front, adding one of length 1 to an image without channels.',
  source: 'transforms.md §4.2',
  args: withLegacyNames(z.strictObject({ fields: fieldNames })),
  apply(sample, { fields }) {
    for (const field of fields) sample.volumes.set(field, channelsFirst(sample.volume(field)));
  },
});
