import { allocateUnset } from '../../../arena';
import { copyBox, fillElements } from '../../simd/copy';
import { inPlanes, type Part } from '../../simd/planes';
import { lastAxisFastest, sizeOf, type Axes, type NumericArray, type Volume } from '../../volume';

/** The values where a window leaves the image. */
export interface Padding {
  /** `symmetric` mirrors with the edge voxel repeated, `reflect` without; `wrap` goes on at the other end (numpy's names; `replicate` is its `edge`). */
  mode: 'constant' | 'reflect' | 'replicate' | 'symmetric' | 'wrap';
  /** Value for `constant`. @default 0 */
  value?: number;
}

/**
 * Copies a box of the volume into `out` in C order (last axis fastest, axes as in `volume.axes`): how windows and tensors are cut.
 * @param start first index per axis; may be negative or beyond the image, there `padding` stands in
 * @param size length of the box per axis
 * @param at where in `out` the box begins
 */
export function gather(
  volume: Volume,
  start: readonly number[],
  size: readonly number[],
  out: NumericArray,
  at = 0,
  padding: Padding = { mode: 'constant' },
): void {
  const length = size.reduce((a, b) => a * b, 1);
  const runs = size.map((n, d) => sourceRuns(volume.shape[d], start[d], n, padding.mode));
  const strides = lastAxisFastest(size);
  if (padding.mode === 'constant' && runs.some(([run], d) => run === undefined || run.n < size[d]))
    fillElements(out, padding.value ?? 0, at, at + length);
  for (const box of products(runs)) {
    const from = box.reduce((sum, { from: first }, d) => sum + first * volume.strides[d], 0);
    const to = box.reduce((sum, { to: first }, d) => sum + first * strides[d], at);
    const steps = box.map(({ step }, d) => step * volume.strides[d]);
    copyBox(box.map(({ n }) => n), { data: volume.data, at: from, strides: steps }, { data: out, at: to, strides }); // prettier-ignore
  }
}

/** Neighbouring indices of a box along one axis that stand for indices of the image in equal steps: 1 inside, -1 in a mirror, 0 on a repeated edge. */
interface Run {
  /** First index in the box. */
  to: number;
  /** First index in the image. */
  from: number;
  step: number;
  n: number;
}

/** Which indices of the image a box has along one axis. */
function sourceRuns(n: number, start: number, size: number, mode: Padding['mode']): Run[] {
  if (mode === 'constant') {
    const from = Math.max(start, 0);
    const count = Math.min(start + size, n) - from;
    return count > 0 ? [{ to: from - start, from, step: 1, n: count }] : [];
  }
  const runs: Run[] = [];
  for (let i = 0; i < size; i++) {
    const index = insideIndex(start + i, n, mode);
    const last = runs.at(-1);
    if (last?.n === 1) last.step = index - last.from;
    if (last && Math.abs(last.step) <= 1 && index === last.from + last.n * last.step) last.n++;
    else {
      if (last?.n === 1) last.step = 1;
      runs.push({ to: i, from: index, step: 1, n: 1 });
    }
  }
  return runs;
}

/** The index within an axis of `n` that stands for index `i` outside it. */
function insideIndex(i: number, n: number, mode: Exclude<Padding['mode'], 'constant'>): number {
  if (mode === 'replicate') return Math.min(Math.max(i, 0), n - 1);
  const period = mode === 'reflect' ? Math.max(2 * n - 2, 1) : mode === 'symmetric' ? 2 * n : n;
  const folded = ((i % period) + period) % period;
  if (folded < n) return folded;
  return mode === 'reflect' ? period - folded : period - 1 - folded;
}

/** Every choice of one run per axis. */
function products(axes: readonly Run[][]): Run[][] {
  return axes.reduce<Run[][]>((boxes, runs) => boxes.flatMap((box) => runs.map((run) => [...box, run])), [[]]);
}

/**
 * Adds a window in C order (axes as in `target.axes`) to the volume: the other way of `gather`. What lies outside the volume is dropped.
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

/** How many windows cover each index of an axis of `n`: for windows that start at `starts` and are `size` long. Counts of a grid of windows are the product of these. */
export function coverage(n: number, starts: readonly number[], size: number): Float64Array {
  const counts = new Float64Array(n);
  for (const start of starts) for (let i = Math.max(start, 0); i < Math.min(start + size, n); i++) counts[i]++;
  return counts;
}

/**
 * Divides every voxel of every channel by the product of its counts along X, Y[, Z]; where a count is zero the voxel becomes zero.
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

/** Divides every channel by one map of summed weights of the same spatial shape, into `out`; where the map is zero the voxel becomes zero. */
export function divideByWeights(volume: Volume<Float32Array>, sums: Volume<Float32Array>, out = volume): void {
  const perVoxel = [...volume.axes].map((letter) => (letter === 'C' ? 0 : sums.strides[sums.axes.indexOf(letter)]));
  const from = { data: volume.data, at: 0, strides: volume.strides };
  const divisors = { data: sums.data, at: 0, strides: perVoxel };
  const target = { data: out.data, at: 0, strides: out.strides };
  inPlanes(volume.shape, target, [from, divisors], ({ code, n, rows, at, steps }) =>
    code.divideRows(at[1], steps[1], at[2], steps[2], at[0], steps[0], n, rows),
  );
}
