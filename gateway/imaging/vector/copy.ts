import type { NumericArray } from '../volume';
import { addressOf } from '../../array-memory';
import { axisOr1, eachPlane, sharedAxes, type Part, type SharedAxis } from './planes';
import { vectorCode } from './vector-code';

/** Side of the square that is transposed at once. */
const TILE = 32;

/** Copies the elements of a box of `from` to those of `to`, an array of the same type. Boxes of one array must not overlap. */
export function copyBox(shape: readonly number[], from: Part, to: Part): void {
  const axes = sharedAxes(shape, [to.strides, from.strides]);
  if (!axes) return;
  const x = axisOr1(axes[0], 2);
  const others = axes.slice(1);
  const inRows = x.n === 1 || (x.steps[0] === 1 && x.steps[1] === 1);
  // Tiles are formed by the axes that are dense in the one and in the other.
  if (!inRows) others.sort((a, b) => Math.abs(a.steps[1]) - Math.abs(b.steps[1]));
  const y = axisOr1(others[0], 2);
  const copyPlane = inRows ? copyRows(from.data, to.data, x, y) : copyTiles(from.data, to.data, x, y);
  eachPlane(others.slice(1), [to.at, from.at], copyPlane);
}

type PlaneCopy = (at: readonly number[]) => void;

function copyRows(from: NumericArray, to: NumericArray, x: SharedAxis, y: SharedAxis): PlaneCopy {
  const size = to.BYTES_PER_ELEMENT;
  const [begin, target] = [addressOf(from), addressOf(to)];
  const [step, put] = [y.steps[1], y.steps[0]];
  if (begin !== undefined && target !== undefined) {
    const { code } = vectorCode({});
    return ([write, read]) =>
      code.copyRows(begin + read * size, step * size, target + write * size, put * size, x.n * size, y.n);
  }
  return ([write, read]) => {
    for (let j = 0; j < y.n; j++, read += step, write += put) to.set(from.subarray(read, read + x.n), write);
  };
}

function copyTiles(from: NumericArray, to: NumericArray, x: SharedAxis, y: SharedAxis): PlaneCopy {
  return ([write, read]) => {
    for (let fromY = 0; fromY < y.n; fromY += TILE) {
      const endY = Math.min(fromY + TILE, y.n);
      for (let fromX = 0; fromX < x.n; fromX += TILE) {
        const endX = Math.min(fromX + TILE, x.n);
        for (let j = fromY; j < endY; j++)
          copyRun(from, read + j * y.steps[1], to, write + j * y.steps[0], x, fromX, endX);
      }
    }
  };
}

function copyRun(
  from: NumericArray,
  read: number,
  to: NumericArray,
  write: number,
  { steps: [put, step] }: SharedAxis,
  low: number,
  high: number,
): void {
  for (let i = low; i < high; i++) to[write + i * put] = from[read + i * step];
}

/** Makes the elements of a box zero. */
export function clearBox(shape: readonly number[], { data, at, strides }: Part): void {
  const axes = sharedAxes(shape, [strides]);
  if (!axes) return;
  const [x, y] = [axisOr1(axes[0], 1), axisOr1(axes[1], 1)];
  const [[stepX], [stepY]] = [x.steps, y.steps];
  const place = x.n === 1 || stepX === 1 ? addressOf(data) : undefined;
  const size = data.BYTES_PER_ELEMENT;
  eachPlane(axes.slice(2), [at], ([first]) => {
    if (place !== undefined) return vectorCode({}).code.clearRows(place + first * size, stepY * size, x.n * size, y.n);
    for (let j = 0, row = first; j < y.n; j++, row += stepY) {
      if (stepX === 1) data.fill(0, row, row + x.n);
      else for (let i = 0; i < x.n; i++) data[row + i * stepX] = 0;
    }
  });
}
