import { roundToHalf } from '../../../half';

const { min, max, floor, ceil } = Math;

/** The largest (or least) of `width` neighbours along one axis, those beyond the array left out. In place; `step` elements apart. */
export function poolLine(values: Float32Array | Uint8Array, at: number, step: number, n: number, width: number, least: boolean, line: Float32Array): void {
  const r = (width - 1) / 2;
  for (let i = 0; i < n; i++) line[i] = values[at + i * step];
  for (let i = 0; i < n; i++) {
    const to = min(n - 1, i + r);
    let best = line[max(0, i - r)];
    for (let j = max(0, i - r) + 1; j <= to; j++) if (least ? line[j] < best : line[j] > best) best = line[j];
    values[at + i * step] = best;
  }
} // prettier-ignore

/** Pools a volume in C order with a cube of `width` voxels, stride 1; the cube ends where the volume ends. In place. */
export function poolCube(values: Float32Array | Uint8Array, [nx, ny, nz]: readonly number[], width: number, least = false): void {
  const line = new Float32Array(max(nx, ny, nz));
  for (let x = 0; x < nx; x++) {
    for (let y = 0; y < ny; y++) poolLine(values, (x * ny + y) * nz, 1, nz, width, least, line);
    for (let z = 0; z < nz; z++) poolLine(values, x * ny * nz + z, nz, ny, width, least, line);
  }
  for (let at = 0; at < ny * nz; at++) poolLine(values, at, ny * nz, nx, width, least, line);
} // prettier-ignore

/** Half-open range of input voxels of each output voxel, as torch's adaptive pooling has them. */
export const windowsOf = (from: number, to: number): (readonly [number, number])[] =>
  Array.from({ length: to }, (_, n) => [floor((n * from) / to), ceil(((n + 1) * from) / to)] as const);

/**
 * Sums and means of half precision, in the order and with the roundings of torch 2.14 on the CPU (`interpolate(mode="area")` of float16): each sum is a
 * half, and the mean is made by one division per axis.
 */
export class HalfMeans {
  /** Of n equal numbers, by the number. */
  private readonly known = new Map<number, number[]>();

  /** Zeros may be left out of a sum. */
  sumOfEqual(value: number, n: number): number {
    const sums = this.known.get(value) ?? [0];
    if (sums.length === 1) this.known.set(value, sums);
    while (sums.length <= n) sums.push(roundToHalf(sums[sums.length - 1] + value));
    return sums[n];
  }

  mean(sum: number, [nx, ny, nz]: readonly [number, number, number]): number {
    return roundToHalf(roundToHalf(roundToHalf(sum / nx) / ny) / nz);
  }
}
