import { allocateUnset } from '../arena';
import { copyInto } from '../imaging/ops/crop/boxes';
import { allocateLike, joined, packed, partsOf } from '../imaging/ops/copy/blocks';
import { denseData, isDense } from '../imaging/ops/copy/layout';
import { cast, type ElementType } from '../imaging/ops/intensity/cast';
import { argmax } from '../imaging/ops/labels/label-maps';
import { gather } from '../imaging/ops/copy/windows';
import { copyElements } from '../imaging/simd/copy';
import {
  channelAxis,
  channelCount,
  channelView,
  lastAxisFastest,
  reorderAxes,
  sizeOf,
  spatialLetters,
  spatialShape,
  withChannelAxis,
  type Axes,
  type NumericArray,
  type Volume,
} from '../imaging/volume';

/** The volume with gapless data: itself, or a copy in C order when there are gaps (one of several interleaved channels). */
export const dense = (volume: Volume): Volume =>
  isDense(volume) ? { ...volume, data: denseData(volume) } : inCOrder(volume);

function inCOrder(volume: Volume): Volume {
  const { shape } = volume;
  const data = allocateLike(volume.data, sizeOf(shape));
  const start = shape.map(() => 0);
  gather(volume, start, shape, data);
  return { ...volume, data, strides: lastAxisFastest(shape) };
}

/** The volume with its channels as first or last axis, one of length 1 where it has none. No voxel is copied. */
export function channelsAt(volume: Volume, place: 'first' | 'last'): Volume {
  const letters = spatialLetters(volume);
  const axes = (place === 'first' ? `C${letters}` : `${letters}C`) as Axes;
  return channelAxis(volume) < 0 ? withChannelAxis(volume, place) : reorderAxes(volume, axes);
}

/** The volume with every value replaced by a kernel that does not care where a voxel lies. @param type of the result; null leaves the kernel's */
export function mapVoxels(
  volume: Volume,
  kernel: (data: NumericArray) => NumericArray,
  type: ElementType | null = null,
): Volume {
  const given = dense(volume);
  return ofType({ ...given, data: kernel(given.data) }, type);
}

/** The volume with its channels as the slowest axis in memory, the order of its axes unchanged; copied only when channels are interleaved. */
export function channelsApart(volume: Volume): Volume {
  const axis = channelAxis(volume);
  const given = dense(volume);
  if (axis < 0 || given.shape[axis] === 1) return given;
  if (given.strides[axis] === sizeOf(given.shape) / given.shape[axis]) return given;
  return reorderAxes(inCOrder(channelsAt(given, 'first')), volume.axes);
}

/** A kernel over the whole image, or over each channel on its own, into an array of float32. */
export function mapParts(
  volume: Volume,
  channelWise: boolean,
  kernel: (data: NumericArray, out: Float32Array, channel: number) => void,
): Volume {
  const given = channelWise ? channelsApart(volume) : dense(volume);
  const count = channelWise ? channelCount(given) : 1;
  const data = allocateUnset(Float32Array, given.data.length);
  const outs = partsOf(data, count);
  partsOf(given.data, count).forEach((part, c) => kernel(part, outs[c], c));
  return { ...given, data };
}

/** The image without its channel axis; an image without one as it is. @throws Error when it has several channels */
export function singleChannel(volume: Volume, field: string): Volume {
  if (channelCount(volume) !== 1)
    throw new Error(`the label in "${field}" has ${channelCount(volume)} channels, one is expected`);
  return channelAxis(volume) < 0 ? volume : channelView(volume, 0);
}

/** The image whose channels are made one by one, all in one layout; an image without channels is made as one. */
export function changeChannels(volume: Volume, change: (channel: Volume) => Volume): Volume {
  const axis = channelAxis(volume);
  if (axis < 0) return change(volume);
  const made = Array.from({ length: channelCount(volume) }, (_, c) => change(channelView(volume, c)));
  const [{ data, strides }] = made;
  return { ...volume, data: joined(made.map((one) => one.data)), strides: strides.toSpliced(axis, 0, data.length) };
}

/** Every channel as an image of its own with a channel axis of length 1; voxels are shared where channels lie apart. */
export function eachChannel(given: Volume): Volume[] {
  const axis = channelAxis(given);
  return partsOf(given.data, channelCount(given)).map((data) => ({ ...given, data, shape: given.shape.with(axis, 1) }));
}

/** The image of other channels, one after the other, in the layout of `like`, whose channels lie apart. */
export function withChannels(like: Volume, data: NumericArray, count: number): Volume {
  const axis = channelAxis(like);
  return { ...like, data, shape: like.shape.with(axis, count), strides: like.strides.with(axis, data.length / count) };
}

/**
 * A label map whose one channel becomes several, which `kernel` makes one after the other. The channel axis keeps its place; a map without one
 * gets it in front.
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
  return withChannels(volume, kernel(volume.data), channels);
}

/** The number of the largest channel per voxel, ties to the lowest; the channel axis stays, with length 1. @throws Error without channels */
export function labelsOf(volume: Volume): Volume {
  const axis = channelAxis(volume);
  if (axis < 0)
    throw new Error(`the largest of several channels is wanted, but the image (${volume.axes}) has no channel axis`);
  const apart = channelsApart(volume);
  return { ...apart, data: argmax(apart.data, channelCount(volume)), shape: volume.shape.with(axis, 1) };
}

/** The image with `channel` (same spatial shape, no channel axis) after its own, as float32; an image without channel axis gets it in front. */
export function appendChannel(image: Volume, channel: Volume): Volume {
  const from = channelsApart(withChannelAxis(image, 'first'));
  const channels = channelCount(from);
  const spatial = sizeOf(spatialShape(from));
  const data = allocateUnset(Float32Array, spatial * (channels + 1));
  for (let at = 0; at < channels; at++)
    copyElements(channelView(from, at).data.subarray(0, spatial) as NumericArray, data, at * spatial);
  const result = withChannels(from, data, channels + 1);
  // The new channel takes the order of the others in memory.
  copyInto(channel, channelView(result, channels));
  return result;
}

/** The channels of an image as arrays in file order. */
export function fileChannels(volume: Volume): { image: Volume; channels: number; parts: NumericArray[] } {
  const image = packed(volume);
  const channels = channelCount(image);
  return { image, channels, parts: partsOf(image.data, channels) };
}

/** The volume with its values as another type, cut and wrapped as numpy does; null leaves them. */
export function ofType(volume: Volume, type: ElementType | null): Volume {
  return type === null ? volume : mapVoxels(volume, (data) => cast(data, type));
}

/** The name of the type in which the values of a volume lie. */
export function typeOf({ data }: Volume): ElementType {
  return data.constructor.name.replace('Array', '').toLowerCase() as ElementType;
}
