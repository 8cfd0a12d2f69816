import { lastAxisFastest, type NumericArray, type Volume } from '../../volume';
import { copyBox, fillElements } from '../../simd/copy';

/** What stands where a window leaves the image. */
export interface Padding {
  /** `symmetric` mirrors with the edge voxel repeated, `reflect` without; `wrap` goes on at the other end (numpy's names; `replicate` is its `edge`). */
  mode: 'constant' | 'reflect' | 'replicate' | 'symmetric' | 'wrap';
  /** Value for `constant`. @default 0 */
  value?: number;
}

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
  const runs = size.map((n, d) => sourceRuns(volume.shape[d], start[d], n, padding.mode));
  const strides = lastAxisFastest(size);
  if (padding.mode === 'constant' && runs.some(([run], d) => run === undefined || run.n < size[d]))
    fillElements(out, padding.value ?? 0, at, at + length);
  for (const box of products(runs)) {
    const from = box.reduce((sum, { from: first }, d) => sum + first * volume.strides[d], 0);
    const to = box.reduce((sum, { to: first }, d) => sum + first * strides[d], at);
    const steps = box.map(({ step }, d) => step * volume.strides[d]);
    copyBox(box.map(({ n }) => n), { data: volume.data, at: from, strides: steps }, { data: out, at: to, strides }); // prettier-ignore
  }
}

/** Neighbouring indices of a box along one axis that stand for indices of the image in equal steps: 1 inside, -1 in a mirror, 0 on a repeated edge. */
interface Run {
  /** First index in the box. */
  to: number;
  /** First index in the image. */
  from: number;
  step: number;
  n: number;
}

/** Which indices of the image a box has along one axis. */
function sourceRuns(n: number, start: number, size: number, mode: Padding['mode']): Run[] {
  if (mode === 'constant') {
    const from = Math.max(start, 0);
    const count = Math.min(start + size, n) - from;
    return count > 0 ? [{ to: from - start, from, step: 1, n: count }] : [];
  }
  const runs: Run[] = [];
  for (let i = 0; i < size; i++) {
    const index = insideIndex(start + i, n, mode);
    const last = runs.at(-1);
    if (last?.n === 1) last.step = index - last.from;
    if (last && Math.abs(last.step) <= 1 && index === last.from + last.n * last.step) last.n++;
    else {
      if (last?.n === 1) last.step = 1;
      runs.push({ to: i, from: index, step: 1, n: 1 });
    }
  }
  return runs;
}

/** The index within an axis of `n` that stands for index `i` outside it. */
function insideIndex(i: number, n: number, mode: Exclude<Padding['mode'], 'constant'>): number {
  if (mode === 'replicate') return Math.min(Math.max(i, 0), n - 1);
  const period = mode === 'reflect' ? Math.max(2 * n - 2, 1) : mode === 'symmetric' ? 2 * n : n;
  const folded = ((i % period) + period) % period;
  if (folded < n) return folded;
  return mode === 'reflect' ? period - folded : period - 1 - folded;
}

/** Every choice of one run per axis. */
function products(axes: readonly Run[][]): Run[][] {
  return axes.reduce<Run[][]>((boxes, runs) => boxes.flatMap((box) => runs.map((run) => [...box, run])), [[]]);
}
