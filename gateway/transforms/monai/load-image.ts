import { z } from 'zod';
import { keysArguments, stringyBoolean, withoutEffect } from '../arguments';
import { repeatBlocks } from '../../imaging/ops/resample/repeat-blocks';
import {
  channelAxis,
  reorderAxes,
  spatialLetters,
  withChannelAxis,
  type Axes,
  type Volume,
} from '../../imaging/volume';
import { channelsFirst } from '../clara/convert-to-channels-first';
import { defineTransform } from '../definition';
import { ofType, resultType } from '../element-type';
import { loadFile } from '../load-file';
import { readerName, readerOptions } from './image-readers';

const reader = z
  .union([readerName, z.array(readerName), z.strictObject({ _target_: readerName, ...readerOptions })])
  .nullable()
  .optional();

export const loadImaged = defineTransform({
  name: 'LoadImaged',
  kind: 'load',
  aliases: ['LoadNiftid', 'LoadPNGd'],
  dialect: 'monai',
  summary:
    'Reads the request’s image as float32 (or `dtype`, made of that) in file order; the reader is chosen by the content of the file. Pictures are rows first in AIAA’s configs, columns first in bundles.',
  source:
    'transforms.md §7.2 (pictures rows first as in MONAI 0.5 and every Clara loader, columns first as from MONAI 0.8 on)',
  args: z.strictObject({
    ...keysArguments,
    reader: withoutEffect('layout', reader),
    dtype: resultType,
    meta_keys: withoutEffect('metadata'),
    meta_key_postfix: withoutEffect('metadata'),
    overwriting: withoutEffect('metadata', stringyBoolean.default(false)),
    image_only: withoutEffect('metadata', stringyBoolean.default(false)),
    prune_meta_pattern: withoutEffect('metadata'),
    prune_meta_sep: withoutEffect('metadata'),
    simple_keys: withoutEffect('metadata', stringyBoolean.optional()),
    expanduser: withoutEffect('file', stringyBoolean.optional()),
    ensure_channel_first: stringyBoolean.default(false),
    ...readerOptions,
  }),
  async apply(sample, args, { bundle = false, ...options }) {
    const { keys, ensure_channel_first: channelFirst, allow_missing_keys: mayMiss } = args;
    for (const key of keys) {
      if (mayMiss && !sample.files.has(key)) continue;
      const { converter, channel_dim: channelDim } = { ...args, ...optionsOf(args.reader) };
      const file = await loadFile(sample, key, options);
      checkChannelDim(file, channelDim, key);
      const loaded = ofType(converter ? asColours(file) : file, args.dtype);
      const volume = bundle ? asBundlesHaveIt(loaded) : loaded;
      sample.volumes.set(key, channelFirst ? channelsFirst(volume) : volume);
    }
  },
});

/** What is given to a reader that is written out. */
const optionsOf = (given: z.infer<typeof reader>) =>
  given && typeof given === 'object' && !Array.isArray(given)
    ? Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined && value !== null))
    : {};

/** Channels lie where the file has them. @throws Error when the config says otherwise */
function checkChannelDim(volume: Volume, stated: number | 'no_channel' | null, key: string): void {
  if (stated === null) return;
  const [axis, rank] = [channelAxis(volume), volume.shape.length];
  // A last axis of length 1 was dropped on loading.
  const fits = stated === 'no_channel' ? axis < 0 : axis < 0 ? [-1, rank].includes(stated) : [axis, axis - rank].includes(stated);
  if (fits) return;
  const has = axis < 0 ? 'no channel axis' : `its channels on axis ${axis}`;
  throw new Error(`LoadImaged with channel_dim ${JSON.stringify(stated)}: the file for "${key}" has ${has} (axes ${volume.axes})`);
} // prettier-ignore

/** Grey as three equal channels behind the image's axes; colours stay as they are. */
function asColours(volume: Volume): Volume {
  if (channelAxis(volume) >= 0) return volume;
  const grey = withChannelAxis(volume, 'last');
  const properties = { ...volume.properties, originalChannelDim: volume.shape.length };
  const size = grey.data.length;
  return {
    ...grey,
    data: repeatBlocks(grey.data, 1, 3),
    shape: grey.shape.with(-1, 3),
    strides: grey.strides.with(-1, size),
    properties,
  };
}

/**
 * A picture with its columns as first axis, which writers undo. The channels of a volume in front: bundles load them from several files, which
 * MONAI stacks there, and here they come in one. No voxel is copied.
 */
function asBundlesHaveIt(volume: Volume): Volume {
  if (volume.axes === 'XYZC') return channelsFirst(volume);
  if (spatialLetters(volume) !== 'XY' || volume.affine) return volume;
  const turned = reorderAxes(volume, volume.axes.replace('XY', 'YX') as Axes);
  const originalShape = volume.properties.originalShape && [...volume.properties.originalShape].reverse();
  return { ...turned, axes: volume.axes, properties: { ...volume.properties, originalShape, columnsFirst: true } };
}
