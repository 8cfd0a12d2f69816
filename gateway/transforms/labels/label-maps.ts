import { z } from 'zod';
import { joined } from '../../imaging/ops/copy/blocks';
import { cast } from '../../imaging/ops/intensity/cast';
import { anyChannel, keepLabels } from '../../imaging/ops/intensity/voxel-wise';
import { labelGroups, mapLabels, oneHot } from '../../imaging/ops/labels/label-maps';
import { channelCount, type NumericArray } from '../../imaging/volume';
import * as arg from '../arguments';
import { fileChannels, labelsToChannels, mapVoxels, ofType, typeOf, withChannels } from '../channels';
import { clara, monai } from '../definition';
import type { Sample } from '../sample';

/** Which labels of BraTS make up each class: tumour core, whole tumour, enhancing tumour. */
const BRATS_CLASSES = [[1, 4], [1, 2, 4], [4]];
const bratsChannels = (labels: NumericArray) => labelGroups(labels, BRATS_CLASSES);

/** More channels than labels of a byte: the image is not a label map. */
const MOST_CHANNELS = 256;

/** Puts a mask of each group of labels into a field of its own. */
function split(sample: Sample, field: string, names: readonly string[], groups: readonly (readonly number[])[]): void {
  const labels = sample.volume(field);
  for (const [n, name] of names.entries())
    sample.volumes.set(
      name,
      mapVoxels(labels, (data) => labelGroups(data, [groups[n]])),
    );
}

clara({
  name: 'SplitBasedOnLabel',
  summary: 'Puts a mask of 0 and 1 for each label into a field of its own: the first name is label 0, the background.',
  example: { label_names: ['background', 'spleen'] },
  args: z.strictObject({
    field: arg.fieldName,
    label_names: arg.fieldNames.refine((names) => names.length <= MOST_CHANNELS),
  }),
  apply: (sample, { field, label_names: names }) =>
    split(
      sample,
      field,
      names,
      names.map((_, label) => [label]),
    ),
});

clara({
  name: 'SplitBasedOnBratsClasses',
  summary:
    'Puts a mask for tumour core (labels 1, 4), whole tumour (1, 2, 4) and enhancing tumour (4) into a field each.',
  args: arg.withSpellings(
    z.strictObject({ field: arg.fieldName, class_names: z.array(arg.fieldName).length(3).default(['TC', 'WC', 'ET']) }),
    { label_names: 'class_names', channel_names: 'class_names' },
  ),
  apply: (sample, { field, class_names: names }) => split(sample, field, names, BRATS_CLASSES),
});

clara({
  name: 'ConvertToMultiChannelBasedOnLabel',
  summary:
    'One channel of 0 and 1 per label, background first: as many as `label_names`, without them as the image has labels.',
  args: arg.onFields({ label_names: arg.orNull(z.array(z.string()).min(1).max(MOST_CHANNELS)) }),
  change(volume, { label_names: names }, { field }) {
    const channels = names?.length ?? highestLabel(volume.data, field) + 1;
    return labelsToChannels(volume, field, channels, (labels) => oneHot(labels, channels));
  },
});

/** @throws Error when a value is not a label */
function highestLabel(data: NumericArray, field: string): number {
  let highest = 0;
  for (let i = 0; i < data.length; i++) {
    const value = data[i];
    if (!(value >= 0 && value < MOST_CHANNELS) || value !== Math.floor(value))
      throw new Error(
        `"${field}" is no label map: a voxel is ${value}, whole numbers from 0 to ${MOST_CHANNELS - 1} are`,
      );
    if (value > highest) highest = value;
  }
  return highest;
}

const bratsSummary =
  'Three channels of 0 and 1: tumour core (labels 1, 4), whole tumour (1, 2, 4), enhancing tumour (4), which may overlap.';

clara({
  name: 'ConvertToMultiChannelBasedOnBratsClasses',
  summary: bratsSummary,
  args: arg.onFields({ dtype: arg.typeOrSame }),
  change: (volume, { dtype }, { field }) => ofType(labelsToChannels(volume, field, 3, bratsChannels), dtype),
});

monai({
  name: 'ConvertToMultiChannelBasedOnBratsClassesd',
  summary: bratsSummary,
  args: arg.onKeys({}),
  voxelWise: () => true,
  change: (volume, _, { field }) => labelsToChannels(volume, field, 3, bratsChannels),
});

const label = z.number().int().min(0).max(65535);

/** One label or several. */
export const labelsArgument = arg.oneOrMore(label).transform((given) => [given].flat());

monai({
  name: 'LabelFilterd',
  summary: 'Keeps the given labels and sets others to 0.',
  example: { applied_labels: [1, 2] },
  args: arg.onKeys({ applied_labels: labelsArgument }),
  voxelWise: () => true,
  change: (volume, { applied_labels: kept }) => mapVoxels(volume, (data) => keepLabels(data, kept)),
});

monai({
  name: 'LabelToMaskd',
  summary:
    'A mask of the selected labels; of an image with several channels the selected channels, merged into one on request.',
  example: { select_labels: [1] },
  args: arg.onKeys({ select_labels: labelsArgument, merge_channels: arg.off }),
  voxelWise: () => true,
  change(volume, { select_labels: wanted, merge_channels: merge }) {
    if (channelCount(volume) === 1) return mapVoxels(volume, (data) => labelGroups(data, [wanted]));
    const { image, channels, parts } = fileChannels(volume);
    const beyond = wanted.find((channel) => channel >= channels);
    if (beyond !== undefined) throw new Error(`select_labels names channel ${beyond}, the image has ${channels}`);
    const chosen = joined(wanted.map((channel) => parts[channel]));
    if (merge) return withChannels(image, anyChannel(chosen, wanted.length), 1);
    return withChannels(image, chosen, wanted.length);
  },
});

const values = z
  .array(z.number({ error: 'expected a number; names of labels are not values of an image here' }))
  .min(1);

monai({
  name: 'MapLabelValued',
  summary:
    'Gives each label of `orig_labels` the value at its place in `target_labels`; all at once, so that labels may change places. Others stay.',
  example: { orig_labels: [1, 2], target_labels: [10, 20] },
  source: 'MONAI 1.5.2',
  args: arg
    .onKeys({ orig_labels: values, target_labels: values, dtype: arg.resultType })
    .refine(({ orig_labels: from, target_labels: to }) => from.length === to.length, {
      error: 'orig_labels and target_labels need as many numbers as each other',
    }),
  voxelWise: () => true,
  change: (volume, { orig_labels: from, target_labels: to, dtype }) =>
    mapVoxels(volume, (data) => {
      const typed = cast(data, dtype ?? typeOf(volume));
      const out = typed === data ? data.slice() : typed;
      const stored = (value: number) => (data instanceof Float32Array ? Math.fround(value) : value);
      mapLabels(data, new Map(from.flatMap((value, n) => (value === to[n] ? [] : [[stored(value), to[n]]]))), out);
      return out;
    }),
});
