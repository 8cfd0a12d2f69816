import {
  allocate,
  channelCount,
  channelView,
  firstAxisFastest,
  reorderAxes,
  sizeOf,
  spatialAxes,
  type Axes,
  type NumericArray,
  type Volume,
} from '../volume';
import { memoryOrder, stridesLike } from './layout';
import { perType } from './per-type';
import { copyStrided } from './strided-copy';

type Three<T> = readonly [T, T, T];

/**
 * Picks for every output voxel one input voxel: sample `j` of an axis is input sample `maps[axis][j]`. Axes without a map keep theirs.
 * Values and their type are unchanged; affine and properties stay as they are. The result keeps the order of the axes in memory, unless it is
 * larger than the volume: then it lies in file order, since whoever needs that has the least to transpose before the voxels multiply.
 *
 * @param maps one per spatial axis, order X, Y[, Z]
 */
export function resampleNearest<T extends NumericArray>(
  given: Volume<T>,
  maps: readonly (Int32Array | undefined)[],
): Volume<T> {
  const volume = grows(given, maps) ? inFileOrder(given) : given;
  const axes = spatialAxes(volume);
  const shape = [...volume.shape];
  axes.forEach((d, n) => (shape[d] = maps[n]?.length ?? shape[d]));
  const strides = stridesLike(volume, shape);
  const type = volume.data.constructor as Parameters<typeof allocate<T>>[0];
  const result: Volume<T> = {
    ...volume,
    data: allocate(
      type,
      shape.reduce((a, b) => a * b, 1),
    ),
    shape,
    strides,
  };

  const full = axes.map((d, n) => maps[n] ?? Int32Array.from({ length: volume.shape[d] }, (_, j) => j));
  const hasChannels = volume.axes.includes('C');
  for (let c = 0; c < channelCount(volume); c++) {
    const from = hasChannels ? channelView(volume, c) : volume;
    const to = hasChannels ? channelView(result, c) : result;
    const order = memoryOrder(to);
    const offsets = order.map((d) => full[d].map((i) => i * from.strides[d]));
    const [x, y = new Int32Array(1), z = new Int32Array(1)] = offsets;
    const [sx, sy = 0, sz = 0] = order.map((d) => to.strides[d]);
    pickRows(from.data, [x, y, z], to.data, [sx, sy, sz]);
  }
  return result;
}

function grows(volume: Volume, maps: readonly (Int32Array | undefined)[]): boolean {
  const lengths = spatialAxes(volume).map((d, n) => maps[n]?.length ?? volume.shape[d]);
  return sizeOf(lengths) * channelCount(volume) > sizeOf(volume.shape);
}

/** X fastest, then Y, Z, and channels slowest: the volume itself when it lies so. */
function inFileOrder<T extends NumericArray>(volume: Volume<T>): Volume<T> {
  const letters = [...volume.axes].filter((axis) => axis !== 'C').sort();
  const ordered = reorderAxes(volume, (letters.join('') + (volume.axes.includes('C') ? 'C' : '')) as Axes);
  const wanted = firstAxisFastest(ordered.shape);
  if (ordered.shape.every((length, d) => length === 1 || ordered.strides[d] === wanted[d])) return volume;
  const data = copyStrided(volume.data, 0, ordered.shape, ordered.strides);
  return reorderAxes({ ...ordered, data, strides: wanted }, volume.axes) as Volume<T>;
}

/** One channel, x being the fastest axis of the result; rows that come from the same row are copied from the first of them. */
function pickRows(
  data: NumericArray,
  [x, y, z]: Three<Int32Array>,
  out: NumericArray,
  [sx, sy, sz]: Three<number>,
): void {
  const pick = pickRow(data);
  for (let k = 0; k < z.length; k++) {
    const plane = k * sz;
    if (k > 0 && z[k] === z[k - 1] && sx === 1 && sy === x.length && sz === sy * y.length) {
      out.copyWithin(plane, plane - sz, plane);
      continue;
    }
    for (let j = 0; j < y.length; j++) {
      const to = plane + j * sy;
      if (sx === 1 && j > 0 && y[j] === y[j - 1]) out.copyWithin(to, to - sy, to - sy + x.length);
      else pick(data, z[k] + y[j], x, out, to, sx);
    }
  }
}

const pickRow = perType(
  (data: NumericArray, from: number, offsets: Int32Array, out: NumericArray, to: number, step: number) => {
    for (let i = 0; i < offsets.length; i++) out[to + i * step] = data[from + offsets[i]];
  },
);
