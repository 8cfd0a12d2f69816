import { z } from 'zod';
import { spatialShape } from '../../imaging/volume';
import { eachAxis, fieldNames, perAxis, withSpellings } from '../arguments';
import { cutField } from '../box-steps';
import { defineTransform } from '../definition';

export const symmetricPadderDiv = defineTransform({
  name: 'SymmetricPadderDiv',
  dialect: 'clara',
  summary:
    'Pads with zeros on both sides to the next multiple of `k` (also `divisor`), the odd voxel behind. RestoreOriginalShape, or the writer, cuts it off again.',
  source: 'transforms.md §4.4; MONAI DivisiblePad',
  args: withSpellings(z.strictObject({ fields: fieldNames, k: perAxis(z.number().int().positive()) }), {
    divisor: 'k',
  }),
  apply(sample, { fields, k }) {
    for (const field of fields) {
      const shape = spatialShape(sample.volume(field));
      const multiples = eachAxis('k', k, shape.length);
      const padded = shape.map((n, d) => Math.ceil(n / multiples[d]) * multiples[d]);
      const start = shape.map((n, d) => -Math.floor((padded[d] - n) / 2) || 0);
      cutField(sample, 'SymmetricPadderDiv', field, start, padded);
    }
  },
});
