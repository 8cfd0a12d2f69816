import { spatialAxes, spatialShape, type NumericArray, type Volume } from '../../volume';
import { memoryOrder } from '../copy/layout';
import { floatsOf, inMemoryOrder, madeByChannel } from './channels';
import { planeResizer, type SplineGrid } from './linear-planes';
import { resampleNearest } from './resample-nearest';
import { dense, resampleSpline } from './resample-spline';
import { gridPlaces, splineAxis, type SplineOrder } from './spline-axis';

export interface SplineOptions {
  /** One for all spatial axes, or one for each in the order of the array. */
  order: SplineOrder | readonly SplineOrder[];
  /** @default 'half-pixel' */
  grid?: SplineGrid;
  /** Keeps each channel within the range it had, or each slice where the axis across them has order 0 and lies slowest in memory. @default true */
  clip?: boolean;
  /** Rounds the result to half precision; its values stay in float32. @default false */
  half?: boolean;
}

/**
 * Resizes the spatial axes with B-splines, the edge repeated outside. float64 arithmetic, rounded once; nearest voxels keep their type.
 * Half-pixel: scikit-image 0.26 `transform.resize(mode='edge', anti_aliasing=False)`; corners without clip: SciPy 1.17 `zoom(mode='nearest')`. Orders 0
 * and 1 equal them in every bit where the volume lies as the array they are given (last axis fastest; an axis of one voxel counts as the slowest). Order 3 resamples axis after axis in
 * place of 64 products a voxel, so that its sums differ in the last bits of float64: about one float32 of 10^7 is its neighbour, and more of them along
 * axes of two voxels, where values lie in the middle of two.
 * @param lengths of the spatial axes, in the order of the array
 * @returns axis letters, affine, properties and order in memory of the volume
 */
export function resizeSpline(volume: Volume, lengths: readonly number[], options: SplineOptions): Volume {
  const { order, grid = 'half-pixel', clip = true, half = false } = options;
  const axes = spatialAxes(volume);
  const orders = axes.map((_, n) => (typeof order === 'number' ? order : order[n]));
  const places = spatialShape(volume).map((n, d) => gridPlaces(n, lengths[d], grid));
  const maps = spatialShape(volume).map((n, d) => splineAxis(n, places[d], orders[d]));
  if (orders.every((one) => one === 0)) return resampleNearest(volume, maps.map(({ indices }) => indices)); // prettier-ignore
  if (orders.every((one) => one !== 3)) return resizeLinear(volume, lengths, orders as (0 | 1)[], grid, half);
  const slowest = memoryOrder({ shape: axes.map((d) => volume.shape[d]), strides: axes.map((d) => volume.strides[d]) });
  const bySlice = axes.length === 3 && orders[slowest[2]] === 0;
  return resampleSpline(volume, maps, { clip: !clip ? 'no' : bySlice ? 'plane' : 'channel', half });
}

/** Linear interpolation never leaves the range it starts from. */
function resizeLinear(
  given: Volume,
  lengths: readonly number[],
  orders: readonly (0 | 1)[],
  grid: SplineGrid,
  half: boolean,
): Volume<Float32Array> {
  return madeByChannel(dense(given), lengths, 'as given', floatsOf, (from, to) => {
    const ordered = inMemoryOrder(from);
    const [source, target] = [ordered(from.shape, 1), ordered(to.shape, 1)].map((list) => list.toReversed());
    const resizer = planeResizer(source, target, ordered(orders, 0).toReversed(), { grid, rounded: half ? 'half' : 'float32' });
    const [size, made] = [source[1] * source[2], target[1] * target[2]];
    for (let k = 0; k < target[0]; k++)
      resizer.make(k, (z) => from.data.subarray(z * size, (z + 1) * size) as NumericArray, to.data.subarray(k * made, (k + 1) * made));
  });
} // prettier-ignore
