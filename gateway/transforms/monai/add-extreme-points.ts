import { z } from 'zod';
import { addExtremePointsChannel } from '../clara/add-extreme-points-channel';
import { fieldName, keysArguments, positive } from '../arguments';
import { defineTransform } from '../definition';

export const addExtremePointsChanneld = defineTransform({
  name: 'AddExtremePointsChanneld',
  dialect: 'monai',
  summary: 'Adds a last channel that is hot at the request’s points (or the extreme points of the label).',
  source: 'transforms.md §7.2, §4.7, choices A19 and A20; MONAI 0.8.1',
  readsParams: true,
  args: z.strictObject({
    ...keysArguments,
    label_key: fieldName,
    background: z.literal(0, { error: 'the background is 0' }).default(0),
    pert: z.literal(0, { error: 'random offsets are for training; only pert 0 is run' }).default(0),
    sigma: positive.default(3),
    rescale_min: z.number().default(-1),
    rescale_max: z.number().default(1),
  }),
  async apply(sample, { keys, label_key: label, sigma, rescale_min: low, rescale_max: high, allow_missing_keys: mayMiss }, options) {
    for (const key of keys) {
      if (mayMiss && !sample.volumes.has(key)) continue;
      const args = { image_field: key, label_field: label, dtype: null, sigma, permutation: 0 as const, rescale_min: low, rescale_max: high, points_channel_field: null };
      await addExtremePointsChannel.apply(sample, args, options);
    }
  },
}); // prettier-ignore
