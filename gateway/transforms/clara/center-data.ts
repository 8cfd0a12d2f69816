import { z } from 'zod';
import { normalizeIntensity } from '../../imaging/ops/intensity/normalize-intensity';
import { fieldNames } from '../arguments';
import { defineTransform } from '../definition';
import { ofType, typeOrSame } from '../element-type';
import { mapVoxels } from '../map-voxels';

export const centerData = defineTransform({
  name: 'CenterData',
  dialect: 'clara',
  summary:
    'Subtracts `subtrahend` and divides by `divisor`; without both, mean and standard deviation of the whole image (a deviation of 0 counts as 1).',
  source: 'transforms.md §4.5',
  args: z
    .strictObject({
      fields: fieldNames,
      subtrahend: z.number().nullable().default(null),
      divisor: z
        .number()
        .refine((value) => value !== 0, { error: 'expected a divisor other than 0' })
        .nullable()
        .default(null),
      dtype: typeOrSame,
    })
    .refine(({ subtrahend, divisor }) => (subtrahend === null) === (divisor === null), {
      error: 'subtrahend and divisor need each other: give both, or none of them',
    }),
  voxelWise: ({ subtrahend }) => subtrahend !== null,
  apply(sample, { fields, subtrahend, divisor, dtype }) {
    const options = { subtrahend: subtrahend ?? undefined, divisor: divisor ?? undefined, nonzero: false };
    for (const field of fields)
      sample.volumes.set(
        field,
        ofType(
          mapVoxels(sample.volume(field), (data) => normalizeIntensity(data, options)),
          dtype,
        ),
      );
  },
});
