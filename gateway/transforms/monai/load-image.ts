import { z } from 'zod';
import { fieldName, keysArguments, perKey, stringyBoolean } from '../arguments';
import { reorderAxes, spatialLetters, type Axes, type Volume } from '../../imaging/volume';
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
    meta_keys: z
      .union([fieldName, z.array(fieldName)])
      .nullable()
      .optional(),
    meta_key_postfix: perKey(z.string()).optional(),
    overwriting: stringyBoolean.default(false),
    image_only: stringyBoolean.default(false),
    prune_meta_pattern: z.unknown().optional(),
    prune_meta_sep: z.unknown().optional(),
    simple_keys: stringyBoolean.optional(),
    expanduser: stringyBoolean.optional(),
    ensure_channel_first: stringyBoolean.default(false),
  }),
  async apply(sample, { keys, ensure_channel_first: channelFirst }, { monai = 0 }) {
    for (const key of keys) {
      const loaded = await loadFile(sample, key);
      const volume = monai >= 1 ? asBundlesHaveIt(loaded) : loaded;
      sample.volumes.set(key, channelFirst ? channelsFirst(volume) : volume);
    }
  },
});

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
