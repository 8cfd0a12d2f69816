import { allocateUnset } from '../../../arena';
import { channelCount, channelView, sizeOf, spatialAxes, type NumericArray, type Volume } from '../../volume';
import { fileOrder, memoryOrder, stridesLike } from '../copy/layout';

export const floatsOf = (size: number): Float32Array => allocateUnset(Float32Array, size);

export type Three<T> = readonly [T, T, T];

/**
 * A volume of other lengths, made channel by channel; affine and properties are kept.
 * @param lengths of the spatial axes, in the order of the array
 * @param order in which its voxels lie: as those of the volume, or x fastest and channels slowest
 */
export function madeByChannel<T extends NumericArray>(
  volume: Volume,
  lengths: readonly number[],
  order: 'as given' | 'file',
  allocate: (size: number) => T,
  make: (from: Volume, to: Volume<T>) => void,
): Volume<T> {
  const axes = spatialAxes(volume);
  const shape = volume.shape.map((n, d) => lengths[axes.indexOf(d)] ?? n);
  const strides = order === 'file' ? fileOrder(volume.axes, shape) : stridesLike(volume, shape);
  const result: Volume<T> = { ...volume, data: allocate(sizeOf(shape)), shape, strides };
  const channel = (of: Volume, c: number) => (volume.axes.includes('C') ? channelView(of, c) : of);
  for (let c = 0; c < channelCount(volume); c++) make(channel(volume, c), channel(result, c) as Volume<T>);
  return result;
}

/** The values of each axis of a volume of two or three axes, the axis that lies densest in memory first. @param rest for a missing axis */
export function inMemoryOrder(volume: Volume): <T>(list: readonly T[], rest: T) => Three<T> {
  const order = memoryOrder(volume);
  return (list, rest) => {
    const [x = rest, y = rest, z = rest] = order.map((d) => list[d]);
    return [x, y, z];
  };
}
