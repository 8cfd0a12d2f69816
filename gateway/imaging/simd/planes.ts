import type { NumericArray } from '../volume';
import { addressOf } from '../../arena';
import { simdCode, type ArrayType, type Block, type SimdCode } from './simd-code';

/** A box of elements of an array. */
export interface Part {
  data: NumericArray;
  /** Its first element. */
  at: number;
  /** Elements from one index of an axis to the next; 0 where all indices share one element. */
  strides: readonly number[];
}

/** SIMD code does not see where an array ends. @throws RangeError when the box is not inside its array; an empty one is everywhere */
export function checkInside(shape: readonly number[], { data, at, strides }: Part): void {
  if (shape.some((n) => n <= 0)) return;
  const reach = shape.map((n, d) => (n - 1) * strides[d]);
  const first = reach.reduce((sum, steps) => sum + Math.min(steps, 0), at);
  const last = reach.reduce((sum, steps) => sum + Math.max(steps, 0), at);
  if (first < 0 || last >= data.length)
    throw new RangeError(`a box of elements ${first} to ${last} is not inside an array of ${data.length}`);
}

/** An axis of a box that lies in several arrays. */
export interface SharedAxis {
  n: number;
  /** Elements from one index to the next in each of the arrays. */
  steps: number[];
}

/**
 * The axes of a box, the one that lies densest in the first array first. Those that follow each other without a gap in all arrays are one.
 * @returns undefined for an empty box
 */
export function sharedAxes(
  shape: readonly number[],
  strides: readonly (readonly number[])[],
): SharedAxis[] | undefined {
  if (shape.some((n) => n <= 0)) return undefined;
  const axes = shape.flatMap((n, d) => (n === 1 ? [] : [{ n, steps: strides.map((of) => of[d]) }]));
  axes.sort((a, b) => Math.abs(a.steps[0]) - Math.abs(b.steps[0]));
  const joined: SharedAxis[] = [];
  for (const axis of axes) {
    const last = joined.at(-1);
    if (last?.steps.every((step, of) => step * last.n === axis.steps[of])) last.n *= axis.n;
    else joined.push(axis);
  }
  return joined;
}

/** Calls `visit` with the first element of every plane that remains when the axes given are walked. */
export function eachPlane(axes: readonly SharedAxis[], from: readonly number[], visit: (at: number[]) => void): void {
  if (axes.length === 0) return visit([...from]);
  const [{ n, steps }, inner] = [axes[axes.length - 1], axes.slice(0, -1)];
  for (let i = 0; i < n; i++) eachPlane(inner, from.map((at, of) => at + i * steps[of]), visit); // prettier-ignore
}

const ONE: SharedAxis = { n: 1, steps: [] };
/** The one axis, or one of length 1. */
export const axisOr1 = (axis: SharedAxis | undefined, arrays: number): SharedAxis =>
  axis ?? { ...ONE, steps: new Array<number>(arrays).fill(0) };

/** Elements of a plane that are copied at a time, where arrays lie elsewhere: they stay in the first cache. */
const MOST_COPIED = 4096;

/** Some rows of a plane where SIMD code finds them. */
export interface Plane {
  code: SimdCode;
  /** Elements of a row, one after the other. */
  n: number;
  rows: number;
  /** Address of the first row in each array. */
  at: readonly number[];
  /** Bytes from one row to the next in each array. */
  steps: readonly number[];
}

/**
 * Takes a box through the SIMD code plane by plane: rows stay where they lie when that is in its memory, else they are copied there and, in the first
 * array, back.
 *
 * @param target what `work` changes, in part or as a whole
 * @param sources what it reads
 */
export function inPlanes(
  shape: readonly number[],
  target: Part,
  sources: readonly Part[],
  work: (plane: Plane) => void,
): void {
  const parts = [target, ...sources];
  for (const part of parts) checkInside(shape, part);
  const axes = sharedAxes(shape, parts.map(({ strides }) => strides)); // prettier-ignore
  if (!axes) return;
  const [row, column, ...outer] = [axisOr1(axes[0], parts.length), axisOr1(axes[1], parts.length), ...axes.slice(2)];
  const places = parts.map(({ data }, of) => (row.n === 1 || row.steps[of] === 1 ? addressOf(data) : undefined));
  const apart = places.includes(undefined);
  const most = apart ? [MOST_COPIED, Math.max(1, Math.floor(MOST_COPIED / row.n))] : [row.n, column.n];
  const sizes = parts.map(({ data }, of): [ArrayType<NumericArray>, number] => [
    data.constructor as ArrayType<NumericArray>,
    places[of] === undefined ? MOST_COPIED : 0,
  ]);
  const { code, blocks } = simdCode(Object.fromEntries(sizes.map((size, of) => [String(of), size])));
  const plane = { code, n: 0, rows: 0, at: parts.map(() => 0), steps: parts.map(() => 0) };
  const take = (first: readonly number[]) => {
    for (const [of, { data }] of parts.entries()) {
      const place = places[of];
      if (place === undefined) copyIn(data, first[of], [row.steps[of], column.steps[of]], plane, blocks[of], of);
      else {
        plane.at[of] = place + first[of] * data.BYTES_PER_ELEMENT;
        plane.steps[of] = column.steps[of] * data.BYTES_PER_ELEMENT;
      }
    }
    work(plane);
    if (places[0] === undefined) copyOut(blocks[0], plane, target.data, first[0], [row.steps[0], column.steps[0]]);
  };
  eachPlane(outer, parts.map(({ at }) => at), (at) => {
    for (let j = 0; j < column.n; j += most[1]) {
      for (let i = 0; i < row.n; i += most[0]) {
        plane.n = Math.min(most[0], row.n - i);
        plane.rows = Math.min(most[1], column.n - j);
        take(at.map((first, of) => first + i * row.steps[of] + j * column.steps[of]));
      }
    }
  }); // prettier-ignore
}

function copyIn(
  data: NumericArray,
  at: number,
  [stepX, stepY]: readonly [number, number],
  plane: Plane & { at: number[]; steps: number[] },
  block: Block<NumericArray>,
  of: number,
): void {
  const { n } = plane;
  const shared = stepY === 0;
  for (let j = 0; j < (shared ? 1 : plane.rows); j++) {
    const from = at + j * stepY;
    if (stepX === 1) block.array.set(data.subarray(from, from + n), j * n);
    else for (let i = 0; i < n; i++) block.array[j * n + i] = data[from + i * stepX];
  }
  plane.at[of] = block.at;
  plane.steps[of] = shared ? 0 : n * data.BYTES_PER_ELEMENT;
}

function copyOut(
  { array }: Block<NumericArray>,
  { n, rows }: Plane,
  data: NumericArray,
  at: number,
  [stepX, stepY]: readonly [number, number],
): void {
  for (let j = 0; j < rows; j++) {
    const to = at + j * stepY;
    if (stepX === 1) data.set(array.subarray(j * n, (j + 1) * n), to);
    else for (let i = 0; i < n; i++) data[to + i * stepX] = array[j * n + i];
  }
}
