import { z } from 'zod';
import { reorderAxes, spatialShape, type Axes, type Volume } from '../../imaging/volume';
import { fieldNames, ignoredDtype } from '../arguments';
import { defineTransform } from '../definition';
import { loadFile } from '../load-file';

export const loadPng = defineTransform({
  name: 'LoadPng',
  aliases: ['LoadJpg'],
  dialect: 'clara',
  summary: 'Reads a PNG or JPEG as float32 0..255, rows first, colours in the order red, green, blue.',
  source: 'transforms.md §4.1; choices A9 and A10',
  args: z.strictObject({ fields: fieldNames, dtype: ignoredDtype }),
  async apply(sample, { fields }) {
    for (const field of fields) sample.volumes.set(field, rowsFirst((await loadFile(sample, field)).volume));
  },
});

/** Array axis 0 runs down the rows, as in numpy: the letters say so (`YX`), no voxel is moved. */
function rowsFirst(volume: Volume): Volume {
  if (volume.axes.includes('Z')) return volume;
  const turned = reorderAxes(volume, volume.axes.replace('XY', 'YX') as Axes);
  return { ...turned, properties: { ...turned.properties, originalShape: spatialShape(turned) } };
}
