import {
  channelAxis,
  channelCount,
  channelView,
  sizeOf,
  withChannelAxis,
  type NumericArray,
  type Volume,
} from '../imaging/volume';
import { copyInto } from '../imaging/ops/crop/boxes';
import { copyElements } from '../imaging/simd/copy';
import { allocateUnset } from '../arena';
import { channelsApart } from './map-voxels';

/**
 * The image with one more channel behind its own, as float32; the channel axis stays where it is (an image without one gets it in front).
 *
 * @param channel same spatial shape, no channel axis
 */
export function appendChannel(image: Volume, channel: Volume): Volume {
  const from = channelsApart(withChannelAxis(image, 'first'));
  const axis = channelAxis(from);
  const channels = channelCount(from);
  const spatial = sizeOf(from.shape) / channels;
  const data = allocateUnset(Float32Array, spatial * (channels + 1));
  for (let at = 0; at < channels; at++) {
    copyElements(channelView(from, at).data.subarray(0, spatial) as NumericArray, data, at * spatial);
  }
  // The new channel takes the order of the others in memory.
  const shape = from.shape.with(axis, channels + 1);
  const strides = [...from.strides];
  strides[axis] = spatial;
  const result: Volume<Float32Array> = { ...from, data, shape, strides };
  copyInto(channel, channelView(result, channels));
  return result;
}
