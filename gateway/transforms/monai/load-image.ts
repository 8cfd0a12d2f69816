import { z } from 'zod';
import { fieldName, ignored, keysArguments, perKey, stringyBoolean } from '../arguments';
import { repeatBlocks } from '../../imaging/kernels/repeat-blocks';
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
import { loadFile } from '../load-file';

export const loadImaged = defineTransform({
  name: 'LoadImaged',
  aliases: ['LoadNiftid', 'LoadPNGd'],
  dialect: 'monai',
  summary:
    'Reads the request’s image as float32 in file order; the reader is chosen by the content of the file. Pictures are rows first in AIAA’s configs, columns first in bundles.',
  source:
    'transforms.md §7.2 (pictures rows first as in MONAI 0.5 and every Clara loader, columns first as from MONAI 0.8 on)',
  args: z.strictObject({
    ...keysArguments,
    reader: z.unknown().optional(),
    dtype: z.unknown().optional(),
    meta_keys: ignored(
      z
        .union([fieldName, z.array(fieldName)])
        .nullable()
        .optional(),
    ),
    meta_key_postfix: ignored(perKey(z.string()).optional()),
    overwriting: ignored(stringyBoolean.default(false)),
    image_only: ignored(stringyBoolean.default(false)),
    prune_meta_pattern: z.unknown().optional(),
    prune_meta_sep: z.unknown().optional(),
    simple_keys: ignored(stringyBoolean.optional()),
    expanduser: ignored(stringyBoolean.optional()),
    ensure_channel_first: stringyBoolean.default(false),
    // Handed on to MONAI's readers.
    channel_dim: z.unknown().optional(),
    converter: z
      .string()
      .regex(/^\$\s*lambda (\w+)\s*:\s*\1\.convert\((?:mode\s*=\s*)?(['"])RGB\2\)\s*$/, {
        error: 'only a converter to RGB is run: "$lambda image: image.convert(\'RGB\')"',
      })
      .optional(),
    affine_lps_to_ras: z.literal(true, { error: 'affines are to RAS here' }).default(true),
    reverse_indexing: z.literal(false, { error: 'images keep the order of their axes' }).default(false),
    as_closest_canonical: z.literal(false, { error: 'put Orientationd with "RAS" behind it' }).default(false),
    squeeze_non_spatial_dims: ignored(stringyBoolean.default(false)),
    series_name: z.unknown().optional(),
    series_meta: ignored(stringyBoolean.default(false)),
  }),
  async apply(
    sample,
    { keys, ensure_channel_first: channelFirst, converter, allow_missing_keys: mayMiss },
    { monai = 0 },
  ) {
    for (const key of keys) {
      if (mayMiss && !sample.files.has(key)) continue;
      const loaded = converter ? asColours(await loadFile(sample, key)) : await loadFile(sample, key);
      const volume = monai >= 1 ? asBundlesHaveIt(loaded) : loaded;
      sample.volumes.set(key, channelFirst ? channelsFirst(volume) : volume);
    }
  },
});

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
