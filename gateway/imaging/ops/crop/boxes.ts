import { applyAffine, withOrigin } from '../../geometry';
import { allocateLike } from '../copy/blocks';
import { clearBox, copyBox } from '../../simd/copy';
import type { Part } from '../../simd/planes';
import { lastAxisFastest, sizeOf, type NumericArray, type Volume } from '../../volume';
import { gather, type Padding } from '../copy/windows';

/** A part of a grid: first index and length per axis. */
export interface Box {
  start: readonly number[];
  size: readonly number[];
}

/**
 * Cuts a box into boxes of at most `most` elements, which cover it without overlap. The axes in `order` are cut one after the other, each to
 * single indices before the next; give those that lie widest apart in memory first.
 */
export function* pieces({ start, size }: Box, most: number, order: readonly number[]): Generator<Box> {
  const step = [...size];
  for (const d of order) {
    const elements = step.reduce((product, length) => product * length, 1);
    if (elements > most) step[d] = Math.max(1, Math.floor((step[d] * most) / elements));
  }
  const offset = start.map(() => 0);
  for (let d = 0; d < size.length;) {
    yield {
      start: start.map((first, axis) => first + offset[axis]),
      size: step.map((length, axis) => Math.min(length, size[axis] - offset[axis])),
    };
    for (d = 0; d < size.length; d++) {
      offset[d] += step[d];
      if (offset[d] < size[d]) break;
      offset[d] = 0;
    }
  }
}

/** The voxels of a box, where they lie: nothing is copied. The box must lie inside the volume; one number per axis, channels included. */
export function viewOf<T extends NumericArray>(volume: Volume<T>, { start, size }: Box): Volume<T> {
  const at = start.reduce((sum, first, d) => sum + first * volume.strides[d], 0);
  return { ...volume, data: volume.data.subarray(at) as T, shape: size };
}

/** Writes the voxels of `source` over those of `target`, a volume or a view of the same axes and shape; converted where the voxel type is another. */
export function copyInto(source: Volume, target: Volume): void {
  copyBox(target.shape, partOf(source), partOf(target));
}

/** Makes every voxel of a volume, or of a view, zero. */
export function clear(volume: Volume): void {
  clearBox(volume.shape, partOf(volume));
}

const partOf = ({ data, strides }: Volume): Part => ({ data, at: 0, strides });

/**
 * A box of a volume: cropped where it lies inside, padded where it reaches beyond. The affine moves along, so that every voxel stays where
 * it is in the world.
 * @param start first index per axis of the volume, channel axis included; may be negative or beyond the volume
 * @param size length per axis
 * @returns last axis fastest; the volume itself when the box is all of it
 */
export function cutBox(
  volume: Volume,
  start: readonly number[],
  size: readonly number[],
  padding: Padding = { mode: 'constant' },
): Volume {
  if (start.every((first, d) => first === 0 && size[d] === volume.shape[d])) return volume;
  const data = allocateLike(volume.data, sizeOf(size));
  gather(volume, start, size, data, 0, padding);
  const shift = [...'XYZ'].map((letter) => start[volume.axes.indexOf(letter)] ?? 0);
  const affine = volume.affine && withOrigin(volume.affine, applyAffine(volume.affine, shift));
  return { ...volume, data, shape: [...size], strides: lastAxisFastest(size), affine };
}
