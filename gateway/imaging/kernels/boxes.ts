import { type NumericArray, type Volume } from '../volume';
import { memoryOrder } from './layout';

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

/** Side of the square that is transposed at once. */
const TILE = 32;

/** Writes the voxels of `source` over those of `target`, a volume or a view of the same axes and shape (at most 4 axes) and voxel type. */
export function copyInto(source: Volume, target: Volume): void {
  const [x, ...others] = memoryOrder(target);
  // Tiles are formed by the axes that are dense in the one and in the other.
  const [y, ...outer] = memoryOrder(source).filter((d) => others.includes(d));
  const line = (d: number | undefined): Line =>
    d === undefined ? { n: 1, from: 0, to: 0 } : { n: target.shape[d], from: source.strides[d], to: target.strides[d] };
  const [lineX, lineY, lineZ, lineC] = [x, y, outer[0], outer[1]].map(line);
  const rows = lineX.from === 1 && lineX.to === 1 && lineX.n >= TILE;
  for (let c = 0; c < lineC.n; c++) {
    for (let z = 0; z < lineZ.n; z++) {
      const [from, to] = [c * lineC.from + z * lineZ.from, c * lineC.to + z * lineZ.to];
      if (rows) copyRows(source.data, from, target.data, to, lineX, lineY);
      else copyTiles(source.data, from, target.data, to, lineX, lineY);
    }
  }
}

/** One axis of a copy: its length and its strides on both sides. */
interface Line {
  n: number;
  from: number;
  to: number;
}

function copyRows(source: NumericArray, from: number, target: NumericArray, to: number, x: Line, y: Line): void {
  for (let j = 0; j < y.n; j++) target.set(source.subarray(from + j * y.from, from + j * y.from + x.n), to + j * y.to);
}

function copyTiles(source: NumericArray, from: number, target: NumericArray, to: number, x: Line, y: Line): void {
  for (let fromY = 0; fromY < y.n; fromY += TILE) {
    const endY = Math.min(fromY + TILE, y.n);
    for (let fromX = 0; fromX < x.n; fromX += TILE) {
      const endX = Math.min(fromX + TILE, x.n);
      for (let j = fromY; j < endY; j++) copyRun(source, from + j * y.from, target, to + j * y.to, x, fromX, endX);
    }
  }
}

function copyRun(
  source: NumericArray,
  from: number,
  target: NumericArray,
  to: number,
  x: Line,
  low: number,
  high: number,
): void {
  for (let i = low; i < high; i++) target[to + i * x.to] = source[from + i * x.from];
}

/** Makes every voxel of a volume, or of a view, zero. */
export function clear({ data, shape, strides }: Volume): void {
  const order = memoryOrder({ shape, strides });
  const [x, y, z, c] = [0, 1, 2, 3].map((n) => ({ n: shape[order[n]] ?? 1, step: strides[order[n]] ?? 0 }));
  for (let ci = 0; ci < c.n; ci++) {
    for (let zi = 0; zi < z.n; zi++) {
      for (let yi = 0; yi < y.n; yi++) {
        const row = ci * c.step + zi * z.step + yi * y.step;
        if (x.step === 1) data.fill(0, row, row + x.n);
        else for (let i = 0; i < x.n; i++) data[row + i * x.step] = 0;
      }
    }
  }
}
