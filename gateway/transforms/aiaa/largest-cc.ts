import { z } from 'zod';
import { largestComponents } from '../../imaging/ops/labels/components';
import { channelAxis, channelCount, channelView, firstAxisFastest, sizeOf, type Volume } from '../../imaging/volume';
import { allocateUnset } from '../../arena';
import { copyElements } from '../../imaging/simd/copy';
import { keysArguments, stringyBoolean, withoutEffect } from '../arguments';
import { defineTransform } from '../definition';
import { forEachKey } from '../monai/for-each-key';

export const largestCCd = defineTransform({
  name: 'LargestCCd',
  dialect: 'aiaa',
  summary: 'Keeps the largest connected component (voxels sharing a face) of each channel, as a mask of 0 and 1.',
  source: 'transforms.md §7.3',
  args: z.strictObject({ ...keysArguments, has_channel: withoutEffect('layout', stringyBoolean.default(true)) }),
  apply(sample, args) {
    forEachKey(sample, args, largestOfEachChannel);
  },
});

function largestOfEachChannel(volume: Volume): Volume {
  const axis = channelAxis(volume);
  const channels = channelCount(volume);
  const spatial = volume.shape.filter((_, d) => d !== axis);
  const size = sizeOf(spatial);
  const data = allocateUnset(Uint8Array, channels * size);
  for (let c = 0; c < channels; c++) {
    copyElements(largestComponents(axis < 0 ? volume : channelView(volume, c), 'faces'), data, c * size);
  }
  const strides = firstAxisFastest(spatial);
  if (axis >= 0) strides.splice(axis, 0, size);
  return { ...volume, data, strides };
}
