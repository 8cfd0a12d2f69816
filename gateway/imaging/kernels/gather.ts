import type { NumericArray, Volume } from '../volume';
import { perType } from './per-type';

/** What stands where a window leaves the image. */
export interface Padding {
  /** `symmetric` mirrors with the edge voxel repeated, `reflect` without; `wrap` goes on at the other end (numpy's names; `replicate` is its `edge`). */
  mode: 'constant' | 'reflect' | 'replicate' | 'symmetric' | 'wrap';
  /** Value for `constant`. @default 0 */
  value?: number;
}

/** Side of the square that is transposed at once: 32 x 32 floats are two pages of the first cache. */
const TILE = 32;

/**
 * Copies a box of the volume into `out` in C order (last axis fastest, axes as in `volume.axes`): how windows and tensors are cut.
 *
 * @param start first index per axis; may be negative or beyond the image, there `padding` stands in
 * @param size length of the box per axis
 * @param at where in `out` the box begins
 */
export function gather(
  volume: Volume,
  start: readonly number[],
  size: readonly number[],
  out: NumericArray,
  at = 0,
  padding: Padding = { mode: 'constant' },
): void {
  const length = size.reduce((a, b) => a * b, 1);
  const ranges = size.map((n, d) => sourceRange(volume.shape[d], start[d], n, padding.mode));
  if (ranges.some(({ sources }, d) => sources.length < size[d])) out.fill(padding.value ?? 0, at, at + length);
  if (ranges.some(({ sources }) => sources.length === 0)) return;

  let step = 1;
  let to = at;
  const axes: Line[] = [];
  for (let d = size.length - 1; d >= 0; d--) {
    const { sources, skip } = ranges[d];
    to += skip * step;
    axes.push({ offsets: sources.map((i) => i * volume.strides[d]), stride: volume.strides[d], step });
    step *= size[d];
  }
  copy(volume.data, axes, out, to);
}

/** One axis of the copy: where its samples lie in the source, the source's stride, and how far apart they go in `out`. */
interface Line {
  offsets: Int32Array;
  stride: number;
  step: number;
}

/** Source indices of a box along one axis, and how many samples at its front are padding. */
function sourceRange(
  n: number,
  start: number,
  size: number,
  mode: Padding['mode'],
): { sources: Int32Array; skip: number } {
  if (mode === 'constant') {
    const skip = Math.max(-start, 0);
    const count = Math.max(Math.min(start + size, n) - Math.max(start, 0), 0);
    return { skip, sources: indices(count, (i) => Math.max(start, 0) + i) };
  }
  return { skip: 0, sources: indices(size, (i) => insideIndex(start + i, n, mode)) };
}

/** The index within an axis of `n` that stands for index `i` outside it. */
function insideIndex(i: number, n: number, mode: Exclude<Padding['mode'], 'constant'>): number {
  if (mode === 'replicate') return Math.min(Math.max(i, 0), n - 1);
  const period = mode === 'reflect' ? Math.max(2 * n - 2, 1) : mode === 'symmetric' ? 2 * n : n;
  const folded = ((i % period) + period) % period;
  if (folded < n) return folded;
  return mode === 'reflect' ? period - folded : period - 1 - folded;
}

function indices(count: number, source: (i: number) => number): Int32Array {
  const list = new Int32Array(count);
  for (let i = 0; i < count; i++) list[i] = source(i);
  return list;
}

/**
 * Walks the box so that both sides are read and written densely: the axis that is fastest in the source and the one that is fastest in the
 * target form tiles, the others are loops around them.
 */
function copy(data: NumericArray, axes: Line[], out: NumericArray, to: number): void {
  const real = axes.filter((axis) => axis.offsets.length > 1);
  const from = axes.filter((axis) => axis.offsets.length === 1).reduce((sum, axis) => sum + axis.offsets[0], 0);
  if (real.length === 0) return void (out[to] = data[from]);
  const target = real[0];
  const source = real.reduce((a, b) => (b.stride < a.stride ? b : a));
  const outer = real.filter((axis) => axis !== target && axis !== source).sort((a, b) => b.stride - a.stride);
  const copyPlane = source === target ? lineCopy(data, source, out) : tilesCopy(data, source, target, out);

  const walk = (depth: number, read: number, write: number): void => {
    if (depth === outer.length) return copyPlane(read, write);
    const { offsets, step } = outer[depth];
    for (let i = 0; i < offsets.length; i++) walk(depth + 1, read + offsets[i], write + i * step);
  };
  walk(0, from, to);
}

type PlaneCopy = (read: number, write: number) => void;

/** Where the samples lie in equal steps, as everywhere but in mirrored and repeated borders, the inner loop reads no list of offsets. */
function lineCopy(data: NumericArray, line: Line, out: NumericArray): PlaneCopy {
  const { offsets, stride, step } = line;
  if (inEqualSteps(line)) {
    if (stride === 1 && step === 1) {
      const [first, length] = [offsets[0], offsets.length];
      return (read, write) => out.set(data.subarray(read + first, read + first + length), write);
    }
    const copyEven = evenLine(data, out);
    return (read, write) => copyEven(data, read + offsets[0], stride, out, write, step, offsets.length);
  }
  const copyListed = listedLine(data, out);
  return (read, write) => copyListed(data, read, offsets, out, write, step);
}

function tilesCopy(data: NumericArray, source: Line, target: Line, out: NumericArray): PlaneCopy {
  const [lengthA, lengthB] = [source.offsets.length, target.offsets.length];
  const a = source.offsets;
  const b = target.offsets;
  const [even, evenTile, listedTile] = [inEqualSteps(source), copyEvenTile(data, out), copyListedTile(data, out)];
  return (read, write) => {
    for (let fromA = 0; fromA < lengthA; fromA += TILE) {
      const endA = Math.min(fromA + TILE, lengthA);
      for (let fromB = 0; fromB < lengthB; fromB += TILE) {
        const endB = Math.min(fromB + TILE, lengthB);
        const at = write + fromA * source.step;
        if (even)
          evenTile(data, read + a[fromA], source.stride, endA - fromA, b, fromB, endB, out, at, source.step, target.step);
        else listedTile(data, read, a, fromA, endA, b, fromB, endB, out, at, source.step, target.step);
      }
    }
  };
} // prettier-ignore

function inEqualSteps({ offsets, stride }: Line): boolean {
  for (let i = 1; i < offsets.length; i++) if (offsets[i] !== offsets[i - 1] + stride) return false;
  return true;
}

const evenLine = perType(
  (data: NumericArray, read: number, stride: number, out: NumericArray, write: number, step: number, n: number) => {
    for (let i = 0; i < n; i++, read += stride, write += step) out[write] = data[read];
  },
);

const listedLine = perType(
  (data: NumericArray, read: number, offsets: Int32Array, out: NumericArray, write: number, step: number) => {
    for (let i = 0; i < offsets.length; i++, write += step) out[write] = data[read + offsets[i]];
  },
);

/** `b` are the offsets of the lines, each read in `count` equal steps. */
const copyEvenTile = perType(
  (
    data: NumericArray,
    read: number,
    stride: number,
    count: number,
    b: Int32Array,
    fromB: number,
    endB: number,
    out: NumericArray,
    write: number,
    stepA: number,
    stepB: number,
  ) => {
    for (let j = fromB; j < endB; j++) {
      let at = read + b[j];
      let put = write + j * stepB;
      for (let i = 0; i < count; i++, at += stride, put += stepA) out[put] = data[at];
    }
  },
);

const copyListedTile = perType(
  (
    data: NumericArray,
    read: number,
    a: Int32Array,
    fromA: number,
    endA: number,
    b: Int32Array,
    fromB: number,
    endB: number,
    out: NumericArray,
    write: number,
    stepA: number,
    stepB: number,
  ) => {
    for (let j = fromB; j < endB; j++) {
      const from = read + b[j];
      let put = write + j * stepB;
      for (let i = fromA; i < endA; i++, put += stepA) out[put] = data[from + a[i]];
    }
  },
);
