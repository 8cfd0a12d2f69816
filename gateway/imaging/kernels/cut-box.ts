import { allocate, lastAxisFastest, reorderAxes, sizeOf, spatialAxes, type Axes, type Volume } from '../volume';
import { gather, type Padding } from './gather';
import { memoryOrder } from './layout';

/**
 * A box of the volume, all channels: cropped where it lies inside, padded where it reaches beyond. The order of the axes in memory, the type,
 * affine and properties are kept.
 *
 * @param start first index per spatial axis, order of the array; negative in front of the volume
 * @param size length per spatial axis
 */
export function cutBox(volume: Volume, start: readonly number[], size: readonly number[], padding?: Padding): Volume {
  const slowestFirst = memoryOrder(volume).reverse();
  const ordered = reorderAxes(volume, slowestFirst.map((d) => volume.axes[d]).join('') as Axes);
  const spatial = spatialAxes(volume);
  const along = (values: readonly number[], channels: number) =>
    slowestFirst.map((d) => (spatial.includes(d) ? values[spatial.indexOf(d)] : channels));
  const shape = along(size, volume.shape[volume.axes.indexOf('C')]);
  const data = allocate(volume.data.constructor as Parameters<typeof allocate<Volume['data']>>[0], sizeOf(shape));
  gather(ordered, along(start, 0), shape, data, 0, padding);
  return reorderAxes({ ...ordered, data, shape, strides: lastAxisFastest(shape) }, volume.axes);
}
