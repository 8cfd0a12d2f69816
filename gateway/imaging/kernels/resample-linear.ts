import { allocate, channelCount, channelView, spatialAxes, type NumericArray, type Volume } from '../volume';
import type { LinearMap } from './axis-maps';
import { memoryOrder, stridesLike } from './layout';
import { perType } from './per-type';

/**
 * Linear interpolation along each spatial axis with its own map; axes without one keep their samples.
 *
 * Arithmetic is float64 and rounded once, when the float32 result is stored. Work is done plane by plane with two rows and two
 * planes of scratch, in the order the voxels lie in memory; the result keeps that order. Affine and properties are kept as they are.
 *
 * @param maps one per spatial axis, order X, Y[, Z]
 */
export function resampleLinear(volume: Volume, maps: readonly (LinearMap | undefined)[]): Volume<Float32Array> {
  const axes = spatialAxes(volume);
  const shape = [...volume.shape];
  axes.forEach((d, n) => (shape[d] = maps[n]?.below.length ?? shape[d]));
  const strides = stridesLike(volume, shape);
  const data = allocate(
    Float32Array,
    shape.reduce((a, b) => a * b, 1),
  );
  const result: Volume<Float32Array> = { ...volume, data, shape, strides };

  const identity = axes.map((d, n) => maps[n] ?? identityMap(volume.shape[d]));
  const hasChannels = volume.axes.includes('C');
  for (let c = 0; c < channelCount(volume); c++) {
    const from = hasChannels ? channelView(volume, c) : volume;
    const to = hasChannels ? channelView(result, c) : result;
    const order = memoryOrder(to);
    const pick = <T>(list: readonly T[], rest: T): [T, T, T] => {
      const [x = rest, y = rest, z = rest] = order.map((d) => list[d]);
      return [x, y, z];
    };
    const maps3 = pick(identity, identityMap(1));
    resampleChannel(from.data, pick(from.strides, 0), maps3, to.data as Float32Array, pick(to.strides, 0));
  }
  return result;
}

function identityMap(n: number): LinearMap {
  const indices = Int32Array.from({ length: n }, (_, j) => j);
  return { below: indices, above: indices, weight: new Float64Array(n) };
}

type Three<T> = readonly [T, T, T];

/** One channel; axis 0 is the fastest of the result. Rows and planes made for one output sample serve the next one too. */
function resampleChannel(
  data: NumericArray,
  step: Three<number>,
  maps: Three<LinearMap>,
  out: Float32Array,
  outStep: Three<number>,
) {
  const [mx, my, mz] = maps;
  const [nx, ny, nz] = [mx.below.length, my.below.length, mz.below.length];
  const below = mx.below.map((i) => i * step[0]);
  const above = mx.above.map((i) => i * step[0]);
  const interpolate = interpolateRow(data);
  const rows = cached(nx, (row, at) => interpolate(data, at, below, above, mx.weight, row));
  for (let k = 0, planes = cached(nx * ny, fillPlane); k < nz; k++) {
    const weight = mz.weight[k];
    const low = planes(mz.below[k] * step[2]);
    const high = weight === 0 ? low : planes(mz.above[k] * step[2]);
    for (let j = 0; j < ny; j++) {
      blendInto(low, high, j * nx, weight, out, k * outStep[2] + j * outStep[1], outStep[0], nx);
    }
  }

  function fillPlane(plane: Float64Array, at: number) {
    for (let j = 0; j < ny; j++) {
      const weight = my.weight[j];
      const low = rows(at + my.below[j] * step[1]);
      const high = weight === 0 ? low : rows(at + my.above[j] * step[1]);
      blend(low, high, weight, plane, j * nx, nx);
    }
  }
}

/** Keeps the two buffers that `fill` made last, by the offset they were made for. */
function cached(length: number, fill: (buffer: Float64Array, at: number) => void) {
  const buffers = [new Float64Array(length), new Float64Array(length)];
  const made = [-1, -1];
  let oldest = 0;
  return (at: number): Float64Array => {
    if (made[0] === at || made[1] === at) {
      oldest = made[0] === at ? 1 : 0;
      return buffers[1 - oldest];
    }
    const slot = oldest;
    fill(buffers[slot], at);
    made[slot] = at;
    oldest = 1 - slot;
    return buffers[slot];
  };
}

const interpolateRow = perType(
  (data: NumericArray, at: number, below: Int32Array, above: Int32Array, weight: Float64Array, row: Float64Array) => {
    for (let i = 0; i < row.length; i++) {
      const w = weight[i];
      const low = data[at + below[i]];
      row[i] = w === 0 ? low : low * (1 - w) + data[at + above[i]] * w;
    }
  },
);

function blend(low: Float64Array, high: Float64Array, weight: number, out: Float64Array, at: number, length: number) {
  const rest = 1 - weight;
  if (weight === 0) out.set(low, at);
  else for (let i = 0; i < length; i++) out[at + i] = low[i] * rest + high[i] * weight;
}

function blendInto(
  low: Float64Array,
  high: Float64Array,
  from: number,
  weight: number,
  out: Float32Array,
  at: number,
  step: number,
  length: number,
) {
  const rest = 1 - weight;
  if (weight === 0) for (let i = 0; i < length; i++) out[at + i * step] = low[from + i];
  else for (let i = 0; i < length; i++) out[at + i * step] = low[from + i] * rest + high[from + i] * weight;
}
