import { z } from 'zod';
import { keepLargestComponent, type KeepLargestOptions } from '../../imaging/ops/labels/keep-largest-component';
import { channelAxis, channelCount, channelView, type NumericArray, type Volume } from '../../imaging/volume';
import { copyElements } from '../../imaging/simd/copy';
import { allocateUnset } from '../../arena';
import { fieldNames, stringyBoolean, withSpellings } from '../arguments';
import { defineTransform } from '../definition';

export const keepLargestCC = defineTransform({
  name: 'KeepLargestCC',
  dialect: 'clara',
  summary:
    'Keeps the largest component (voxels sharing a corner are connected) of each applied label, or with is_independent false of all together; the rest becomes 0.',
  source: 'transforms.md §4.6; MONAI KeepLargestConnectedComponent, scikit-image label',
  args: withSpellings(
    z.strictObject({
      fields: fieldNames,
      applied_labels: z
        .union([z.number().int().positive(), z.array(z.number().int().positive()).min(1)])
        .transform((labels) => (typeof labels === 'number' ? [labels] : labels))
        .nullable()
        .default(null),
      is_independent: stringyBoolean.default(true),
    }),
    { independent: 'is_independent' },
  ),
  apply(sample, { fields, applied_labels: labels, is_independent: independent }) {
    const options: KeepLargestOptions = {
      labels: labels ?? undefined,
      independent: independent ? 'each' : 'together',
      connectivity: 'full',
    };
    for (const field of fields) sample.volumes.set(field, inEachChannel(sample.volume(field), options));
  },
});

function inEachChannel(volume: Volume, options: KeepLargestOptions): Volume {
  const axis = channelAxis(volume);
  if (axis < 0) return keepLargestComponent(volume, options);
  const channels = channelCount(volume);
  const kept = Array.from({ length: channels }, (_, c) => keepLargestComponent(channelView(volume, c), options));
  const size = kept[0].data.length;
  const data = allocateUnset(
    volume.data.constructor as Parameters<typeof allocateUnset<NumericArray>>[0],
    channels * size,
  );
  kept.forEach((channel, c) => copyElements(channel.data, data, c * size));
  return { ...volume, data, strides: kept[0].strides.toSpliced(axis, 0, size) };
}
