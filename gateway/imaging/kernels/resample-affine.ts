import { allocate, channelCount, channelView, firstAxisFastest, spatialAxes, type Volume } from '../volume';

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
  const [lastX, lastY, lastZ] = shape.map((n) => n - 1);
  const [sx, sy, sz] = strides;
  const [a, b, c, d, e, f, g, h, p, q, r, s] = matrix;
  const shift = nearest ? 0.5 : 0;
  let at = 0;
  for (let k = 0; k < mz; k++) {
    for (let j = 0; j < my; j++) {
      const [baseX, baseY, baseZ] = [b * j + c * k + d, f * j + g * k + h, q * j + r * k + s];
      for (let i = 0; i < mx; i++) {
        const x = Math.min(Math.max(a * i + baseX, 0), lastX);
        const y = Math.min(Math.max(e * i + baseY, 0), lastY);
        const z = Math.min(Math.max(p * i + baseZ, 0), lastZ);
        const [x0, y0, z0] = [Math.floor(x + shift), Math.floor(y + shift), Math.floor(z + shift)];
        const from = x0 * sx + y0 * sy + z0 * sz;
        if (nearest) {
          out[at++] = data[from];
          continue;
        }
        const [u, v, w] = [x - x0, y - y0, z - z0];
        const dx = x0 < lastX ? sx : 0;
        const dy = y0 < lastY ? sy : 0;
        const dz = z0 < lastZ ? sz : 0;
        const near = mix(data[from], data[from + dx], u) * (1 - v) + mix(data[from + dy], data[from + dy + dx], u) * v;
        const far =
          mix(data[from + dz], data[from + dz + dx], u) * (1 - v) +
          mix(data[from + dz + dy], data[from + dz + dy + dx], u) * v;
        out[at++] = near * (1 - w) + far * w;
      }
    }
  }
}

function mix(low: number, high: number, weight: number): number {
  return low * (1 - weight) + high * weight;
}
