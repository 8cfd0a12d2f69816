import { z } from 'zod';
import { spacingOf } from '../../imaging/geometry';
import { anyChannel } from '../../imaging/ops/intensity/point-wise';
import { removeSmallComponents, smallComponents } from '../../imaging/ops/labels/remove-small';
import { valueRange } from '../../imaging/ops/intensity/value-range';
import {
  channelCount,
  channelView,
  reorderAxes,
  spatialLetters,
  withChannelAxis,
  type Axes,
  type NumericArray,
  type Volume,
} from '../../imaging/volume';
import { copyElements } from '../../imaging/simd/copy';
import { keysArguments, positive, stringyBoolean } from '../arguments';
import { defineTransform } from '../definition';
import { connectivityArgument, connectivityOf } from './labels';
import { forEachKey } from './for-each-key';
import { packed } from './packed';

export const removeSmallObjectsd = defineTransform({
  name: 'RemoveSmallObjectsd',
  dialect: 'monai',
  summary:
    'Sets components of fewer than `min_size` voxels (with `by_measure` mm³, whose voxel is that of the affine, or `pixdim` without one) to 0: those of each label of each channel, or with `independent_channels` off those of all that is not background. Unlike MONAI, which counts all voxels of a label together as soon as one is above 1, and joins neighbouring channels.',
  source: 'MONAI 1.5.2 (what it documents; its numbers for masks of one channel), scikit-image 0.26 remove_small_objects',
  args: z.strictObject({
    ...keysArguments,
    min_size: z.number().min(0).default(64),
    connectivity: connectivityArgument.default(1),
    independent_channels: stringyBoolean.default(true),
    by_measure: stringyBoolean.default(false),
    pixdim: z.union([positive, z.array(positive).min(1).max(3)]).nullable().default(null),
  }),
  apply(sample, args) {
    forEachKey(sample, args, (volume) => {
      const [low, high] = valueRange(packed(volume).data);
      if (low === high) return volume;
      const neighbours = connectivityOf(args.connectivity, volume);
      const least = args.by_measure ? Math.ceil(args.min_size / voxelVolume(volume, args.pixdim)) : args.min_size;
      const image = packed(withChannelAxis(volume, 'first'));
      const channels = channelCount(image);
      const size = image.data.length / channels;
      const part = (array: NumericArray, c: number) => array.subarray(c * size, (c + 1) * size) as NumericArray;
      const data = image.data.slice();
      if (args.independent_channels) {
        for (let c = 0; c < channels; c++) {
          const map = { ...fileOrdered(channelView(image, c)), data: part(image.data, c) };
          copyElements(removeSmallComponents(map, least, neighbours).data, data, c * size);
        }
      } else {
        const union = anyChannel(image.data, channels);
        const small = smallComponents({ ...fileOrdered(channelView(image, 0)), data: union }, least, neighbours);
        for (let c = 0; c < channels; c++) {
          const values = part(data, c);
          for (let i = 0; i < size; i++) if (small[i] === 1) values[i] = 0;
        }
      }
      return { ...image, data };
    });
  },
}); // prettier-ignore

/** A packed volume without channels with its axes in the order of the file, as its voxels lie. */
function fileOrdered(volume: Volume): Volume {
  return reorderAxes(volume, [...volume.axes].sort().join('') as Axes);
}

/** In mm³, also of a slice, whose affine has its thickness; 1 where nothing is known. */
function voxelVolume(volume: Volume, pixdim: number | readonly number[] | null): number {
  const given = [...spatialLetters(volume)].map((_, d) => (typeof pixdim === 'number' ? pixdim : (pixdim?.[d] ?? 1)));
  const lengths = volume.affine ? spacingOf(volume.affine) : given;
  return lengths.reduce((a, b) => a * b, 1) || 1;
}
