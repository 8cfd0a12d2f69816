import { z } from 'zod';
import { fieldNames } from '../arguments';
import { defineTransform } from '../definition';
import { ofType, typeOrSame } from '../element-type';
import { loadFile } from '../load-file';

export const loadPng = defineTransform({
  name: 'LoadPng',
  kind: 'load',
  flat: true,
  aliases: ['LoadJpg'],
  dialect: 'clara',
  summary: 'Reads a PNG or JPEG as float32 0..255, rows first (axis X), colours in the order red, green, blue.',
  source: 'transforms.md §4.1; choices A9 and A10',
  args: z.strictObject({ fields: fieldNames, dtype: typeOrSame }),
  async apply(sample, { fields, dtype }, options) {
    for (const field of fields) sample.volumes.set(field, ofType(await loadFile(sample, field, options), dtype));
  },
});
