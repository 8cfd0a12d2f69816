import { heatMap } from '../../imaging/ops/labels/heat-map';
import {
  channelAxis,
  firstAxisFastest,
  spatialLetters,
  spatialShape,
  withChannelAxis,
  type Axes,
  type Volume,
} from '../../imaging/volume';
import { appendChannel } from '../channels';

/** A channel on the grid of an image that is hot around points (`heatMap`). @param points whole indices in the order of the array's spatial axes */
export function heatChannel(
  image: Volume,
  points: readonly (readonly number[])[],
  options: Parameters<typeof heatMap>[2],
): Volume {
  const shape = spatialShape(image);
  const axes = spatialLetters(image) as Axes;
  return { ...image, data: heatMap(shape, points, options), shape, strides: firstAxisFastest(shape), axes };
}

/**
 * The first `intensities` channels of the image and after them one channel per list of clicks, 0 to 1 around its points (0 everywhere without
 * points). Points with a negative index stand for none.
 *
 * @param clicks whole indices in the order of the array's spatial axes
 * @param sigma in voxels
 */
export function withClickChannels(
  volume: Volume,
  intensities: number,
  clicks: readonly (readonly number[][])[],
  sigma: number,
): Volume {
  const image = withChannelAxis(volume, 'first');
  const axis = channelAxis(image);
  const first = { ...image, shape: image.shape.with(axis, Math.min(intensities, image.shape[axis])) };
  const inside = (points: readonly number[][]) => points.filter((point) => point.every((index) => index >= 0));
  return clicks.reduce<Volume>(
    (all, points) => appendChannel(all, heatChannel(first, inside(points), { sigma, low: 0, high: 1 })),
    first,
  );
}
