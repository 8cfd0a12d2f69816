import type { Affine, Volume } from '../../volume';
import { linearMap } from '../resample/axis-maps';
import { resampleLinear } from '../resample/resample-linear';
import { clear, viewOf } from './boxes';

/** DExtr3D clients' crop around extreme points, resampled to the network's size and put back; arrays are in the order of the volume's axes. */
export interface PointBox {
  low: number[];
  /** One after the last voxel; never the last voxel of the image, as in the clients. */
  high: number[];
}

/** The box of the points with `padding` mm around, inside the image. Empty along an axis when all points lie beyond it. */
export function boxAroundPoints(
  points: readonly (readonly number[])[],
  padding: number,
  spacing: readonly number[],
  shape: readonly number[],
): PointBox {
  const voxels = spacing.map((mm) => Math.trunc(padding / mm));
  const along = (d: number) => points.map((point) => point[d]);
  return {
    low: shape.map((_, d) => Math.max(Math.min(...along(d)) - voxels[d], 0)),
    high: shape.map((n, d) => Math.min(Math.max(...along(d)) + voxels[d], n - 1)),
  };
}

/**
 * The voxels of the box at another size, first voxel on first voxel: sample j is taken at `j * n / m`, linearly; more than half a voxel
 * after the last one there is 0 (ITK's resampling with default values). The affine goes along.
 */
export function cropResampled(volume: Volume, { low, high }: PointBox, size: readonly number[]): Volume<Float32Array> {
  const shape = low.map((first, d) => high[d] - first);
  const resampled = resampleLinear(viewOf(volume, { start: low, size: shape }), shape.map((n, d) => linearMap(n, size[d], (j) => (j * n) / size[d])));
  shape.forEach((n, d) => {
    const beyond = Array.from({ length: size[d] }, (_, j) => (j * n) / size[d]).findIndex((at) => at > n - 0.5);
    if (beyond < 0) return;
    const start = size.map((_, axis) => (axis === d ? beyond : 0));
    clear(viewOf(resampled, { start, size: size.map((length, axis) => length - start[axis]) }));
  });
  return { ...resampled, affine: volume.affine && croppedAffine(volume.affine, low, shape, size) };
} // prettier-ignore

/** For every index of an axis of length `length` the sample of a result with `n` samples over the box, nearest, or -1 outside. */
export function pasteMap(low: number, high: number, n: number, length: number): Int32Array {
  return Int32Array.from({ length }, (_, index) => {
    if (index < low || index >= high) return -1;
    const at = Math.floor(((index - low) * n) / (high - low) + 0.5);
    return at < n ? at : -1;
  });
}

function croppedAffine(
  affine: Affine,
  low: readonly number[],
  shape: readonly number[],
  size: readonly number[],
): Affine {
  return affine.map((value, at) => {
    const [row, column] = [Math.floor(at / 4) * 4, at % 4];
    if (at >= 12) return value;
    return column < 3
      ? (value * shape[column]) / size[column]
      : value + low.reduce((sum, first, d) => sum + first * affine[row + d], 0);
  });
}
