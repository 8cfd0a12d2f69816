import { lastAxisFastest, sizeOf, type Axes, type Volume } from '../../volume';
import { allocateUnset } from '../../../arena';
import { inPlanes } from '../../simd/planes';

/** How many windows cover each index of an axis of `n`: for windows that start at `starts` and are `size` long. Counts of a grid of windows are the product of these. */
export function coverage(n: number, starts: readonly number[], size: number): Float64Array {
  const counts = new Float64Array(n);
  for (const start of starts) for (let i = Math.max(start, 0); i < Math.min(start + size, n); i++) counts[i]++;
  return counts;
}

/**
 * Divides every voxel of every channel by the product of its counts along X, Y[, Z]; where a count is zero the voxel becomes zero.
 *
 * @param counts products of them are below 2²⁴: float32 holds them
 * @param out takes the result; the same axes and shape. @default the volume itself
 */
export function divideByCoverage(volume: Volume<Float32Array>, counts: readonly Float64Array[], out = volume): void {
  const shape = counts.map(({ length }) => length);
  const [countX, countY, countZ = ONE] = counts;
  const data = allocateUnset(Float32Array, sizeOf(shape));
  let at = 0;
  for (let i = 0; i < countX.length; i++) {
    for (let j = 0; j < countY.length; j++) {
      const factor = countX[i] * countY[j];
      for (let k = 0; k < countZ.length; k++) data[at++] = factor * countZ[k];
    }
  }
  const axes = 'XYZ'.slice(0, counts.length) as Axes;
  divideByWeights(volume, { data, shape, strides: lastAxisFastest(shape), axes, properties: {} }, out);
}

const ONE = Float64Array.of(1);

/**
 * Divides every channel by one map of summed weights of the same spatial shape; where the map is zero the voxel becomes zero.
 *
 * @param out takes the result; the same axes and shape. @default the volume itself
 */
export function divideByWeights(volume: Volume<Float32Array>, sums: Volume<Float32Array>, out = volume): void {
  const perVoxel = [...volume.axes].map((letter) => (letter === 'C' ? 0 : sums.strides[sums.axes.indexOf(letter)]));
  const from = { data: volume.data, at: 0, strides: volume.strides };
  const divisors = { data: sums.data, at: 0, strides: perVoxel };
  const target = { data: out.data, at: 0, strides: out.strides };
  inPlanes(volume.shape, target, [from, divisors], ({ code, n, rows, at, steps }) =>
    code.divideRows(at[1], steps[1], at[2], steps[2], at[0], steps[0], n, rows),
  );
}
