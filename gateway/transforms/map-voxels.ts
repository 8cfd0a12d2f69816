import { gather } from '../imaging/ops/resample/gather';
import { denseData, isDense } from '../imaging/ops/copy/layout';
import {
  channelAxis,
  channelCount,
  lastAxisFastest,
  reorderAxes,
  sizeOf,
  type Axes,
  type NumericArray,
  type Volume,
} from '../imaging/volume';
import { allocateUnset } from '../arena';

/** The volume with gapless data: itself, or a copy in C order when there are gaps (one of several interleaved channels). */
export function dense(volume: Volume): Volume {
  if (isDense(volume)) return { ...volume, data: denseData(volume) };
  const type = volume.data.constructor as Parameters<typeof allocateUnset<NumericArray>>[0];
  const data = allocateUnset(type, sizeOf(volume.shape));
  gather(volume, volume.shape.map(() => 0), volume.shape, data);
  return { ...volume, data, strides: lastAxisFastest(volume.shape) };
} // prettier-ignore

/** The volume with every value replaced by a kernel that does not care where a voxel lies. */
export function mapVoxels(volume: Volume, kernel: (data: NumericArray) => NumericArray): Volume {
  const packed = dense(volume);
  return { ...packed, data: kernel(packed.data) };
}

/**
 * The volume with its channels as the slowest axis in memory, for kernels that work across channels; the order of its axes is unchanged.
 * A copy is made only when channels are interleaved.
 */
export function channelsApart(volume: Volume): Volume {
  const axis = channelAxis(volume);
  const packed = dense(volume);
  if (axis < 0 || channelCount(volume) === 1) return packed;
  const spatial = sizeOf(volume.shape) / volume.shape[axis];
  if (packed.strides[axis] === spatial) return packed;
  const first = reorderAxes(packed, `C${volume.axes.replace('C', '')}` as Axes);
  const data = new (packed.data.constructor as new (length: number) => NumericArray)(packed.data.length);
  gather(first, first.shape.map(() => 0), first.shape, data);
  return reorderAxes({ ...first, data, strides: lastAxisFastest(first.shape) }, volume.axes);
} // prettier-ignore
