import { z } from 'zod';
import { channelAxis, reorderAxes, spatialAxes, withChannelAxis, type Axes, type Volume } from '../../imaging/volume';
import { keysArguments, metadataArguments, stringyBoolean, withoutEffect } from '../arguments';
import { channelsFirst } from '../clara/convert-to-channels-first';
import { channelsLast } from '../clara/convert-to-channels-last';
import { defineTransform } from '../definition';
import { addBatchAxis, dropBatchAxis, hasBatchAxis } from './batch-axis';
import { forEachKey } from './for-each-key';

export const addChanneld = defineTransform({
  name: 'AddChanneld',
  dialect: 'monai',
  summary:
    'Adds a channel axis of length 1 in front; before an existing channel axis it is the batch axis of older MONAI.',
  source: 'transforms.md §7.2 and the batch-axis rule of §7.3',
  args: z.strictObject(keysArguments),
  apply(sample, args) {
    forEachKey(sample, args, (volume, _, key) => {
      if (channelAxis(volume) < 0) return withChannelAxis(volume, 'first');
      if (hasBatchAxis(sample, key)) throw new Error(`"${key}" has a channel and a batch axis already`);
      addBatchAxis(sample, key);
      return volume;
    });
  },
});

const position = z.number().int();

/** Moves the depth axis of a volume without channels to the other end (see `Axes`), when that is the axis a config numbers. */
function movedDepth(volume: Volume, dim: number, from: Axes, to: Axes): Volume | undefined {
  const axis = dim < 0 ? dim + volume.shape.length : dim;
  return volume.axes === from && from[axis] === 'Z' ? reorderAxes(volume, to) : undefined;
}

/** The axis a config numbers must be the channel axis: other spatial axes are not turned into channels here. */
function checkChannelDim(volume: Volume, dim: number, transform: string): void {
  const axis = dim < 0 ? dim + volume.shape.length : dim;
  if (volume.axes[axis] !== 'C') {
    throw new Error(
      `${transform} with channel_dim ${dim}: the image's axes are ${volume.axes}, there is no channel axis at that place`,
    );
  }
}

export const asChannelFirstd = defineTransform({
  name: 'AsChannelFirstd',
  dialect: 'monai',
  summary:
    'Moves the channel axis to the front; of a volume without channels the depth axis, whose slices then play channels.',
  source: 'transforms.md §7.2',
  args: z.strictObject({ ...keysArguments, channel_dim: position.default(-1) }),
  apply(sample, args) {
    forEachKey(sample, args, (volume) => {
      const depthFirst = movedDepth(volume, args.channel_dim, 'XYZ', 'ZXY');
      if (depthFirst) return depthFirst;
      checkChannelDim(volume, args.channel_dim, 'AsChannelFirstd');
      return channelsFirst(volume);
    });
  },
});

export const asChannelLastd = defineTransform({
  name: 'AsChannelLastd',
  dialect: 'monai',
  summary: 'Moves the channel axis to the end, or depth that stands in front.',
  source: 'transforms.md §7.2',
  args: z.strictObject({ ...keysArguments, channel_dim: position.default(0) }),
  apply(sample, args) {
    forEachKey(sample, args, (volume) => {
      const depthLast = movedDepth(volume, args.channel_dim, 'ZXY', 'XYZ');
      if (depthLast) return depthLast;
      checkChannelDim(volume, args.channel_dim, 'AsChannelLastd');
      return channelsLast(volume);
    });
  },
});

export const ensureChannelFirstd = defineTransform({
  name: 'EnsureChannelFirstd',
  dialect: 'monai',
  summary:
    'Moves the channel axis to the front, adding one of length 1 to an image without channels; `channel_dim` must be where the image, or its file, has it.',
  source: 'transforms.md §7.2',
  args: z.strictObject({
    ...keysArguments,
    strict_check: withoutEffect('layout', stringyBoolean.default(true)),
    channel_dim: z
      .union([position, z.literal('no_channel')])
      .nullable()
      .default(null),
    ...metadataArguments,
  }),
  apply(sample, args) {
    const { channel_dim: dim } = args;
    forEachKey(sample, args, (volume, _, key) => {
      if (dim === 'no_channel' && channelAxis(volume) >= 0)
        throw new Error(
          `EnsureChannelFirstd with channel_dim "no_channel": "${key}" has channels (axes ${volume.axes})`,
        );
      // Loading drops a last channel axis of length 1: behind the others, the channel may still be.
      const dropped = channelAxis(volume) < 0 && [-1, volume.shape.length].includes(dim as number);
      // Loading a bundle's image has put them in front already.
      const { originalChannelDim: inFile } = volume.properties;
      const moved =
        channelAxis(volume) === 0 && typeof dim === 'number' && inFile === (dim < 0 ? dim + volume.shape.length : dim);
      if (typeof dim === 'number' && !dropped && !moved) checkChannelDim(volume, dim, 'EnsureChannelFirstd');
      return channelsFirst(volume);
    });
  },
});

export const squeezeDimd = defineTransform({
  name: 'SqueezeDimd',
  dialect: 'monai',
  summary: 'Removes an axis of length 1: the batch axis, or the channel axis.',
  source: 'transforms.md §7.2 and §7.3',
  args: z.strictObject({
    ...keysArguments,
    dim: position.nullable().default(0),
    update_meta: withoutEffect('metadata', stringyBoolean.default(true)),
  }),
  apply(sample, args) {
    forEachKey(sample, args, (volume, _, key) => {
      const batch = hasBatchAxis(sample, key) ? 1 : 0;
      if (args.dim === null) {
        dropBatchAxis(sample, key);
        return channelAxis(volume) >= 0 && volume.shape[channelAxis(volume)] === 1
          ? withoutChannelAxis(volume)
          : volume;
      }
      const rank = volume.shape.length + batch;
      const dim = args.dim < 0 ? args.dim + rank : args.dim;
      if (dim < 0 || dim >= rank)
        throw new Error(`SqueezeDimd: "${key}" has no axis ${args.dim} (axes ${batch ? 'batch, ' : ''}${volume.axes})`);
      if (batch && dim === 0) {
        dropBatchAxis(sample, key);
        return volume;
      }
      return squeeze(volume, dim - batch, key);
    });
  },
});

function squeeze(volume: Volume, axis: number, key: string): Volume {
  if (volume.shape[axis] !== 1) throw new Error(`the axis to squeeze from "${key}" has length ${volume.shape[axis]} (axes ${volume.axes}, shape ${volume.shape.join(', ')})`);
  if (volume.axes[axis] === 'C') return withoutChannelAxis(volume);
  throw new Error(`the axis to squeeze from "${key}" is the spatial axis ${volume.axes[axis]}, which the result needs`);
} // prettier-ignore

/** The volume without its channel axis of length 1. */
export function withoutChannelAxis(volume: Volume): Volume {
  const spatial = spatialAxes(volume);
  const pick = (list: readonly number[]) => spatial.map((d) => list[d]);
  return {
    ...volume,
    shape: pick(volume.shape),
    strides: pick(volume.strides),
    axes: volume.axes.replace('C', '') as Axes,
  };
}
