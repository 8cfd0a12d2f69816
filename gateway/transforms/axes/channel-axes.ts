import { z } from 'zod';
import { channelAxis, channelView, reorderAxes, withChannelAxis, type Volume } from '../../imaging/volume';
import * as arg from '../arguments';
import { channelsAt } from '../channels';
import { clara, monai } from '../definition';
import type { Sample } from '../sample';

clara({
  name: 'ConvertToChannelsFirst',
  coming: 'untouched',
  aliases: ['VolumeTo4DArray'],
  channels: 'first',
  summary: 'Puts the channel axis in front, adding one of length 1 to an image without channels.',
  args: arg.withLegacyNames(arg.onFields({})),
  change: (volume) => channelsAt(volume, 'first'),
});

clara({
  name: 'ConvertToChannelsLast',
  coming: 'untouched',
  channels: 'last',
  summary: 'Puts the channel axis last, adding one of length 1 to an image without channels.',
  args: arg.onFields({}),
  change: (volume) => channelsAt(volume, 'last'),
});

/**
 * Configs of AIAA 4.0 put a batch axis in front of the network's channels (`AddChanneld(pred)`), because MONAI 0.5 wanted one for softmax
 * and argmax, and squeeze it away later. MONAI 0.6 gave the same names another meaning, which turns such masks into zeros. Here a volume's
 * axes are known by letter: channel transforms always act on `C`, and the batch axis is only a mark on the key, which `SqueezeDimd(0)` takes
 * away again. Both generations of configs get what they mean.
 */
const batchMark = (key: string) => `batch axis of ${key}`;
const hasBatchAxis = ({ values }: Sample, key: string) => values.get(batchMark(key)) === true;

monai({
  name: 'AddChanneld',
  coming: 'untouched',
  summary:
    'Adds a channel axis of length 1 in front; before an existing channel axis it is the batch axis of older MONAI.',
  source: 'MONAI 0.5 and 0.8.1',
  args: arg.onKeys({}),
  change(volume, _, { sample, field }) {
    if (channelAxis(volume) < 0) return withChannelAxis(volume, 'first');
    if (hasBatchAxis(sample, field)) throw new Error(`"${field}" has a channel and a batch axis already`);
    sample.values.set(batchMark(field), true);
    return volume;
  },
});

/** An axis number as configs write it, counted from the end when negative. */
const axisOf = (dim: number, rank: number) => (dim < 0 ? dim + rank : dim);

/** The axis a config numbers must be the channel axis: other spatial axes are not turned into channels here. */
function checkChannelDim(volume: Volume, dim: number, transform: string): void {
  if (volume.axes[axisOf(dim, volume.shape.length)] === 'C') return;
  const axes = `the image's axes are ${volume.axes}, there is no channel axis at that place`;
  throw new Error(`${transform} with channel_dim ${dim}: ${axes}`);
}

/** Moves the channels, or the depth axis of a volume without channels (see `Axes`) when that is the axis a config numbers. */
function moveChannels(volume: Volume, dim: number, place: 'first' | 'last', transform: string): Volume {
  const [from, to] = place === 'first' ? (['XYZ', 'ZXY'] as const) : (['ZXY', 'XYZ'] as const);
  if (volume.axes === from && from[axisOf(dim, volume.shape.length)] === 'Z') return reorderAxes(volume, to);
  checkChannelDim(volume, dim, transform);
  return channelsAt(volume, place);
}

monai({
  name: 'AsChannelFirstd',
  coming: 'untouched',
  summary:
    'Moves the channel axis to the front; of a volume without channels the depth axis, whose slices then play channels.',
  args: arg.onKeys({ channel_dim: arg.integer.default(-1) }),
  change: (volume, { channel_dim: dim }) => moveChannels(volume, dim, 'first', 'AsChannelFirstd'),
});

monai({
  name: 'AsChannelLastd',
  coming: 'untouched',
  summary: 'Moves the channel axis to the end, or depth that stands in front.',
  args: arg.onKeys({ channel_dim: arg.integer.default(0) }),
  change: (volume, { channel_dim: dim }) => moveChannels(volume, dim, 'last', 'AsChannelLastd'),
});

monai({
  name: 'EnsureChannelFirstd',
  coming: 'untouched',
  summary:
    'Moves the channel axis to the front, adding one of length 1 to an image without channels; `channel_dim` must be where the image, or its file, has it.',
  args: arg.onKeys({
    strict_check: arg.withoutEffect('layout', arg.flag.default(true)),
    channel_dim: arg.orNull(z.union([arg.integer, z.literal('no_channel')])),
    ...arg.metadataArguments,
  }),
  change(volume, { channel_dim: dim }, { field }) {
    const [axis, rank] = [channelAxis(volume), volume.shape.length];
    if (dim === 'no_channel' && axis >= 0)
      throw new Error(
        `EnsureChannelFirstd with channel_dim "no_channel": "${field}" has channels (axes ${volume.axes})`,
      );
    if (typeof dim === 'number') {
      // Loading drops a last channel axis of length 1: after the others, the channel may still be.
      const dropped = axis < 0 && [-1, rank].includes(dim);
      // Loading a bundle's image has put them in front already.
      const moved = axis === 0 && volume.properties.originalChannelDim === axisOf(dim, rank);
      if (!dropped && !moved) checkChannelDim(volume, dim, 'EnsureChannelFirstd');
    }
    return channelsAt(volume, 'first');
  },
});

monai({
  name: 'SqueezeDimd',
  summary: 'Removes an axis of length 1: the batch axis, or the channel axis.',
  source: 'MONAI 0.5 and 0.8.1',
  args: arg.onKeys({
    dim: arg.integer.nullable().default(0),
    update_meta: arg.withoutEffect('metadata', arg.flag.default(true)),
  }),
  change(volume, { dim: given }, { sample, field }) {
    const batch = hasBatchAxis(sample, field) ? 1 : 0;
    const dim = given === null ? null : axisOf(given, volume.shape.length + batch);
    if (dim !== null && (dim < 0 || dim >= volume.shape.length + batch))
      throw new Error(`SqueezeDimd: "${field}" has no axis ${given} (axes ${batch ? 'batch, ' : ''}${volume.axes})`);
    if (dim === null || (batch === 1 && dim === 0)) sample.values.delete(batchMark(field));
    if (dim === null) return volume.shape[channelAxis(volume)] === 1 ? channelView(volume, 0) : volume;
    return batch === 1 && dim === 0 ? volume : squeezed(volume, dim - batch, field);
  },
});

function squeezed(volume: Volume, axis: number, key: string): Volume {
  const which = `the axis to squeeze from "${key}"`;
  const { axes, shape } = volume;
  if (shape[axis] !== 1)
    throw new Error(`${which} has length ${shape[axis]} (axes ${axes}, shape ${shape.join(', ')})`);
  if (axes[axis] === 'C') return channelView(volume, 0);
  throw new Error(`${which} is the spatial axis ${axes[axis]}, which the result needs`);
}
