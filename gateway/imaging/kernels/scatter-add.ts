import type { Volume } from '../volume';

/** Side of the square that is added at once, so that both sides stay in the first cache. */
const TILE = 32;

/**
 * Adds a window in C order (axes as in `target.axes`) to the volume: the other way of `gather`. What lies outside the volume is dropped.
 *
 * @param start first index of the window in the volume, per axis
 * @param size length of the window per axis
 * @param at where in `window` it begins
 * @param weights factor per voxel, in C order over the spatial axes; all channels of a voxel have the same
 */
export function scatterAdd(
  target: Volume<Float32Array>,
  start: readonly number[],
  size: readonly number[],
  window: Float32Array,
  at = 0,
  weights?: Float32Array,
): void {
  const [c, x, y, z] = lines(target, start, size);
  // Tiles are formed by x, dense in the volume, and the axis that is dense in the window; the third is a loop around them.
  const [inner, outer] = z.count > 1 || y.count === 1 ? [z, y] : [y, z];
  const origin = c.origin + x.origin + y.origin + z.origin;
  if (inner.stride === 1) return addRows(target.data, origin, window, at, [c, x, outer, inner], weights);
  for (let channel = c.low; channel < c.high; channel++) {
    for (let o = outer.low; o < outer.high; o++) {
      const to = origin + channel * c.stride + o * outer.stride;
      const from = at + channel * c.step + o * outer.step;
      addTiles(target.data, to, window, from, x, inner, weights, channel * c.weightStep + o * outer.weightStep);
    }
  }
}

/** One axis: which window indices lie inside the volume, the volume's stride and offset, the strides of the window and of its weights. */
interface Line {
  count: number;
  low: number;
  high: number;
  origin: number;
  stride: number;
  step: number;
  weightStep: number;
}

/** The window as four axes [C, X, Y, Z]; missing ones have length 1. */
function lines(target: Volume, start: readonly number[], size: readonly number[]): Line[] {
  const result: Line[] = [];
  let step = 1;
  let weightStep = 1;
  for (let d = size.length - 1; d >= 0; d--) {
    const stride = target.strides[d];
    const [low, high] = [Math.max(-start[d], 0), Math.min(size[d], target.shape[d] - start[d])];
    const isChannel = target.axes[d] === 'C';
    const weightOf = isChannel ? 0 : weightStep;
    result.unshift({ count: size[d], low, high, origin: start[d] * stride, stride, step, weightStep: weightOf });
    step *= size[d];
    if (!isChannel) weightStep *= size[d];
  }
  const single: Line = { count: 1, low: 0, high: 1, origin: 0, stride: 0, step: 0, weightStep: 0 };
  if (result.length < 4 && !target.axes.startsWith('C')) result.unshift(single);
  while (result.length < 4) result.push(single);
  return result;
}

/** For a volume whose voxels lie in the order of the window: row by row along the last of the four axes. */
function addRows(
  out: Float32Array,
  to: number,
  window: Float32Array,
  from: number,
  [c, x, y, row]: readonly Line[],
  weights: Float32Array | undefined,
): void {
  for (let ci = c.low; ci < c.high; ci++) {
    for (let xi = x.low; xi < x.high; xi++) {
      for (let yi = y.low; yi < y.high; yi++) {
        const write = to + ci * c.stride + xi * x.stride + yi * y.stride;
        const read = from + ci * c.step + xi * x.step + yi * y.step;
        const weight = ci * c.weightStep + xi * x.weightStep + yi * y.weightStep;
        if (weights) addWeightedRow(out, write, window, read, weights, weight, row.low, row.high);
        else for (let i = row.low; i < row.high; i++) out[write + i] += window[read + i];
      }
    }
  }
}

function addWeightedRow(
  out: Float32Array,
  to: number,
  window: Float32Array,
  from: number,
  weights: Float32Array,
  weight: number,
  low: number,
  high: number,
): void {
  for (let i = low; i < high; i++) out[to + i] += window[from + i] * weights[weight + i];
}

function addTiles(
  out: Float32Array,
  to: number,
  window: Float32Array,
  from: number,
  x: Line,
  b: Line,
  weights: Float32Array | undefined,
  voxel: number,
): void {
  for (let fromX = x.low; fromX < x.high; fromX += TILE) {
    const endX = Math.min(fromX + TILE, x.high);
    for (let fromB = b.low; fromB < b.high; fromB += TILE) {
      const endB = Math.min(fromB + TILE, b.high);
      for (let j = fromB; j < endB; j++) {
        const row = to + j * b.stride;
        const column = j * b.step;
        if (weights) addWeighted(out, row, x, fromX, endX, window, from + column, weights, voxel + j * b.weightStep);
        else for (let i = fromX; i < endX; i++) out[row + i * x.stride] += window[from + column + i * x.step];
      }
    }
  }
}

function addWeighted(
  out: Float32Array,
  row: number,
  x: Line,
  low: number,
  high: number,
  window: Float32Array,
  from: number,
  weights: Float32Array,
  voxel: number,
): void {
  for (let i = low; i < high; i++)
    out[row + i * x.stride] += window[from + i * x.step] * weights[voxel + i * x.weightStep];
}
