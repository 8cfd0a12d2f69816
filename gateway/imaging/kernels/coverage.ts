import type { Volume } from '../volume';

/** How many windows cover each index of an axis of `n`: for windows that start at `starts` and are `size` long. Counts of a grid of windows are the product of these. */
export function coverage(n: number, starts: readonly number[], size: number): Float64Array {
  const counts = new Float64Array(n);
  for (const start of starts) for (let i = Math.max(start, 0); i < Math.min(start + size, n); i++) counts[i]++;
  return counts;
}

/** Divides every voxel of every channel, in place, by the product of its counts along X, Y[, Z]. */
export function divideByCoverage(volume: Volume<Float32Array>, counts: readonly Float64Array[]): void {
  const { axes, data, shape, strides } = volume;
  const along = (letter: string) => ({ n: shape[axes.indexOf(letter)] ?? 1, s: strides[axes.indexOf(letter)] ?? 0 });
  const [c, x, y, z] = [along('C'), along('X'), along('Y'), along('Z')];
  const [countX, countY, countZ = new Float64Array([1])] = counts;
  for (let ci = 0; ci < c.n; ci++) {
    for (let k = 0; k < z.n; k++) {
      for (let j = 0; j < y.n; j++) {
        const row = ci * c.s + k * z.s + j * y.s;
        const factor = countY[j] * countZ[k];
        for (let i = 0; i < x.n; i++) data[row + i * x.s] /= factor * countX[i];
      }
    }
  }
}

/** Divides every channel, in place, by one map of summed weights of the same spatial shape; where the map is zero the voxel becomes zero. */
export function divideByWeights(volume: Volume<Float32Array>, sums: Volume<Float32Array>): void {
  const along = ({ axes, shape, strides }: Volume) =>
    [...'CXYZ'].map((letter) => ({ n: shape[axes.indexOf(letter)] ?? 1, s: strides[axes.indexOf(letter)] ?? 0 }));
  const [c, x, y, z] = along(volume);
  const [, sx, sy, sz] = along(sums);
  for (let ci = 0; ci < c.n; ci++) {
    for (let k = 0; k < z.n; k++) {
      for (let j = 0; j < y.n; j++) {
        const row = ci * c.s + k * z.s + j * y.s;
        divideRow(volume.data, row, x.s, sums.data, k * sz.s + j * sy.s, sx.s, x.n);
      }
    }
  }
}

function divideRow(
  data: Float32Array,
  row: number,
  step: number,
  sums: Float32Array,
  sumRow: number,
  sumStep: number,
  n: number,
): void {
  for (let i = 0; i < n; i++) {
    const sum = sums[sumRow + i * sumStep];
    data[row + i * step] = sum === 0 ? 0 : data[row + i * step] / sum;
  }
}
