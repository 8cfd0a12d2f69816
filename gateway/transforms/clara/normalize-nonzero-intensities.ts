import { z } from 'zod';
import { normalizeNonzero } from '../../imaging/ops/intensity/normalize-nonzero';
import { channelCount } from '../../imaging/volume';
import { allocateUnset } from '../../arena';
import { fieldNames } from '../arguments';
import { defineTransform } from '../definition';
import { ofType, typeOrSame } from '../element-type';
import { channelsApart } from '../map-voxels';

export const normalizeNonzeroIntensities = defineTransform({
  name: 'NormalizeNonzeroIntensities',
  dialect: 'clara',
  summary:
    'Per channel: subtracts the mean of the non-zero voxels and divides by their standard deviation; zeros stay.',
  source: 'transforms.md §4.5, choice A6',
  args: z.strictObject({ fields: fieldNames, dtype: typeOrSame }),
  apply(sample, { fields, dtype }) {
    for (const field of fields) {
      const volume = channelsApart(sample.volume(field));
      const data = allocateUnset(Float32Array, volume.data.length);
      const size = data.length / channelCount(volume);
      for (let at = 0; at < data.length; at += size)
        normalizeNonzero(volume.data.subarray(at, at + size), data.subarray(at, at + size));
      sample.volumes.set(field, ofType({ ...volume, data }, dtype));
    }
  },
});
