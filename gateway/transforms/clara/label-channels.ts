import { channelAxis, channelCount, withChannelAxis, type NumericArray, type Volume } from '../../imaging/volume';
import { channelsApart, dense } from '../map-voxels';

/**
 * A label map whose one channel becomes several, made by `kernel` one behind the other. The channel axis keeps its place; a map without one
 * gets it in front.
 *
 * @throws Error when there are several channels already
 */
export function labelsToChannels(
  given: Volume,
  field: string,
  channels: number,
  kernel: (labels: NumericArray) => Uint8Array,
): Volume {
  if (channelCount(given) !== 1)
    throw new Error(`"${field}" has ${channelCount(given)} channels, a label map with one is expected`);
  const volume = dense(withChannelAxis(given, 'first'));
  const axis = channelAxis(volume);
  const strides = [...volume.strides];
  strides[axis] = volume.data.length;
  return { ...volume, data: kernel(volume.data), shape: volume.shape.with(axis, channels), strides };
}

/** Every channel as an image of its own with a channel axis of length 1; properties and affine are shared. */
export function eachChannel(given: Volume): Volume[] {
  const volume = channelsApart(given);
  const axis = channelAxis(volume);
  const size = volume.data.length / channelCount(volume);
  return Array.from({ length: channelCount(volume) }, (_, c) => ({
    ...volume,
    data: volume.data.subarray(c * size, (c + 1) * size) as NumericArray,
    shape: volume.shape.with(axis, 1),
  }));
}
