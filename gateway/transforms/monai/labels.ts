import { z } from 'zod';
import { fillHoles } from '../../imaging/ops/labels/fill-holes';
import { largestComponents, type Connectivity, type LargestOptions } from '../../imaging/ops/labels/components';
import { keepLargestComponent } from '../../imaging/ops/labels/keep-largest-component';
import { labelGroups } from '../../imaging/ops/labels/label-groups';
import { anyChannel, keepLabels } from '../../imaging/ops/intensity/point-wise';
import {
  channelAxis,
  channelCount,
  channelView,
  spatialShape,
  withChannelAxis,
  type NumericArray,
  type Volume,
} from '../../imaging/volume';
import { copyElements } from '../../imaging/simd/copy';
import { allocateUnset } from '../../arena';
import { keysArguments, stringyBoolean } from '../arguments';
import { defineTransform } from '../definition';
import { mapVoxels } from '../map-voxels';
import { AIAA_MONAI, monaiHas } from '../monai-version';
import { forEachKey } from './for-each-key';
import { packed } from './packed';

const label = z.number().int().min(0).max(65535);
const labels = z.union([label, z.array(label).min(1)]).transform((given) => [given].flat());

/** scikit-image's number of orthogonal steps to a neighbour; null is as many as there are axes. */
export const connectivityArgument = z.number().int().min(1).max(3).nullable();
const connectivity = connectivityArgument.default(null);

/** @throws Error for more steps than there are axes, as scikit-image does */
export function connectivityOf(steps: number | null, volume: Volume): Connectivity {
  const rank = spatialShape(volume).length;
  if (steps !== null && steps > rank)
    throw new Error(`connectivity ${steps} is more than the ${rank} axes of the image`);
  return steps === null || steps === rank ? 'full' : steps === 1 ? 'faces' : 'edges';
}

/** The image without its channel axis of length 1, and back. */
function onLabelMap(volume: Volume, change: (labelMap: Volume) => Volume): Volume {
  const axis = channelAxis(volume);
  if (axis < 0) return change(volume);
  const changed = change(channelView(volume, 0));
  return withChannelAxis(changed, axis === 0 ? 'first' : 'last');
}

export const keepLargestConnectedComponentd = defineTransform({
  name: 'KeepLargestConnectedComponentd',
  dialect: 'monai',
  summary:
    'Keeps the largest `num_components` components of each label (or, with `independent` off, of all of them together) and sets the others to 0; one-hot channels each on their own. Of equal components the first in C order is kept, or the last, by the version of MONAI.',
  source: 'transforms.md §7.2, §4.6; MONAI 0.8.1 to 1.6.1',
  args: z.strictObject({
    ...keysArguments,
    applied_labels: labels.nullable().default(null),
    is_onehot: stringyBoolean.nullable().default(null),
    independent: stringyBoolean.default(true),
    connectivity,
    num_components: z.number().int().min(1).default(1),
  }),
  apply(sample, args, { monai = AIAA_MONAI }) {
    forEachKey(sample, args, (volume) => {
      const ties = monaiHas(monai, 'last of equal components') ? 'last' : 'first';
      const which = {
        count: args.num_components,
        ties,
        connectivity: connectivityOf(args.connectivity, volume),
      } as const;
      if (args.is_onehot ?? channelCount(volume) > 1)
        return largestInChannels(volume, args.applied_labels, args.independent, which);
      const independent = args.independent ? 'each' : 'together';
      const options = { labels: args.applied_labels ?? undefined, independent, ...which } as const;
      return onLabelMap(volume, (map) => keepLargestComponent(map, options));
    });
  },
});

/** One-hot: channel v is the mask of label v; channel 0, the background, only when it is named. */
function largestInChannels(volume: Volume, applied: number[] | null, independent: boolean, { connectivity: neighbours, ...which }: LargestOptions & { connectivity: Connectivity }): Volume {
  const image = packed(withChannelAxis(volume, 'first'));
  const channels = channelCount(image);
  const wanted = applied ?? Array.from({ length: channels - 1 }, (_, c) => c + 1);
  const size = image.data.length / channels;
  const beyond = wanted.find((channel) => channel >= channels);
  if (beyond !== undefined) throw new Error(`applied_labels names channel ${beyond}, the image has ${channels}`);
  const data = image.data.slice();
  const part = (channel: number) => data.subarray(channel * size, (channel + 1) * size) as NumericArray;
  const clear = (channel: number, kept: Uint8Array) => {
    const values = part(channel);
    for (let i = 0; i < size; i++) if (kept[i] === 0 && values[i] > 0) values[i] = 0;
  };
  const one = channelView(image, 0);
  if (independent) {
    for (const channel of wanted) clear(channel, largestComponents({ ...one, data: part(channel) }, neighbours, which));
  } else {
    const union = allocateUnset(Uint8Array, size).fill(0);
    for (const channel of wanted) anyChannel(part(channel), 1).forEach((value, i) => (union[i] |= value));
    const kept = largestComponents({ ...one, data: union }, neighbours, which);
    for (const channel of wanted) clear(channel, kept);
  }
  return { ...image, data };
} // prettier-ignore

export const fillHolesd = defineTransform({
  name: 'FillHolesd',
  dialect: 'monai',
  summary: 'Gives each label everything it encloses, other labels included: what the outside cannot reach through voxels of another value.',
  source: 'transforms.md §7.2; MONAI 0.8.1',
  args: z.strictObject({ ...keysArguments, applied_labels: labels.nullable().default(null), connectivity }),
  apply(sample, args) {
    forEachKey(sample, args, (volume) => {
      const neighbours = connectivityOf(args.connectivity, volume);
      const image = packed(volume);
      const channels = channelCount(image);
      const size = image.data.length / channels;
      const lengths = 'XYZ'.slice(0, spatialShape(volume).length).split('').map((letter) => volume.shape[volume.axes.indexOf(letter)]);
      const data = image.data.slice();
      const wanted = (args.applied_labels ?? presentLabels(data, channels)).filter((value) => value !== 0).sort((a, b) => a - b);
      for (const value of wanted) {
        const from = channels > 1 ? value * size : 0;
        if (from >= data.length) throw new Error(`applied_labels names channel ${value}, the image has ${channels}`);
        const mask = new Uint8Array(size);
        for (let i = 0; i < size; i++) mask[i] = channels > 1 ? Number(data[from + i] > 0) : Number(data[i] === value);
        fillHoles(mask, lengths, neighbours);
        const filled = channels > 1 ? 1 : value;
        for (let i = 0; i < size; i++) if (mask[i] === 1) data[from + i] = filled;
      }
      return { ...image, data };
    });
  },
}); // prettier-ignore

/** Labels above 0 that occur; of one-hot channels all but the first. */
function presentLabels(data: NumericArray, channels: number): number[] {
  if (channels > 1) return Array.from({ length: channels - 1 }, (_, c) => c + 1);
  const seen = new Set<number>();
  for (let i = 0, last = 0; i < data.length; i++) if (data[i] !== last) seen.add((last = data[i]));
  return [...seen];
}

export const labelFilterd = defineTransform({
  name: 'LabelFilterd',
  dialect: 'monai',
  summary: 'Keeps the given labels and sets others to 0.',
  source: 'MONAI 0.8.1',
  args: z.strictObject({ ...keysArguments, applied_labels: labels }),
  voxelWise: () => true,
  apply(sample, { applied_labels: kept, ...keys }) {
    forEachKey(sample, keys, (volume) => mapVoxels(volume, (data) => keepLabels(data, kept)));
  },
});

export const labelToMaskd = defineTransform({
  name: 'LabelToMaskd',
  dialect: 'monai',
  summary:
    'A mask of the selected labels; of an image with several channels the selected channels, merged into one on request.',
  source: 'transforms.md §7.2; MONAI 0.8.1',
  args: z.strictObject({
    ...keysArguments,
    select_labels: labels,
    merge_channels: stringyBoolean.default(false),
  }),
  voxelWise: () => true,
  apply(sample, { select_labels: selected, merge_channels: merge, ...keys }) {
    forEachKey(sample, keys, (volume) => {
      if (channelCount(volume) === 1) return mapVoxels(volume, (data) => labelGroups(data, [selected]));
      const chosen = channelsOf(volume, selected);
      return merge ? oneChannel(chosen, anyChannel(chosen.data, selected.length)) : chosen;
    });
  },
});

/** The given channels, one behind the other. */
function channelsOf(volume: Volume, wanted: readonly number[]): Volume {
  const image = packed(volume);
  const axis = channelAxis(image);
  const channels = channelCount(image);
  const size = image.data.length / channels;
  const beyond = wanted.find((channel) => channel >= channels);
  if (beyond !== undefined) throw new Error(`select_labels names channel ${beyond}, the image has ${channels}`);
  const data = allocateUnset(
    image.data.constructor as Parameters<typeof allocateUnset<NumericArray>>[0],
    wanted.length * size,
  );
  wanted.forEach((channel, at) =>
    copyElements(image.data.subarray(channel * size, (channel + 1) * size) as NumericArray, data, at * size),
  );
  return { ...image, data, shape: image.shape.with(axis, wanted.length) };
}

function oneChannel(volume: Volume, data: NumericArray): Volume {
  return { ...volume, data, shape: volume.shape.with(channelAxis(volume), 1) };
}

/** Which labels of BraTS make up each class: tumour core, whole tumour, enhancing tumour. */
const BRATS_CLASSES = [[1, 4], [1, 2, 4], [4]];

export const convertToMultiChannelBasedOnBratsClassesd = defineTransform({
  name: 'ConvertToMultiChannelBasedOnBratsClassesd',
  dialect: 'monai',
  summary: 'Three channels of 0 and 1: tumour core (labels 1, 4), whole tumour (1, 2, 4), enhancing tumour (4), which may overlap.',
  source: 'transforms.md §7.2, §4.6; MONAI 0.8.1',
  args: z.strictObject(keysArguments),
  voxelWise: () => true,
  apply(sample, args) {
    forEachKey(sample, args, (volume, _, key) => {
      if (channelCount(volume) !== 1) throw new Error(`"${key}" has ${channelCount(volume)} channels, a label map with one is expected`);
      const map = packed(withChannelAxis(volume, 'first'));
      const axis = channelAxis(map);
      const strides = map.strides.with(axis, map.data.length);
      return { ...map, data: labelGroups(map.data, BRATS_CLASSES), shape: map.shape.with(axis, BRATS_CLASSES.length), strides };
    });
  },
}); // prettier-ignore
