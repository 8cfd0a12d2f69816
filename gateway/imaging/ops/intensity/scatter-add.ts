import { lastAxisFastest, type Volume } from '../../volume';
import { inPlanes, type Part } from '../../simd/planes';

/**
 * Adds a window in C order (axes as in `target.axes`) to the volume: the other way of `gather`. What lies outside the volume is dropped.
 *
 * @param start first index of the window in the volume, per axis
 * @param size length of the window per axis
 * @param at where in `window` it begins
 * @param weights factor per voxel, in C order over the spatial axes; all channels of a voxel have the same
 */
export function scatterAdd(
  target: Volume<Float32Array>,
  start: readonly number[],
  size: readonly number[],
  window: Float32Array,
  at = 0,
  weights?: Float32Array,
): void {
  const low = start.map((first) => Math.max(-first, 0));
  const inside = size.map((n, d) => Math.min(n, target.shape[d] - start[d]) - low[d]);
  const channel = target.axes.indexOf('C');
  const perVoxel = lastAxisFastest(size.map((n, d) => (d === channel ? 1 : n))).map((step, d) => (d === channel ? 0 : step)); // prettier-ignore
  const part = (data: Float32Array, from: number, strides: readonly number[], first: readonly number[]): Part => ({
    data,
    at: first.reduce((sum, index, d) => sum + index * strides[d], from),
    strides,
  });
  const sums = part(target.data, 0, target.strides, start.map((first, d) => first + low[d])); // prettier-ignore
  const values = part(window, at, lastAxisFastest(size), low);
  if (!weights)
    return inPlanes(inside, sums, [values], ({ code, n, rows, at: [to, from], steps: [toStep, fromStep] }) =>
      code.addRows(from, fromStep, to, toStep, n, rows),
    );
  inPlanes(inside, sums, [values, part(weights, 0, perVoxel, low)], ({ code, n, rows, at: places, steps }) =>
    code.addWeightedRows(places[1], steps[1], places[2], steps[2], places[0], steps[0], n, rows),
  );
}
