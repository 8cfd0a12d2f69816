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

/** Rows of the result made at a time: two bands of planes stay in the cache. */
const BAND = 16;

/** One channel; axis 0 is the fastest of the result. Rows and planes made for one output sample serve the next one too. */
function resampleChannel(
  data: NumericArray,
  step: Three<number>,
  [mx, my, mz]: Three<LinearMap>,
  out: Float32Array,
  outStep: Three<number>,
) {
  const [nx, ny, nz] = [mx.below.length, my.below.length, mz.below.length];
  const makeRow = rowMaker(data, mx, step[0]);
  for (let from = 0; from < ny; from += BAND) {
    const count = Math.min(BAND, ny - from);
    const rows = cached(nx, makeRow);
    const planes = cached(nx * count, (band, at) => fillBand(band, at, from, count, rows));
    for (let k = 0; k < nz; k++) {
      const weight = mz.weight[k];
      const low = planes(mz.below[k] * step[2]);
      const high = weight === 0 ? low : planes(mz.above[k] * step[2]);
      for (let j = 0; j < count; j++) {
        blendInto(low, high, j * nx, weight, out, k * outStep[2] + (from + j) * outStep[1], outStep[0], nx);
      }
    }
  }

  function fillBand(band: Float64Array, at: number, from: number, count: number, rows: (at: number) => Float64Array) {
    for (let j = 0; j < count; j++) {
      const weight = my.weight[from + j];
      const low = rows(at + my.below[from + j] * step[1]);
      const high = weight === 0 ? low : rows(at + my.above[from + j] * step[1]);
      blend(low, high, weight, band, j * nx, nx);
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

/** Fills a row with the samples along x of the input row that begins at an offset. */
function rowMaker(data: NumericArray, { below, weight }: LinearMap, step: number) {
  if (weight.every((w) => w === 0)) {
    const [offsets, pick] = [below.map((i) => i * step), pickRow(data)];
    return (row: Float64Array, at: number) => pick(data, at, offsets, row);
  }
  // The last voxel has no upper neighbour: it is the upper neighbour of the one before, with all the weight.
  const last = below.reduce((a, b) => Math.max(a, b));
  const isLast = (j: number) => below[j] === last && last > 0 && weight[j] === 0;
  const offsets = below.map((i, j) => (isLast(j) ? i - 1 : i) * step);
  const weights = weight.map((w, j) => (isLast(j) ? 1 : w));
  const interpolate = interpolateRow(data);
  return (row: Float64Array, at: number) => interpolate(data, at, offsets, step, weights, row);
}

const pickRow = perType((data: NumericArray, at: number, offsets: Int32Array, row: Float64Array) => {
  for (let i = 0; i < row.length; i++) row[i] = data[at + offsets[i]];
});

const interpolateRow = perType(
  (data: NumericArray, at: number, offsets: Int32Array, step: number, weights: Float64Array, row: Float64Array) => {
    for (let i = 0; i < row.length; i++) {
      const from = at + offsets[i];
      const w = weights[i];
      row[i] = data[from] * (1 - w) + data[from + step] * w;
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
