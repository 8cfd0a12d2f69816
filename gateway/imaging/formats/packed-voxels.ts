import { channelAxis, firstAxisFastest, reorderAxes, sizeOf } from '../volume';
import type { Axes, NumericArray, Volume } from '../volume';
import { copyStrided } from '../ops/copy/blocks';

/** The volume with its axes in the order X, Y[, Z][, C]; no data is copied. */
export function channelsLast(volume: Volume): Volume {
  const letters = [...volume.axes].filter((axis) => axis !== 'C').sort();
  return reorderAxes(volume, (letters.join('') + (channelAxis(volume) < 0 ? '' : 'C')) as Axes);
}

/** The voxels with the first axis fastest: the volume's own data when they lie so already. */
export function packed({ data, shape, strides }: Volume): NumericArray {
  const count = sizeOf(shape);
  const wanted = firstAxisFastest(shape);
  const inPlace = shape.every((length, d) => length === 1 || strides[d] === wanted[d]);
  if (inPlace && data.length === count) return data;
  return inPlace ? (data.subarray(0, count) as NumericArray) : copyStrided(data, 0, shape, strides);
}
