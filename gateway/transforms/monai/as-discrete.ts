import { z } from 'zod';
import { oneHot } from '../../imaging/ops/labels/one-hot';
import { threshold as passing } from '../../imaging/ops/intensity/threshold';
import { channelAxis, channelCount, withChannelAxis, type Volume } from '../../imaging/volume';
import { keysArguments, perKey, stringyBoolean, valueFor } from '../arguments';
import { labelsOf } from '../clara/argmax-across-channels';
import { defineTransform } from '../definition';
import { channelsApart, mapVoxels } from '../map-voxels';
import { forEachKey } from './for-each-key';

const count = z.number().int().positive();

/** MONAI 0.5 wrote `to_onehot: true, n_classes: 3` and `threshold_values: true, logit_thresh: 0.5`; now it is `to_onehot: 3`, `threshold: 0.5`. */
export const asDiscreted = defineTransform({
  name: 'AsDiscreted',
  dialect: 'monai',
  summary:
    'Makes labels of network outputs: argmax over the channels, then one-hot channels, then a threshold (values equal to it pass).',
  source: 'transforms.md §7.2 and §7.3',
  args: z.strictObject({
    ...keysArguments,
    argmax: perKey(stringyBoolean).default(false),
    to_onehot: perKey(z.union([z.boolean(), count]).nullable()).default(null),
    threshold: perKey(z.union([z.boolean(), z.number()]).nullable()).default(null),
    rounding: z.union([z.null(), z.literal('torchrounding')]).default(null),
    n_classes: perKey(count.nullable()).default(null),
    num_classes: perKey(count.nullable()).default(null),
    threshold_values: perKey(stringyBoolean).default(false),
    logit_thresh: perKey(z.number()).default(0.5),
  }),
  voxelWise: () => true,
  yieldsLabels: ({ argmax }) => argmax === true,
  apply(sample, args) {
    forEachKey(sample, args, (volume, index) => {
      const labelled = valueFor(args.argmax, index) ? labelsOf(volume) : volume;
      const classes = classesOf(
        valueFor(args.to_onehot, index),
        valueFor(args.n_classes, index) ?? valueFor(args.num_classes, index),
      );
      const channels = classes ? oneHotChannels(labelled, classes) : labelled;
      const limit = limitOf(
        valueFor(args.threshold, index),
        valueFor(args.threshold_values, index),
        valueFor(args.logit_thresh, index),
      );
      const limited = limit === undefined ? channels : mapVoxels(channels, (data) => passing(data, limit, true));
      return args.rounding ? mapVoxels(limited, (data) => data.map(roundHalfToEven)) : limited;
    });
  },
});

function classesOf(toOneHot: boolean | number | null, named: number | null): number | undefined {
  if (toOneHot === true && named === null) throw new Error('to_onehot: true needs n_classes');
  if (typeof toOneHot === 'number') return toOneHot;
  return toOneHot ? (named ?? undefined) : undefined;
}

function limitOf(threshold: boolean | number | null, flag: boolean, logit: number): number | undefined {
  if (typeof threshold === 'number') return threshold;
  return threshold || flag ? logit : undefined;
}

function oneHotChannels(volume: Volume, classes: number): Volume {
  if (channelCount(volume) !== 1)
    throw new Error(`one-hot channels are made of one channel of labels, the image has ${channelCount(volume)}`);
  const labels = channelsApart(withChannelAxis(volume, 'first'));
  const axis = channelAxis(labels);
  const strides = labels.strides.with(axis, labels.data.length);
  return { ...labels, data: oneHot(labels.data, classes), shape: labels.shape.with(axis, classes), strides };
}

function roundHalfToEven(value: number): number {
  const rounded = Math.round(value);
  return Math.abs(value % 1) === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded;
}
