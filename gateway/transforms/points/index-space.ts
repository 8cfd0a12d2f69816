import { ioOrientation } from '../../imaging/geometry';
import { spatialShape, type Volume } from '../../imaging/volume';
import type { BoxStep } from '../grid/clara-crops';

/**
 * Voxel indices are spoken of in three grids: the file's (what clients send and show), the loaded image's (the same, or reoriented to
 * canonical axes) and the current one (resampled). These functions go between them. Points are lists in the order of the array's axes.
 */

/** Point of the current grid, `boxes` after loading, -> the voxel of the file that holds its middle (choice A11 of the reference). */
export function toFileIndex(
  point: readonly number[],
  current: readonly number[],
  loaded: Volume,
  boxes: readonly BoxStep[] = [],
): number[] {
  const shape = loadedShape(loaded);
  const scaled = point.map((p, d) => {
    let [middle, length] = [p + 0.5, current[d]];
    for (const { start, from, to } of [...boxes].reverse()) {
      middle = (middle * to[d]) / length + start[d];
      length = from[d];
    }
    return clamp(Math.floor((middle * shape[d]) / length), shape[d]);
  });
  return permute(scaled, shape, loaded, 'to-file');
}

/** Index in the file -> point of the current grid: times current / original, cut down (choice A20). */
export function fromFileIndex(
  point: readonly number[],
  current: readonly number[],
  loaded: Volume,
  boxes: readonly BoxStep[] = [],
): number[] {
  return permute(point, loadedShape(loaded), loaded, 'from-file').map((p, d) => {
    let [place, length] = [p, loadedShape(loaded)[d]];
    for (const { start, from, to } of boxes) {
      place = (place * from[d]) / length - start[d];
      length = to[d];
    }
    return Math.trunc((place * current[d]) / length);
  });
}

function loadedShape(volume: Volume): readonly number[] {
  return volume.properties.originalShape ?? spatialShape(volume);
}

const clamp = (index: number, length: number) => Math.min(Math.max(index, 0), length - 1);

/** Undoes, or repeats, canonical loading. Pictures (two axes, no affine) are rows first in the array, while clients speak of [x, y]. */
function permute(
  point: readonly number[],
  shape: readonly number[],
  volume: Volume,
  way: 'to-file' | 'from-file',
): number[] {
  const { asCanonical, originalAffine, columnsFirst } = volume.properties;
  if (point.length === 2 && !originalAffine && !columnsFirst) return [...point].reverse();
  if (!asCanonical || !originalAffine) return [...point];
  const orientation = ioOrientation(originalAffine).slice(0, point.length);
  const mirror = (index: number, axis: number, sign: number) => (sign < 0 ? shape[axis] - 1 - index : index);
  if (way === 'to-file') return orientation.map(({ axis, sign }) => mirror(point[axis], axis, sign));
  const canonical = new Array<number>(point.length);
  orientation.forEach(({ axis, sign }, d) => (canonical[axis] = mirror(point[d], axis, sign)));
  return canonical;
}
