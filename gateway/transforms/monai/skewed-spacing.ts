import { applyAffine, invert, multiply, spacingOf } from '../../imaging/affine';
import { roundHalfEven } from '../../imaging/kernels/axis-maps';
import type { Padding } from '../../imaging/kernels/gather';
import { resampleAffine } from '../../imaging/kernels/resample-affine';
import { resampleAffinePadded } from '../../imaging/kernels/resample-affine-padded';
import { channelCount, spatialShape, type Affine, type Volume } from '../../imaging/volume';
import { checkVoxels } from '../../imaging/voxel-limit';

/** Cosine between two voxel axes above which they are not at right angles: float32 headers make about 1e-6. */
const SKEW = 1e-4;

/** How a turned or sheared grid is sampled. */
export interface SamplingOptions {
  nearest: boolean;
  padding: Padding['mode'];
  /** Corners on corners, as MONAI has `align_corners` from 1.0 on. */
  stretched: boolean;
}

/** True when the voxel axes are not at right angles (a tilted gantry), so that axes cannot be resampled one by one. */
export function isSkewed(affine: Affine): boolean {
  const spacing = spacingOf(affine);
  const cosine = (a: number, b: number) =>
    [0, 4, 8].reduce((sum, row) => sum + affine[row + a] * affine[row + b], 0) / (spacing[a] * spacing[b]);
  return [cosine(0, 1), cosine(0, 2), cosine(1, 2)].some((value) => Math.abs(value) > SKEW);
}

/**
 * Resamples a sheared volume to right angles: the axes are made orthonormal in their order (Gram-Schmidt, which is what MONAI's Cholesky
 * factor amounts to) and get the wanted lengths; the origin stays. The new grid is as long as the old corners reach
 * (`transforms.md` §7.2 M, "with shear").
 *
 * @param target mm per axis
 */
export function resampleSkewed(volume: Volume, affine: Affine, target: readonly number[], options: SamplingOptions): Volume {
  return resampleOnto(volume, affine, orthogonalGrid(affine, target), options);
} // prettier-ignore

/**
 * Resamples to a grid along the axes of the world (MONAI's `diagonal`), directions and all: its origin is the corner of the volume that is
 * smallest along all axes, or the last corner where none is (`compute_shape_offset`).
 *
 * @param target mm per axis
 */
export function resampleAlongWorld(volume: Volume, affine: Affine, target: readonly number[], options: SamplingOptions): Volume {
  const corners = cornersOf(volume).map((corner) => applyAffine(affine, corner));
  const low = [0, 1, 2].map((d) => Math.min(...corners.map((corner) => corner[d])));
  const isLowest = (corner: number[]) => corner.every((value, d) => Math.abs(value - low[d]) <= 1e-8 * target[d]);
  const origin = corners.find(isLowest) ?? corners[7];
  const grid = Array.from({ length: 16 }, (_, i) => (i === 15 ? 1 : i % 5 === 0 ? target[i / 5] : i % 4 === 3 ? origin[(i - 3) / 4] : 0));
  return resampleOnto(volume, affine, grid, options);
} // prettier-ignore

/** As long as the old corners reach along the axes of the new grid. */
function resampleOnto(volume: Volume, affine: Affine, grid: Affine, options: SamplingOptions): Volume {
  const toNew = multiply(invert(grid), affine);
  const corners = cornersOf(volume).map((corner) => applyAffine(toNew, corner));
  const shape = [0, 1, 2].map((d) => {
    const along = corners.map((corner) => corner[d]);
    return Math.max(1, roundHalfEven(Math.max(...along) - Math.min(...along) + 1));
  });
  checkVoxels(spatialShape(volume), shape, channelCount(volume));
  const toOld = multiply(invert(affine), grid);
  return { ...sampleThrough(volume, toOld, shape, options), affine: grid };
}

/** Samples the volume where `matrix` (4 x 4, voxels to voxels) says, beyond its edge as the padding says. */
export function sampleThrough(volume: Volume, matrix: Affine, shape: readonly number[], { nearest, padding, stretched }: SamplingOptions): Volume {
  const rows = (stretched ? withCornersOnCorners(matrix, spatialShape(volume), shape) : matrix).slice(0, 12);
  if (padding === 'replicate') return resampleAffine(volume, rows, shape, nearest);
  if (padding === 'wrap') throw new Error('a sheared grid cannot be padded by wrapping');
  return resampleAffinePadded(volume, rows, shape, nearest, padding);
} // prettier-ignore

/** Voxel indices of the eight corners in C order: the last axis changes first. */
function cornersOf(volume: Volume): number[][] {
  const last = spatialShape(volume).map((n) => n - 1);
  return Array.from({ length: 8 }, (_, n) => last.map((end, d) => ((n >> (2 - d)) & 1) * end));
}

/**
 * What MONAI from 1.0 on makes of a matrix when `align_corners` is set: it scales the matrix for grids that lie between the edges of the outer
 * voxels, and then spreads both grids between their middles. Index j of n stands for `j * n / (n - 1) - 0.5` of the new grid, and of the old
 * one the other way round.
 */
function withCornersOnCorners(matrix: Affine, from: readonly number[], to: readonly number[]): Affine {
  const spread = to.map((m) => (m > 1 ? m / (m - 1) : 0));
  const begin = to.map((m) => (m > 1 ? -0.5 : (m - 1) / 2));
  return matrix.map((_, i) => {
    const [row, column] = [i >> 2, i % 4];
    if (row === 3) return matrix[i];
    const shrink = (from[row] - 1) / from[row];
    if (column < 3) return shrink * matrix[i] * spread[column];
    const start = begin.reduce((sum, at, d) => sum + matrix[4 * row + d] * at, matrix[i]);
    return shrink * (start + 0.5);
  });
}

function orthogonalGrid(affine: Affine, target: readonly number[]): Affine {
  const axes: number[][] = [];
  for (let d = 0; d < 3; d++) {
    let column = [affine[d], affine[4 + d], affine[8 + d]];
    for (const axis of axes) {
      const along = dot(column, axis);
      column = column.map((value, row) => value - along * axis[row]);
    }
    const length = Math.sqrt(dot(column, column));
    axes.push(column.map((value) => value / length));
  }
  return affine.map((value, i) => (i < 12 && i % 4 < 3 ? axes[i % 4][Math.floor(i / 4)] * target[i % 4] : value));
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}
