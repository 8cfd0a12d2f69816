import { z } from 'zod';
import { fieldName, keysArguments, positive, stringyBoolean } from '../arguments';
import { withClickChannels } from '../click-signal';
import { defineTransform } from '../definition';
import { forEachKey } from '../monai/for-each-key';
import { labelClicksOf, labelNames } from './label-clicks';

const intensityChannels = z.number().int().positive().default(1);

export const addGuidanceSignalDeepEditd = defineTransform({
  name: 'AddGuidanceSignalDeepEditd',
  dialect: 'monai',
  summary: 'Adds a channel per label, hot (1) at its clicks; cold (0) where there are none.',
  source: 'MONAI 1.5.2 apps.deepedit; transforms.md §4.7 for the kernel',
  readsParams: true,
  args: z.strictObject({
    ...keysArguments,
    guidance: fieldName.default('guidance'),
    sigma: positive.default(3),
    number_intensity_ch: intensityChannels,
  }),
  apply(sample, { guidance, sigma, number_intensity_ch: intensities, ...keys }) {
    const clicks = Object.values(labelClicksOf(sample, guidance));
    forEachKey(sample, keys, (volume) => withClickChannels(volume, intensities, clicks, sigma));
  },
});

/** With `probability` 1 there is nothing random in it: how DeepEdit models are run without clicks. */
export const discardAddGuidanced = defineTransform({
  name: 'DiscardAddGuidanced',
  dialect: 'monai',
  summary: 'Sets the click channels of all labels to 0, or adds them so.',
  source: 'MONAI 1.5.2 apps.deepedit',
  args: z.strictObject({
    ...keysArguments,
    number_intensity_ch: intensityChannels,
    probability: z.literal(1, { error: 'below 1 it discards clicks at random, which is for training' }).default(1),
    label_names: labelNames,
    allow_missing_keys: stringyBoolean.default(false),
  }),
  apply(sample, { label_names: names, number_intensity_ch: intensities, ...keys }) {
    const none = names.map(() => []);
    forEachKey(sample, keys, (volume) => withClickChannels(volume, intensities, none, 1));
  },
});
