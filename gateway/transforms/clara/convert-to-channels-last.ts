import { z } from 'zod';
import { channelAxis, reorderAxes, withChannelAxis, type Axes, type Volume } from '../../imaging/volume';
import { fieldNames } from '../arguments';
import { defineTransform } from '../definition';

/** No channel axis: one of length 1 at the end; elsewhere: moved to the end. No voxel is copied. */
export function channelsLast(volume: Volume): Volume {
  return channelAxis(volume) < 0
    ? withChannelAxis(volume, 'last')
    : reorderAxes(volume, `${volume.axes.replace('C', '')}C` as Axes);
}

export const convertToChannelsLast = defineTransform({
  name: 'ConvertToChannelsLast',
  channels: 'last',
  dialect: 'clara',
  summary: 'Puts the channel axis last, adding one of length 1 to an image without channels.',
  source: 'transforms.md §4.2',
  args: z.strictObject({ fields: fieldNames }),
  apply(sample, { fields }) {
    for (const field of fields) sample.volumes.set(field, channelsLast(sample.volume(field)));
  },
});
