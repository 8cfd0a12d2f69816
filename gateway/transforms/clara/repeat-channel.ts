import { z } from 'zod';
import { repeatBlocks } from '../../imaging/ops/resample/repeat-blocks';
import { channelAxis, channelCount, type Volume } from '../../imaging/volume';
import { fieldNames, withSpellings } from '../arguments';
import { defineTransform } from '../definition';
import { channelsApart } from '../map-voxels';

export const repeatChannel = defineTransform({
  name: 'RepeatChannel',
  dialect: 'clara',
  summary: 'Repeats each channel: a, b twice is a, a, b, b. The number may be spelled `repeats` or `repeat_times`.',
  source: 'transforms.md §4.6; numpy repeat',
  args: withSpellings(z.strictObject({ fields: fieldNames, repeats: z.number().int().positive() }), {
    repeat_times: 'repeats',
  }),
  apply(sample, { fields, repeats }) {
    for (const field of fields) sample.volumes.set(field, withRepeatedChannels(sample.volume(field), field, repeats));
  },
});

/** Each channel `times` times behind itself; channels come to lie apart, the order of the axes stays. @throws Error without channels */
function withRepeatedChannels(given: Volume, field: string, times: number): Volume {
  const axis = channelAxis(given);
  if (axis < 0)
    throw new Error(`"${field}" (${given.axes}) has no channels to repeat; put ConvertToChannelsFirst before`);
  const volume = channelsApart(given);
  const channels = channelCount(volume);
  const data = repeatBlocks(volume.data, channels, times);
  const shape = volume.shape.with(axis, channels * times);
  const strides = [...volume.strides];
  strides[axis] = volume.data.length / channels;
  return { ...volume, data, shape, strides };
}
