import { z } from 'zod';
import { spacingOf } from '../../imaging/geometry';
import { joined, partsOf } from '../../imaging/ops/copy/blocks';
import { anyChannel } from '../../imaging/ops/intensity/voxel-wise';
import { valueRange } from '../../imaging/ops/intensity/measures';
import {
  fillHoles,
  keepLargestComponent,
  largestComponents,
  removeSmallComponents,
  smallComponents,
  type Connectivity,
  type KeepLargestOptions,
  type LargestOptions,
} from '../../imaging/ops/labels/components';
import { contour } from '../../imaging/ops/intensity/neighbourhoods';

import { copyElements } from '../../imaging/simd/copy';
import {
  channelAxis,
  channelCount,
  channelView,
  firstAxisFastest,
  reorderAxes,
  spatialLetters,
  spatialShape,
  withChannelAxis,
  type Axes,
  type NumericArray,
  type Volume,
} from '../../imaging/volume';
import * as arg from '../arguments';
import { changeChannels, fileChannels } from '../channels';
import { aiaa, clara, monai } from '../definition';
import { labelsArgument } from './label-maps';

const labelNumber = z.number().int().positive();

clara({
  name: 'KeepLargestCC',
  summary:
    'Keeps the largest component (voxels sharing a corner are connected) of each applied label, or with is_independent false of all together; the rest becomes 0.',
  source: 'MONAI KeepLargestConnectedComponent, scikit-image label',
  args: arg.withSpellings(
    arg.onFields({
      applied_labels: arg.orNull(arg.oneOrMore(labelNumber).transform((labels) => [labels].flat())),
      is_independent: arg.flag.default(true),
    }),
    { independent: 'is_independent' },
  ),
  change(volume, { applied_labels: labels, is_independent: each }) {
    const independent = each ? 'each' : 'together';
    const options: KeepLargestOptions = { labels: labels ?? undefined, independent, connectivity: 'full' };
    return changeChannels(volume, (channel) => keepLargestComponent(channel, options));
  },
});

aiaa({
  name: 'LargestCCd',
  summary: 'Keeps the largest connected component (voxels sharing a face) of each channel, as a mask of 0 and 1.',
  args: arg.onKeys({ has_channel: arg.withoutEffect('layout', arg.flag.default(true)) }),
  change: (volume) =>
    changeChannels(volume, (channel) => ({
      ...channel,
      data: largestComponents(channel, 'faces'),
      strides: firstAxisFastest(channel.shape),
    })),
});

/** scikit-image's number of orthogonal steps to a neighbour; null is as many as there are axes. */
const connectivityArgument = z.number().int().min(1).max(3).nullable();

/** @throws Error for more steps than there are axes, as scikit-image does */
function connectivityOf(steps: number | null, volume: Volume): Connectivity {
  const rank = spatialShape(volume).length;
  if (steps !== null && steps > rank)
    throw new Error(`connectivity ${steps} is more than the ${rank} axes of the image`);
  return steps === null || steps === rank ? 'full' : steps === 1 ? 'faces' : 'edges';
}

monai({
  name: 'KeepLargestConnectedComponentd',
  summary:
    'Keeps the largest `num_components` components of each label (or, with `independent` off, of all of them together) and sets the others to 0; one-hot channels each on their own. Of equal components the first in C order is kept, or the last, by the version of MONAI.',
  source: 'MONAI 0.8.1 to 1.6.1',
  args: arg.onKeys({
    applied_labels: arg.orNull(labelsArgument),
    is_onehot: arg.orNull(arg.flag),
    independent: arg.flag.default(true),
    connectivity: connectivityArgument.default(null),
    num_components: z.number().int().min(1).default(1),
  }),
  change(volume, args, { monaiHas }) {
    const ties = monaiHas('last of equal components') ? 'last' : 'first';
    const connectivity = connectivityOf(args.connectivity, volume);
    const which = { count: args.num_components, ties } as const;
    if (args.is_onehot ?? channelCount(volume) > 1)
      return largestInChannels(volume, args.applied_labels, args.independent, connectivity, which);
    const independent = args.independent ? 'each' : 'together';
    const options = { labels: args.applied_labels ?? undefined, independent, connectivity, ...which } as const;
    const axis = channelAxis(volume);
    const kept = keepLargestComponent(axis < 0 ? volume : channelView(volume, 0), options);
    return axis < 0 ? kept : withChannelAxis(kept, axis === 0 ? 'first' : 'last');
  },
});

/** One-hot: channel v is the mask of label v; channel 0, the background, only when it is named. */
function largestInChannels(
  volume: Volume,
  applied: number[] | null,
  independent: boolean,
  connectivity: Connectivity,
  which: LargestOptions,
): Volume {
  const { image, channels } = fileChannels(withChannelAxis(volume, 'first'));
  const wanted = applied ?? foregroundChannels(channels);
  checkChannels(wanted, channels);
  if (wanted.length === 0) return image;
  const data = image.data.slice();
  const parts = partsOf(data, channels);
  const one = channelView(image, 0);
  const largest = (mask: NumericArray) => largestComponents({ ...one, data: mask }, connectivity, which);
  const together = independent
    ? undefined
    : largest(anyChannel(joined(wanted.map((channel) => parts[channel])), wanted.length));
  for (const channel of wanted) {
    const values = parts[channel];
    const kept = together ?? largest(values);
    for (let i = 0; i < values.length; i++) if (kept[i] === 0 && values[i] > 0) values[i] = 0;
  }
  return { ...image, data };
}

/** All channels but that of the background. */
const foregroundChannels = (channels: number) => Array.from({ length: channels - 1 }, (_, c) => c + 1);

function checkChannels(wanted: readonly number[], channels: number): void {
  const beyond = wanted.find((channel) => channel >= channels);
  if (beyond !== undefined) throw new Error(`applied_labels names channel ${beyond}, the image has ${channels}`);
}

monai({
  name: 'FillHolesd',
  summary:
    'Gives each label everything it encloses, other labels included: what the outside cannot reach through voxels of another value.',
  args: arg.onKeys({
    applied_labels: arg.orNull(labelsArgument),
    connectivity: connectivityArgument.default(null),
  }),
  change(volume, args) {
    const neighbours = connectivityOf(args.connectivity, volume);
    const { image, channels } = fileChannels(volume);
    const lengths = [...spatialLetters(volume)].sort().map((letter) => volume.shape[volume.axes.indexOf(letter)]);
    const data = image.data.slice();
    const parts = partsOf(data, channels);
    const isOneHot = channels > 1;
    const wanted = args.applied_labels ?? (isOneHot ? foregroundChannels(channels) : presentLabels(data));
    for (const value of wanted.filter((one) => one !== 0).sort((a, b) => a - b)) {
      if (isOneHot) checkChannels([value], channels);
      const part = parts[isOneHot ? value : 0];
      const mask = new Uint8Array(part.length);
      for (let i = 0; i < mask.length; i++) mask[i] = Number(isOneHot ? part[i] > 0 : part[i] === value);
      fillHoles(mask, lengths, neighbours);
      const filled = isOneHot ? 1 : value;
      for (let i = 0; i < mask.length; i++) if (mask[i] === 1) part[i] = filled;
    }
    return { ...image, data };
  },
});

function presentLabels(data: NumericArray): number[] {
  const seen = new Set<number>();
  for (let i = 0, last = 0; i < data.length; i++) if (data[i] !== last) seen.add((last = data[i]));
  return [...seen];
}

monai({
  name: 'RemoveSmallObjectsd',
  summary:
    'Sets components of fewer than `min_size` voxels (with `by_measure` mm³, whose voxel is that of the affine, or `pixdim` without one) to 0: those of each label of each channel, or with `independent_channels` off those of all that is not background. Unlike MONAI, which counts all voxels of a label together as soon as one is above 1, and joins neighbouring channels.',
  source:
    'MONAI 1.5.2 (what it documents; its numbers for masks of one channel), scikit-image 0.26 remove_small_objects',
  args: arg.onKeys({
    min_size: z.number().min(0).default(64),
    connectivity: connectivityArgument.default(1),
    independent_channels: arg.flag.default(true),
    by_measure: arg.off,
    pixdim: arg.perAxis(arg.positive).nullable().default(null),
  }),
  change(volume, args) {
    const { image, channels, parts } = fileChannels(withChannelAxis(volume, 'first'));
    const [low, high] = valueRange(image.data);
    if (low === high) return volume;
    const neighbours = connectivityOf(args.connectivity, volume);
    const least = args.by_measure ? Math.ceil(args.min_size / voxelVolume(volume, args.pixdim)) : args.min_size;
    const data = image.data.slice();
    const outs = partsOf(data, channels);
    const one = fileOrdered(channelView(image, 0));
    if (args.independent_channels) {
      for (const [c, part] of parts.entries())
        copyElements(removeSmallComponents({ ...one, data: part }, least, neighbours).data, outs[c]);
      return { ...image, data };
    }
    const small = smallComponents({ ...one, data: anyChannel(image.data, channels) }, least, neighbours);
    for (const out of outs) for (let i = 0; i < out.length; i++) if (small[i] === 1) out[i] = 0;
    return { ...image, data };
  },
});

/** A packed volume without channels with its axes in the order of the file, as its voxels lie. */
const fileOrdered = (volume: Volume) => reorderAxes(volume, [...volume.axes].sort().join('') as Axes);

/** In mm³, also of a slice, whose affine has its thickness; 1 where nothing is known. */
function voxelVolume(volume: Volume, pixdim: number | readonly number[] | null): number {
  const given = [...spatialLetters(volume)].map((_, d) => (typeof pixdim === 'number' ? pixdim : (pixdim?.[d] ?? 1)));
  const lengths = volume.affine ? spacingOf(volume.affine) : given;
  return lengths.reduce((a, b) => a * b, 1) || 1;
}

monai({
  name: 'LabelToContourd',
  summary:
    'The edge voxels of masks of 0 and 1, each channel by itself: a Laplacian kernel of 3 voxels per axis, cut to 0..1; zeros lie outside the image.',
  source: 'MONAI 1.5.2',
  args: arg.onKeys({ kernel_type: arg.only('Laplace', 'MONAI has "Laplace" alone') }),
  change: (volume) => changeChannels(withChannelAxis(volume, 'first'), contour),
});
