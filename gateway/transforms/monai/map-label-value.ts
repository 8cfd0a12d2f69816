import { z } from 'zod';
import { cast } from '../../imaging/ops/intensity/cast';
import { mapLabels } from '../../imaging/ops/labels/map-labels';
import { keysArguments } from '../arguments';
import { defineTransform } from '../definition';
import { resultType, typeOf } from '../element-type';
import { mapVoxels } from '../map-voxels';
import { forEachKey } from './for-each-key';

const values = z
  .array(z.number({ error: 'expected a number; names of labels are not values of an image here' }))
  .min(1);

export const mapLabelValued = defineTransform({
  name: 'MapLabelValued',
  dialect: 'monai',
  summary: 'Gives each label of `orig_labels` the value at its place in `target_labels`; all at once, so that labels may change places. Others stay.',
  source: 'MONAI 1.5.2',
  args: z
    .strictObject({ ...keysArguments, orig_labels: values, target_labels: values, dtype: resultType })
    .refine(({ orig_labels: from, target_labels: to }) => from.length === to.length, {
      error: 'orig_labels and target_labels need as many numbers as each other',
    }),
  voxelWise: () => true,
  apply(sample, { orig_labels: from, target_labels: to, dtype, ...keys }) {
    forEachKey(sample, keys, (volume) =>
      mapVoxels(volume, (data) => {
        const typed = cast(data, dtype ?? typeOf(volume));
        const out = typed === data ? data.slice() : typed;
        const stored = (value: number) => (data instanceof Float32Array ? Math.fround(value) : value);
        mapLabels(data, new Map(from.flatMap((label, n) => (label === to[n] ? [] : [[stored(label), to[n]] as const]))), out);
        return out;
      }),
    );
  },
}); // prettier-ignore
