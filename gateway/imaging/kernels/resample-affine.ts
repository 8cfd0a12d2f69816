import {
  allocate,
  channelCount,
  channelView,
  firstAxisFastest,
  spatialAxes,
  type NumericArray,
  type Volume,
} from '../volume';
import { perType } from './per-type';

/**
 * Samples a 3-D volume on any grid: output voxel (i, j, k) is taken at input position `matrix · (i, j, k, 1)`, clamped to the volume
 * (values outside repeat the edge). Trilinear, float64 arithmetic, float32 result; or the nearest voxel.
 *
 * For grids whose axes are those of the volume `resampleLinear` gives the same and is many times faster.
 *
 * @param matrix 3 rows of 4 numbers, voxel indices to voxel indices
 * @param target output lengths, order X, Y, Z
 * @returns spatial axes x fastest, channels slowest, axis letters in their places; affine and properties of the input
 */
export function resampleAffine(
  volume: Volume,
  matrix: readonly number[],
  target: readonly number[],
  nearest: boolean,
): Volume<Float32Array> {
  const axes = spatialAxes(volume);
  const size = target[0] * target[1] * target[2];
  const channels = channelCount(volume);
  const data = allocate(Float32Array, size * channels);
  const hasChannels = volume.axes.includes('C');
  for (let c = 0; c < channels; c++) {
    const one = hasChannels ? channelView(volume, c) : volume;
    sampleChannel(one, matrix, target, nearest, data.subarray(c * size, (c + 1) * size));
  }
  const steps = firstAxisFastest(target);
  const place = (spatial: readonly number[], channel: number) =>
    volume.shape.map((_, d) => (axes.includes(d) ? spatial[axes.indexOf(d)] : channel));
  return { ...volume, data, shape: place(target, channels), strides: place(steps, size) };
}

function sampleChannel(
  { data, shape, strides }: Volume,
  matrix: readonly number[],
  [mx, my, mz]: readonly number[],
  nearest: boolean,
  out: Float32Array,
): void {
  const last = shape.map((n) => n - 1);
  const [a, b, c, d, e, f, g, h, p, q, r, s] = matrix;
  const sampleRow = (nearest ? nearestRow : linearRow)(data);
  for (let k = 0, at = 0; k < mz; k++) {
    for (let j = 0; j < my; j++, at += mx) {
      const [x, y, z] = [b * j + c * k + d, f * j + g * k + h, q * j + r * k + s];
      sampleRow(data, strides, last, x, a, y, e, z, p, out, at, mx);
    }
  }
}

/** Samples at (x, y, z) + i · (dx, dy, dz); positions are clamped before they are cut to whole numbers, so that `| 0` is their floor. */
const nearestRow = perType(
  (
    data: NumericArray,
    [sx, sy, sz]: readonly number[],
    [lastX, lastY, lastZ]: readonly number[],
    x: number,
    dx: number,
    y: number,
    dy: number,
    z: number,
    dz: number,
    out: Float32Array,
    to: number,
    n: number,
  ) => {
    for (let i = 0; i < n; i++) {
      let atX = dx * i + x;
      let atY = dy * i + y;
      let atZ = dz * i + z;
      if (!(atX > 0)) atX = 0;
      else if (atX > lastX) atX = lastX;
      if (!(atY > 0)) atY = 0;
      else if (atY > lastY) atY = lastY;
      if (!(atZ > 0)) atZ = 0;
      else if (atZ > lastZ) atZ = lastZ;
      out[to + i] = data[((atX + 0.5) | 0) * sx + ((atY + 0.5) | 0) * sy + ((atZ + 0.5) | 0) * sz];
    }
  },
);

const linearRow = perType(
  (
    data: NumericArray,
    [sx, sy, sz]: readonly number[],
    [lastX, lastY, lastZ]: readonly number[],
    x: number,
    dx: number,
    y: number,
    dy: number,
    z: number,
    dz: number,
    out: Float32Array,
    to: number,
    n: number,
  ) => {
    for (let i = 0; i < n; i++) {
      let atX = dx * i + x;
      let atY = dy * i + y;
      let atZ = dz * i + z;
      if (!(atX > 0)) atX = 0;
      else if (atX > lastX) atX = lastX;
      if (!(atY > 0)) atY = 0;
      else if (atY > lastY) atY = lastY;
      if (!(atZ > 0)) atZ = 0;
      else if (atZ > lastZ) atZ = lastZ;
      const [x0, y0, z0] = [atX | 0, atY | 0, atZ | 0];
      const [u, v, w] = [atX - x0, atY - y0, atZ - z0];
      const [restU, restV] = [1 - u, 1 - v];
      // The steps to the upper neighbours; none at the last voxel.
      const toX = x0 < lastX ? sx : 0;
      const toY = y0 < lastY ? sy : 0;
      const p00 = x0 * sx + y0 * sy + z0 * sz;
      const p01 = p00 + toY;
      const p10 = z0 < lastZ ? p00 + sz : p00;
      const p11 = p10 + toY;
      const near = (data[p00] * restU + data[p00 + toX] * u) * restV + (data[p01] * restU + data[p01 + toX] * u) * v;
      const far = (data[p10] * restU + data[p10 + toX] * u) * restV + (data[p11] * restU + data[p11 + toX] * u) * v;
      out[to + i] = near * (1 - w) + far * w;
    }
  },
);
