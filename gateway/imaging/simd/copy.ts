import type { NumericArray } from '../volume';
import { addressOf } from '../../arena';
import { perType } from '../ops/copy/per-type';
import { inPieces } from './in-pieces';
import { axisOr1, checkInside, eachPlane, sharedAxes, type Part, type SharedAxis } from './planes';
import { typeNumber, simdCode } from './simd-code';

/** Side of the square that is transposed at once: 32 x 32 floats are two pages of the first cache. */
const TILE = 32;

/**
 * Copies the elements of `from` to those of `to` from element `at` on: what `to.set(from, at)` does. Between two arrays in the memory of the SIMD code
 * as fast as memory is; `set` goes word by word where threads share memory.
 */
export function copyElements(from: NumericArray, to: NumericArray, at = 0): void {
  const [begin, target] = [addressOf(from), addressOf(to)];
  if (begin === undefined || target === undefined || !isCopied(from, to)) return to.set(from, at);
  if (at + from.length > to.length) throw new RangeError(`${from.length} elements at ${at} of ${to.length}`);
  if (from.constructor !== to.constructor) {
    const floats = to.subarray(at, at + from.length) as NumericArray;
    return inPieces([from], [floats], ({ code, n, outputs: [out], wide }) => code.narrow(wide(0), out, n));
  }
  simdCode({}).code.copy(begin, target + at * to.BYTES_PER_ELEMENT, from.byteLength);
}

/** SIMD code takes elements as they are, or makes float32 of them. */
const isCopied = (from: NumericArray, to: NumericArray) =>
  from.constructor === to.constructor || to instanceof Float32Array;

/** Does the same as `array.fill(value, from, to)`. */
export function fillElements(array: NumericArray, value: number, from = 0, end = array.length): void {
  const to = Math.min(end, array.length);
  const place = addressOf(array);
  const size = array.BYTES_PER_ELEMENT;
  if (place === undefined || to <= from) return void array.fill(value, from, to);
  array[from] = value;
  simdCode({}).code.repeat(place + from * size, size, (to - from) * size);
}

/** Copies the elements of a box of `from` to those of `to`, converted where its type is another. Boxes of one array must not overlap. */
export function copyBox(shape: readonly number[], from: Part, to: Part): void {
  for (const part of [from, to]) checkInside(shape, part);
  const axes = sharedAxes(shape, [to.strides, from.strides]);
  if (!axes) return;
  const x = axisOr1(axes[0], 2);
  const others = axes.slice(1);
  const inRows = x.n === 1 || (x.steps[0] === 1 && x.steps[1] === 1);
  // Tiles are formed by the axes that are dense in the one and in the other.
  if (!inRows) others.sort((a, b) => Math.abs(a.steps[1]) - Math.abs(b.steps[1]));
  const y = axisOr1(others[0], 2);
  eachPlane(others.slice(1), [to.at, from.at], planeCopy(from.data, to.data, x, y, inRows));
}

type PlaneCopy = (at: readonly number[]) => void;

function planeCopy(from: NumericArray, to: NumericArray, x: SharedAxis, y: SharedAxis, inRows: boolean): PlaneCopy {
  const [begin, target] = [addressOf(from), addressOf(to)];
  if (begin === undefined || target === undefined || !isCopied(from, to))
    return inRows ? setRows(from, to, x, y) : setTiles(from, to, x, y);
  const [readBytes, writeBytes] = [from.BYTES_PER_ELEMENT, to.BYTES_PER_ELEMENT];
  const [toX, toY] = [x, y].map(({ steps }) => steps[0] * writeBytes);
  const [fromX, fromY] = [x, y].map(({ steps }) => steps[1] * readBytes);
  const { code } = simdCode({});
  const isSame = from.constructor === to.constructor;
  return ([write, read]) => {
    const [a, b] = [begin + read * readBytes, target + write * writeBytes];
    if (!isSame) code.convertPlane(typeNumber(from), a, fromX, fromY, b, toX, toY, x.n, y.n);
    else if (inRows) code.copyRows(a, fromY, b, toY, x.n * readBytes, y.n);
    else code.copyPlane(readBytes, a, fromX, fromY, b, toX, toY, x.n, y.n);
  };
}

function setRows(from: NumericArray, to: NumericArray, { n }: SharedAxis, y: SharedAxis): PlaneCopy {
  const [put, step] = y.steps;
  return ([write, read]) => {
    for (let j = 0; j < y.n; j++, read += step, write += put) to.set(from.subarray(read, read + n), write);
  };
}

function setTiles(from: NumericArray, to: NumericArray, x: SharedAxis, y: SharedAxis): PlaneCopy {
  const setTile = tile(from, to);
  const [toX, fromX, toY, fromY] = [...x.steps, ...y.steps];
  return ([write, read]) => {
    for (let i = 0; i < x.n; i += TILE) {
      const nx = Math.min(TILE, x.n - i);
      for (let j = 0; j < y.n; j += TILE) {
        const ny = Math.min(TILE, y.n - j);
        setTile(from, read + i * fromX + j * fromY, fromX, fromY, to, write + i * toX + j * toY, toX, toY, nx, ny);
      }
    }
  };
}

const tile = perType(
  (
    from: NumericArray,
    read: number,
    fromX: number,
    fromY: number,
    to: NumericArray,
    write: number,
    toX: number,
    toY: number,
    nx: number,
    ny: number,
  ) => {
    for (let i = 0; i < nx; i++, read += fromX, write += toX)
      for (let j = 0, at = read, put = write; j < ny; j++, at += fromY, put += toY) to[put] = from[at];
  },
);

/** Makes the elements of a box zero. */
export function clearBox(shape: readonly number[], box: Part): void {
  checkInside(shape, box);
  const { data, at, strides } = box;
  const axes = sharedAxes(shape, [strides]);
  if (!axes) return;
  const [x, y] = [axisOr1(axes[0], 1), axisOr1(axes[1], 1)];
  const [[stepX], [stepY]] = [x.steps, y.steps];
  const place = x.n === 1 || stepX === 1 ? addressOf(data) : undefined;
  const size = data.BYTES_PER_ELEMENT;
  eachPlane(axes.slice(2), [at], ([first]) => {
    if (place !== undefined) return simdCode({}).code.clearRows(place + first * size, stepY * size, x.n * size, y.n);
    for (let j = 0, row = first; j < y.n; j++, row += stepY) {
      if (stepX === 1) data.fill(0, row, row + x.n);
      else for (let i = 0; i < x.n; i++) data[row + i * stepX] = 0;
    }
  });
}
