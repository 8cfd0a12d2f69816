import { gather } from '../../imaging/ops/resample/gather';
import { firstAxisFastest, reorderAxes, sizeOf, type Axes, type NumericArray, type Volume } from '../../imaging/volume';
import { allocateUnset } from '../../arena';

/**
 * The volume with its voxels in file order (x fastest, then y, z) and its channels one behind the other, whatever the order of its axes:
 * voxels of two packed volumes of one grid lie at the same places. Nothing is copied when it lies so.
 */
export function packed(volume: Volume): Volume {
  const spatial = [...volume.axes].filter((axis) => axis !== 'C').sort();
  const order = (spatial.join('') + (volume.axes.includes('C') ? 'C' : '')) as Axes;
  const ordered = reorderAxes(volume, order);
  const strides = firstAxisFastest(ordered.shape);
  const size = sizeOf(ordered.shape);
  const isPacked = ordered.shape.every((length, d) => length === 1 || ordered.strides[d] === strides[d]);
  if (isPacked) return reorderAxes({ ...ordered, data: ordered.data.subarray(0, size) as NumericArray, strides }, volume.axes);
  const backwards = reorderAxes(ordered, [...order].reverse().join('') as Axes);
  const data = allocateUnset(volume.data.constructor as Parameters<typeof allocateUnset<NumericArray>>[0], size);
  gather(backwards, backwards.shape.map(() => 0), backwards.shape, data);
  return reorderAxes({ ...ordered, data, strides }, volume.axes);
} // prettier-ignore
