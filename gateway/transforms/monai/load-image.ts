import { z } from 'zod';
import { fieldName, keysArguments, perKey, stringyBoolean } from '../arguments';
import { channelsFirst } from '../clara/convert-to-channels-first';
import { defineTransform } from '../definition';
import { loadFile } from '../load-file';

export const loadImaged = defineTransform({
  name: 'LoadImaged',
  aliases: ['LoadNiftid', 'LoadPNGd'],
  dialect: 'monai',
  summary: 'Reads the request’s image as float32 in file order; the reader is chosen by the content of the file.',
  source: 'transforms.md §7.2 (pictures rows first, as MONAI 0.5 and every Clara loader)',
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
    ensure_channel_first: stringyBoolean.default(false),
  }),
  async apply(sample, { keys, ensure_channel_first: channelFirst }) {
    for (const key of keys) {
      const volume = await loadFile(sample, key);
      sample.volumes.set(key, channelFirst ? channelsFirst(volume) : volume);
    }
  },
});
