import { allocate, channelCount, channelView, spatialAxes, type Volume } from '../volume';
import { memoryOrder, stridesLike } from './layout';

/** For each sample of a resized axis the input samples it is the mean of: from `start` to before `end`. */
export interface AreaMap {
  start: Int32Array;
  end: Int32Array;
}

/** `n` samples to `m`: sample j is the mean of `floor(j * n / m)` to before `ceil((j + 1) * n / m)` (adaptive average pooling). */
export function areaMap(n: number, m: number): AreaMap {
  const map: AreaMap = { start: new Int32Array(m), end: new Int32Array(m) };
  for (let j = 0; j < m; j++) {
    map.start[j] = Math.floor((j * n) / m);
    map.end[j] = Math.ceil(((j + 1) * n) / m);
  }
  return map;
}

/**
 * Each output voxel is the plain mean of a box of input voxels, summed in float64 (`transforms.md` §7.2 `Resized`; torch's
 * `interpolate(mode='area')`). Memory order, affine and properties are kept.
 *
 * @param maps one per spatial axis, in the order of the array; axes without a map keep their samples
 */
export function resampleArea(volume: Volume, maps: readonly (AreaMap | undefined)[]): Volume<Float32Array> {
  const axes = spatialAxes(volume);
  const full = axes.map((d, n) => maps[n] ?? areaMap(volume.shape[d], volume.shape[d]));
  const shape = [...volume.shape];
  axes.forEach((d, n) => (shape[d] = full[n].start.length));
  const strides = stridesLike(volume, shape);
  const size = shape.reduce((a, b) => a * b, 1);
  const result: Volume<Float32Array> = { ...volume, data: allocate(Float32Array, size), shape, strides };
  const hasChannels = volume.axes.includes('C');
  for (let c = 0; c < channelCount(volume); c++) {
    const from = hasChannels ? channelView(volume, c) : volume;
    const to = hasChannels ? channelView(result, c) : result;
    averageChannel(from, to as Volume<Float32Array>, full);
  }
  return result;
}

const ONE: AreaMap = { start: new Int32Array(1), end: Int32Array.of(1) };

/** One channel, the axis that lies densest in the output innermost. */
function averageChannel(from: Volume, to: Volume<Float32Array>, maps: readonly AreaMap[]): void {
  const order = memoryOrder(to);
  const [mx, my = ONE, mz = ONE] = order.map((d) => maps[d]);
  const [sx, sy = 0, sz = 0] = order.map((d) => from.strides[d]);
  const [tx, ty = 0, tz = 0] = order.map((d) => to.strides[d]);
  const { data } = from;
  const out = to.data;
  for (let k = 0; k < mz.start.length; k++) {
    for (let j = 0; j < my.start.length; j++) {
      const rows = (mz.end[k] - mz.start[k]) * (my.end[j] - my.start[j]);
      for (let i = 0; i < mx.start.length; i++) {
        let sum = 0;
        for (let c = mz.start[k]; c < mz.end[k]; c++) {
          for (let b = my.start[j]; b < my.end[j]; b++) {
            const row = c * sz + b * sy;
            for (let a = mx.start[i]; a < mx.end[i]; a++) sum += data[row + a * sx];
          }
        }
        out[k * tz + j * ty + i * tx] = sum / (rows * (mx.end[i] - mx.start[i]));
      }
    }
  }
}
