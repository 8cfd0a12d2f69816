import { z } from 'zod';
import { sigmoid } from '../../imaging/ops/intensity/activations';
import { softmax } from '../../imaging/ops/intensity/softmax';
import { channelCount } from '../../imaging/volume';
import { keysArguments, perKey, stringyBoolean, valueFor } from '../arguments';
import { defineTransform } from '../definition';
import { channelsApart, mapVoxels } from '../map-voxels';
import { forEachKey } from './for-each-key';

export const activationsd = defineTransform({
  name: 'Activationsd',
  dialect: 'monai',
  summary: 'Sigmoid of every value, or softmax over the channels.',
  source: 'transforms.md §7.2 and §7.3',
  args: z
    .strictObject({
      ...keysArguments,
      sigmoid: perKey(stringyBoolean).default(false),
      softmax: perKey(stringyBoolean).default(false),
      other: z.null({ error: 'a function of one’s own cannot be run' }).default(null),
    })
    .refine(({ sigmoid, softmax }) => !(sigmoid === true && softmax === true), { error: 'either sigmoid or softmax' }),
  voxelWise: () => true,
  apply(sample, args) {
    forEachKey(sample, args, (volume, index) => {
      if (valueFor(args.sigmoid, index)) return mapVoxels(volume, (data) => sigmoid(data));
      if (!valueFor(args.softmax, index)) return volume;
      const apart = channelsApart(volume);
      return { ...apart, data: softmax(apart.data, channelCount(volume)) };
    });
  },
});
