import { z } from 'zod';
import { spatialShape } from '../../imaging/volume';
import { eachAxis, fieldNames, perAxis } from '../arguments';
import { cutField } from '../box-steps';
import { defineTransform } from '../definition';

export const cropSubVolumeCenter = defineTransform({
  name: 'CropSubVolumeCenter',
  kind: 'crop',
  dialect: 'clara',
  summary:
    'Cuts a box of the given size out of the middle; shorter axes stay. RestoreOriginalShape, or the writer, puts it back.',
  source: 'transforms.md §4.4; MONAI CenterSpatialCrop',
  args: z.strictObject({ fields: fieldNames, size: perAxis(z.number().int().positive()) }),
  apply(sample, { fields, size }) {
    for (const field of fields) {
      const shape = spatialShape(sample.volume(field));
      const wanted = eachAxis('size', size, shape.length);
      const start = shape.map((n, d) => Math.max(Math.floor(n / 2) - Math.floor(wanted[d] / 2), 0));
      const length = shape.map((n, d) => Math.min(start[d] + wanted[d], n) - start[d]);
      cutField(sample, 'CropSubVolumeCenter', field, start, length);
    }
  },
});
