import { allocate, channelCount, channelView, spatialAxes, type NumericArray, type Volume } from '../volume';
import { memoryOrder, stridesLike } from './layout';
import { perType } from './per-type';

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
 * Each output voxel is the plain mean of a box of input voxels, summed in float64 along one axis after the other (`transforms.md` §7.2
 * `Resized`; torch's `interpolate(mode='area')`). Memory order, affine and properties are kept.
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

/**
 * One channel, the axis that lies densest in the output innermost. Each input row is summed once, though boxes share their edges: the sums of
 * the last row and of the last plane are kept for the next box.
 */
function averageChannel({ data, strides }: Volume, to: Volume<Float32Array>, maps: readonly AreaMap[]): void {
  const order = memoryOrder(to);
  const [mx, my = ONE, mz = ONE] = order.map((d) => maps[d]);
  const [sx, sy = 0, sz = 0] = order.map((d) => strides[d]);
  const [tx, ty = 0, tz = 0] = order.map((d) => to.strides[d]);
  const [nx, ny, nz] = [mx.start.length, my.start.length, mz.start.length];
  const [row, plane, sum] = [new Float64Array(nx), new Float64Array(nx * ny), new Float64Array(nx * ny)];
  const sumAlongRow = sumRow(data);
  let madeRow = -1;
  let madePlane = -1;
  for (let k = 0; k < nz; k++) {
    sum.fill(0);
    for (let c = mz.start[k]; c < mz.end[k]; c++) {
      if (madePlane !== c) sumPlane(c);
      for (let i = 0; i < sum.length; i++) sum[i] += plane[i];
    }
    for (let j = 0; j < ny; j++) {
      const rows = (mz.end[k] - mz.start[k]) * (my.end[j] - my.start[j]);
      storeMeans(sum, j * nx, mx, rows, to.data, k * tz + j * ty, tx);
    }
  }

  function sumPlane(c: number) {
    madePlane = c;
    plane.fill(0);
    for (let j = 0; j < ny; j++) {
      for (let b = my.start[j]; b < my.end[j]; b++) {
        const at = c * sz + b * sy;
        if (madeRow !== at) sumAlongRow(data, (madeRow = at), sx, mx.start, mx.end, row);
        for (let i = 0; i < nx; i++) plane[j * nx + i] += row[i];
      }
    }
  }
}

const sumRow = perType(
  (data: NumericArray, at: number, step: number, start: Int32Array, end: Int32Array, sums: Float64Array) => {
    for (let i = 0; i < sums.length; i++) {
      let sum = 0;
      for (let a = start[i]; a < end[i]; a++) sum += data[at + a * step];
      sums[i] = sum;
    }
  },
);

function storeMeans(
  sums: Float64Array,
  from: number,
  { start, end }: AreaMap,
  rows: number,
  out: Float32Array,
  to: number,
  step: number,
): void {
  for (let i = 0; i < start.length; i++) out[to + i * step] = sums[from + i] / (rows * (end[i] - start[i]));
}
