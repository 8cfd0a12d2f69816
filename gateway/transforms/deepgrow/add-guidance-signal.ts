import { z } from 'zod';
import { heatMap } from '../../imaging/kernels/heat-map';
import {
  channelAxis,
  firstAxisFastest,
  spatialLetters,
  spatialShape,
  withChannelAxis,
  type Axes,
  type Volume,
} from '../../imaging/volume';
import { appendChannel } from '../append-channel';
import { fieldName, positive } from '../arguments';
import { defineTransform } from '../definition';
import { guidanceOf } from './guidance';

export const addGuidanceSignald = defineTransform({
  name: 'AddGuidanceSignald',
  dialect: 'monai',
  summary: 'Adds two channels, hot (1) at the foreground and at the background clicks; cold (0) where there are none.',
  source: 'transforms.md §7.4 step 11; MONAI 0.8.1',
  readsParams: true,
  args: z.strictObject({
    image: fieldName.default('image'),
    guidance: fieldName.default('guidance'),
    sigma: positive.default(2),
    number_intensity_ch: z.number().int().positive().default(1),
    batched: z.literal(false, { error: 'only single images are run' }).default(false),
  }),
  apply(sample, { image: field, guidance, sigma, number_intensity_ch: intensities }) {
    const { positive: hot, negative: cold } = guidanceOf(sample, guidance);
    const image = firstChannels(withChannelAxis(sample.volume(field), 'first'), intensities);
    const shape = spatialShape(image);
    const signal = (points: number[][]): Volume => {
      const inside = points.filter((point) => point.every((index) => index >= 0));
      const data = heatMap(shape, inside, { sigma, low: 0, high: 1 });
      return { ...image, data, shape, strides: firstAxisFastest(shape), axes: spatialLetters(image) as Axes };
    };
    sample.volumes.set(field, appendChannel(appendChannel(image, signal(hot)), signal(cold)));
  },
});

function firstChannels(volume: Volume, count: number): Volume {
  const axis = channelAxis(volume);
  return { ...volume, shape: volume.shape.with(axis, Math.min(count, volume.shape[axis])) };
}
