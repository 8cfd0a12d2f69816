import { z } from 'zod';
import { normalizeIntensity } from '../../imaging/ops/intensity/normalize-intensity';
import { channelCount, type NumericArray, type Volume } from '../../imaging/volume';
import { allocateUnset } from '../../arena';
import { keysArguments, stringyBoolean } from '../arguments';
import { defineTransform } from '../definition';
import { ofType, resultType, typeOf } from '../element-type';
import { channelsApart, mapVoxels } from '../map-voxels';
import { forEachKey } from './for-each-key';

const level = z.union([z.number(), z.array(z.number()).min(1)]).nullable();

export const normalizeIntensityd = defineTransform({
  name: 'NormalizeIntensityd',
  dialect: 'monai',
  summary:
    'Subtracts a value and divides by one: given ones, or mean and standard deviation of the finite values of the image or of each channel; 0 does not divide.',
  source: 'transforms.md §7.2; MONAI 0.8.1',
  args: z
    .strictObject({
      ...keysArguments,
      subtrahend: level.default(null),
      divisor: level.default(null),
      nonzero: stringyBoolean.default(false),
      channel_wise: stringyBoolean.default(false),
      dtype: resultType,
    })
    .refine(({ channel_wise: each, subtrahend, divisor }) => each || ![subtrahend, divisor].some(Array.isArray), {
      error: 'lists of values need channel_wise: true',
    }),
  voxelWise: ({ subtrahend, divisor }) => subtrahend !== null && divisor !== null,
  apply(sample, { subtrahend, divisor, nonzero, channel_wise: channelWise, dtype, ...keys }) {
    forEachKey(sample, keys, (volume) => ofType(normalized(volume), dtype ?? typeOf(volume)));

    function normalized(volume: Volume): Volume {
      const of = (values: typeof subtrahend, channel: number) => valueOf(values, channel, channelCount(volume));
      if (!channelWise)
        return mapVoxels(volume, (data) =>
          normalizeIntensity(data, { subtrahend: of(subtrahend, 0), divisor: of(divisor, 0), nonzero }),
        );
      const apart = channelsApart(volume);
      const size = apart.data.length / channelCount(volume);
      const data = allocateUnset(Float32Array, apart.data.length);
      for (let c = 0; c < channelCount(volume); c++) {
        const channel = apart.data.subarray(c * size, (c + 1) * size) as NumericArray;
        const options = { subtrahend: of(subtrahend, c), divisor: of(divisor, c), nonzero };
        normalizeIntensity(channel, options, data.subarray(c * size, (c + 1) * size));
      }
      return { ...apart, data };
    }
  },
});

function valueOf(values: number | number[] | null, channel: number, channels: number): number | undefined {
  if (!Array.isArray(values)) return values ?? undefined;
  if (values.length !== channels) throw new Error(`${values.length} values for ${channels} channel(s)`);
  return values[channel];
}
