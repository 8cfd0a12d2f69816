import { z } from 'zod';
import type { NumericArray, Volume } from '../../imaging/volume';
import { fieldName, keysArguments, metadataArguments, withoutEffect } from '../arguments';
import { defineTransform } from '../definition';
import { forEachKey } from '../monai/for-each-key';
import { guidanceOf } from './guidance';

export const fetch2DSliced = defineTransform({
  name: 'Fetch2DSliced',
  dialect: 'monai',
  summary: 'Takes the slice with the clicks out of a depth-first volume.',
  source: 'transforms.md §7.4 step 5; MONAI 0.8.1',
  readsParams: true,
  args: z.strictObject({
    ...keysArguments,
    guidance: fieldName.default('guidance'),
    axis: z.literal(0, { error: 'only depth first is run: axis 0' }).default(0),
    ...metadataArguments,
    slice_meta_key: withoutEffect('metadata', z.string().optional()),
  }),
  apply(sample, { guidance, ...keys }) {
    const { slice } = guidanceOf(sample, guidance);
    if (slice === undefined) throw new Error(`the guidance in "${guidance}" is for 3-D and names no slice`);
    forEachKey(sample, keys, (volume, _, key) => {
      sample.history.push({ transform: 'Fetch2DSliced', field: key, state: { slice } });
      return sliceView(volume, slice);
    });
  },
});

/** Slice `z` of a depth-first volume; the voxels are shared. */
function sliceView({ data, shape, strides, axes, ...rest }: Volume, z: number): Volume {
  if (axes !== 'ZXY') throw new Error(`slices are taken from volumes with depth first, this one has the axes ${axes}`);
  const from = data.subarray(z * strides[0]) as NumericArray;
  return { ...rest, data: from, shape: shape.slice(1), strides: strides.slice(1), axes: 'XY' };
}
