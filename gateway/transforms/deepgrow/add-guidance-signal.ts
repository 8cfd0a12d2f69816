import { z } from 'zod';
import { fieldName, positive } from '../arguments';
import { withClickChannels } from '../click-signal';
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
    sample.volumes.set(field, withClickChannels(sample.volume(field), intensities, [hot, cold], sigma));
  },
});
