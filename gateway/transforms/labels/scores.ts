import { z } from 'zod';
import { sigmoid, softmax, threshold as passing, weightedSum } from '../../imaging/ops/intensity/voxel-wise';
import { roundHalfEven } from '../../imaging/ops/intensity/cast';
import { argmax, majority, oneHot } from '../../imaging/ops/labels/label-maps';
import { channelCount, withChannelAxis, type Volume } from '../../imaging/volume';
import { fieldName, fieldNames, flag, oneOrMore, onFields, onKeys, orNull, perKey, valueFor } from '../arguments';
import { channelsApart, fileChannels, labelsOf, mapParts, mapVoxels, withChannels } from '../channels';
import { clara, monai } from '../definition';
import { checkOneGrid } from '../one-grid';
import type { Sample } from '../sample';

clara({
  name: 'ArgmaxAcrossChannels',
  summary:
    'Replaces the channels by the number of the largest one (ties: the lowest), keeping a channel axis of length 1.',
  source: 'choice A5',
  args: onFields({}),
  voxelWise: () => true,
  yieldsLabels: () => true,
  change: labelsOf,
});

clara({
  name: 'ThresholdValues',
  summary: 'Makes 1 of values above the threshold and 0 of all others.',
  example: { threshold: 0.5 },
  source: 'choice A7',
  args: onFields({ threshold: z.number() }),
  voxelWise: () => true,
  change: (volume, { threshold }) => mapVoxels(volume, (data) => passing(data, threshold, false)),
});

const flagPerKey = perKey(flag).default(false);

monai({
  name: 'Activationsd',
  summary: 'Sigmoid of every value, or softmax over the channels.',
  example: { softmax: true },
  source: 'MONAI 0.5 and 0.8.1',
  args: onKeys({
    sigmoid: flagPerKey,
    softmax: flagPerKey,
    other: z.null({ error: 'a function of one’s own cannot be run' }).default(null),
  }).refine(({ sigmoid, softmax }) => !(sigmoid === true && softmax === true), { error: 'either sigmoid or softmax' }),
  voxelWise: () => true,
  change(volume, args, { index }) {
    if (valueFor(args.sigmoid, index)) return mapVoxels(volume, (data) => sigmoid(data));
    if (!valueFor(args.softmax, index)) return volume;
    const apart = channelsApart(volume);
    return { ...apart, data: softmax(apart.data, channelCount(volume)) };
  },
});

const count = z.number().int().positive();

/** MONAI 0.5 wrote `to_onehot: true, n_classes: 3` and `threshold_values: true, logit_thresh: 0.5`; now it is `to_onehot: 3`, `threshold: 0.5`. */
monai({
  name: 'AsDiscreted',
  summary:
    'Makes labels of network outputs: argmax over the channels, then one-hot channels, then a threshold (values equal to it pass).',
  example: { argmax: true },
  source: 'MONAI 0.5 and 0.8.1',
  args: onKeys({
    argmax: flagPerKey,
    to_onehot: perKey(z.union([z.boolean(), count]).nullable()).default(null),
    threshold: perKey(z.union([z.boolean(), z.number()]).nullable()).default(null),
    rounding: z.union([z.null(), z.literal('torchrounding')]).default(null),
    n_classes: perKey(count.nullable()).default(null),
    num_classes: perKey(count.nullable()).default(null),
    threshold_values: flagPerKey,
    logit_thresh: perKey(z.number()).default(0.5),
  }),
  voxelWise: () => true,
  yieldsLabels: ({ argmax: labels }) => labels === true,
  change(volume, args, { index }) {
    const at = <T>(values: T | readonly T[]) => valueFor(values, index);
    const labelled = at(args.argmax) ? labelsOf(volume) : volume;
    const classes = classesOf(at<boolean | number | null>(args.to_onehot), at(args.n_classes) ?? at(args.num_classes));
    const channels = classes ? oneHotChannels(labelled, classes) : labelled;
    const limit = limitOf(
      at<boolean | number | null>(args.threshold),
      at(args.threshold_values),
      at(args.logit_thresh),
    );
    const limited = limit === undefined ? channels : mapVoxels(channels, (data) => passing(data, limit, true));
    return args.rounding ? mapVoxels(limited, (data) => data.map(roundHalfEven)) : limited;
  },
});

function classesOf(toOneHot: boolean | number | null, named: number | null): number | undefined {
  if (toOneHot === true && named === null) throw new Error('to_onehot: true needs n_classes');
  return typeof toOneHot === 'number' ? toOneHot : toOneHot ? (named ?? undefined) : undefined;
}

function limitOf(threshold: boolean | number | null, flagged: boolean, logit: number): number | undefined {
  if (typeof threshold === 'number') return threshold;
  return threshold || flagged ? logit : undefined;
}

function oneHotChannels(volume: Volume, classes: number): Volume {
  if (channelCount(volume) !== 1)
    throw new Error(`one-hot channels are made of one channel of labels, the image has ${channelCount(volume)}`);
  const labels = channelsApart(withChannelAxis(volume, 'first'));
  return withChannels(labels, oneHot(labels.data, classes), classes);
}

const weightList = z.array(z.number()).min(1);

/** MONAI takes one key for several outputs stacked along a first axis, which images do not have here. */
const ensembleArguments = {
  keys: fieldNames.refine((keys) => keys.length > 1, { error: 'expected the names of several fields' }),
  output_key: orNull(fieldName),
};
const isNamed = ({ output_key: output }: { output_key: string | null }) => output !== null;
const named = { error: 'several keys need output_key' };

/** The images of all keys, which have one grid and one number of channels. */
function together(sample: Sample, keys: readonly string[]) {
  const images = keys.map((key) => fileChannels(sample.volume(key)));
  checkOneGrid(
    images.map(({ image }) => image),
    keys,
  );
  if (images.some(({ image }) => image.data.length !== images[0].image.data.length))
    throw new Error(`the fields ${keys.join(', ')} differ in their number of channels`);
  return images;
}

monai({
  name: 'MeanEnsembled',
  summary:
    'The mean of several fields in a field of its own, weighted on request: one weight per field, or one per field and channel.',
  example: { keys: ['pred0', 'pred1'], output_key: 'pred' },
  args: z
    .strictObject({
      ...ensembleArguments,
      weights: orNull(oneOrMore(weightList)),
    })
    .refine(isNamed, named)
    .refine(({ keys, weights }) => !weights || weights.length === keys.length, {
      error: 'weights needs one number, or one list, per key',
    }),
  apply(sample, { keys, output_key: output, weights }) {
    const images = together(sample, keys);
    const [{ image, channels }] = images;
    const mean = mapParts(image, true, (_, out, c) => {
      const given = keys.map((__, n) => weightOf(weights?.[n], c, channels));
      const sum = given.reduce((a, b) => a + b, 0);
      out.set(
        weightedSum(
          images.map(({ parts }) => parts[c]),
          given.map((weight) => weight / sum),
        ),
      );
    });
    sample.volumes.set(output!, mean);
  },
});

function weightOf(given: number | readonly number[] | undefined, channel: number, channels: number): number {
  if (typeof given !== 'object') return given ?? 1;
  if (given.length !== channels && given.length !== 1)
    throw new Error(`weights has ${given.length} numbers for a field, which has ${channels} channels`);
  return given[given.length === 1 ? 0 : channel];
}

monai({
  name: 'VoteEnsembled',
  summary:
    'What most of several fields say, in a field of its own: of one-hot channels each by itself (half is no majority), or with `num_classes` the label with most votes, of equals the lowest.',
  example: { keys: ['pred0', 'pred1'], output_key: 'pred' },
  source: 'MONAI 1.5.2',
  args: z
    .strictObject({ ...ensembleArguments, num_classes: orNull(z.number().int().min(1).max(65536)) })
    .refine(isNamed, named),
  apply(sample, { keys, output_key: output, num_classes: classes }) {
    const images = together(sample, keys);
    const [{ image, channels }] = images;
    const arrays = images.map(({ image: { data } }) => data);
    const vote = (): Volume => {
      if (classes !== null && channels === 1) return { ...image, data: majority(arrays, classes) };
      const sums = weightedSum(
        arrays,
        arrays.map(() => 1),
      );
      if (classes === null) return { ...image, data: sums.map((sum) => roundHalfEven(sum / keys.length)) };
      return withChannels(image, argmax(sums, channels), 1);
    };
    sample.volumes.set(output!, vote());
  },
});
