import { heatMap } from '../imaging/ops/labels/heat-map';
import {
  channelAxis,
  firstAxisFastest,
  spatialLetters,
  spatialShape,
  withChannelAxis,
  type Axes,
  type Volume,
} from '../imaging/volume';
import { appendChannel } from './append-channel';

/**
 * The first `intensities` channels of the image and behind them one channel per list of clicks, 0 to 1 around its points (0 everywhere without
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
  const image = firstChannels(withChannelAxis(volume, 'first'), intensities);
  const shape = spatialShape(image);
  const [strides, axes] = [firstAxisFastest(shape), spatialLetters(image) as Axes];
  return clicks.reduce((all, points) => {
    const inside = points.filter((point) => point.every((index) => index >= 0));
    return appendChannel(all, { ...image, data: heatMap(shape, inside, { sigma, low: 0, high: 1 }), shape, strides, axes });
  }, image);
} // prettier-ignore

function firstChannels(volume: Volume, count: number): Volume {
  const axis = channelAxis(volume);
  return { ...volume, shape: volume.shape.with(axis, Math.min(count, volume.shape[axis])) };
}
