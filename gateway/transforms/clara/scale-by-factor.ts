import { z } from 'zod';
import { roundHalfEven } from '../../imaging/ops/intensity/round-half-even';
import { spatialShape } from '../../imaging/volume';
import { eachAxis, fieldNames, perAxis, positive, stringyBoolean } from '../arguments';
import { defineTransform } from '../definition';
import { resizeToShape } from '../resize';

export const scaleByFactor = defineTransform({
  name: 'ScaleByFactor',
  dialect: 'clara',
  summary:
    'Resizes every spatial axis to its length times the factor, rounded half to even: linear, or nearest for labels.',
  source: 'transforms.md §4.3 H, choices A1 and A1c',
  args: z.strictObject({ fields: fieldNames, factor: perAxis(positive), is_label: stringyBoolean.default(false) }),
  apply(sample, { fields, factor, is_label: isLabel }, { resampling }) {
    for (const field of fields) {
      const volume = sample.volume(field);
      const current = spatialShape(volume);
      const factors = eachAxis('factor', factor, current.length);
      const target = current.map((n, d) => Math.max(1, roundHalfEven(n * factors[d])));
      sample.volumes.set(field, resizeToShape(volume, target, isLabel, resampling));
    }
  },
});
