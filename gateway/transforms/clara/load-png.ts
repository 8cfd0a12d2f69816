import { z } from 'zod';
import { fieldNames, ignoredDtype } from '../arguments';
import { defineTransform } from '../definition';
import { loadFile } from '../load-file';

export const loadPng = defineTransform({
  name: 'LoadPng',
  aliases: ['LoadJpg'],
  dialect: 'clara',
  summary: 'Reads a PNG or JPEG as float32 0..255, rows first (axis X), colours in the order red, green, blue.',
  source: 'transforms.md §4.1; choices A9 and A10',
  args: z.strictObject({ fields: fieldNames, dtype: ignoredDtype }),
  async apply(sample, { fields }) {
    for (const field of fields) sample.volumes.set(field, await loadFile(sample, field));
  },
});
