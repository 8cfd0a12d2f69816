import { pair } from './pair';
import { Rounding, storeRounded } from './rounding';
import { VoxelType } from './voxel-type';

/** Bytes of a row of scratch: sixteen lines, which are filtered together. */
const ROW: usize = 128;
/** Numbers of a table of filters: their count and the gain, then for each its pole, the two weights of its end, and those of its begin. */
const HEAD: usize = 2;
const FILTER: usize = 100;

/**
 * Filters columns of `n` rows by B-spline poles, and makes `m` rows of each `taps` of them: `Σ weights[j][t] * row[indices[j][t]]`, float64.
 *
 * @param rows address of each row
 * @param columns are made in sixteens: reads and writes up to 15 columns more
 * @param filters see {@link filtered}
 * @param scratch room for `n` rows of sixteen float64
 * @param outStep bytes from one row of the result to the next
 */
export function splineColumns(
  type: VoxelType,
  rows: usize,
  n: i32,
  columns: i32,
  filters: usize,
  taps: i32,
  indices: usize,
  weights: usize,
  m: i32,
  scratch: usize,
  out: usize,
  outStep: usize,
): void {
  // prettier-ignore
  for (let x = 0; x < columns; x += 16, out += ROW) {
    switch (type) {
      case VoxelType.I8: loadColumns<i8>(rows, n, x, filters, scratch); break;
      case VoxelType.U8: loadColumns<u8>(rows, n, x, filters, scratch); break;
      case VoxelType.I16: loadColumns<i16>(rows, n, x, filters, scratch); break;
      case VoxelType.U16: loadColumns<u16>(rows, n, x, filters, scratch); break;
      case VoxelType.I32: loadColumns<i32>(rows, n, x, filters, scratch); break;
      case VoxelType.U32: loadColumns<u32>(rows, n, x, filters, scratch); break;
      case VoxelType.F32: loadColumns<f32>(rows, n, x, filters, scratch); break;
      default: loadColumns<f64>(rows, n, x, filters, scratch);
    }
    filtered(scratch, n, filters);
    for (let j = 0, to = out; j < m; j++, to += outStep)
      weighted(scratch, taps, indices + ((<usize>(j * taps)) << 2), weights + ((<usize>(j * taps)) << 3), to);
  }
}

function loadColumns<T>(rows: usize, n: i32, x: i32, filters: usize, scratch: usize): void {
  const gain = f64x2.splat(load<f64>(filters, 8));
  const begin = <usize>x * sizeof<T>();
  for (const end = rows + ((<usize>n) << 2); rows < end; rows += 4) {
    let from = <usize>load<u32>(rows) + begin;
    for (const next = scratch + ROW; scratch < next; scratch += 16, from += 2 * sizeof<T>())
      v128.store(scratch, f64x2.mul(gain, pair<T>(from)));
  }
}

/**
 * The same along rows of `n` float64, at most sixteen of them, with the first sample repeated `before` times and the last one `after` times. The result is kept
 * between `low` and `high` and rounded.
 *
 * @param scratch room for `before + n + after + 3` rows of sixteen float64
 * @param out exactly `count` rows of `m` float32, or float64 where they are not rounded
 */
export function splineRows(
  source: usize,
  rowBytes: usize,
  count: i32,
  n: i32,
  before: i32,
  after: i32,
  filters: usize,
  taps: i32,
  indices: usize,
  weights: usize,
  m: i32,
  low: f64,
  high: f64,
  rounding: Rounding,
  scratch: usize,
  out: usize,
): void {
  const first = scratch + <usize>before * ROW;
  const end = first + <usize>n * ROW;
  turn(source, rowBytes, count, n, load<f64>(filters, 8), first);
  for (let row = scratch; row < first; row += ROW) memory.copy(row, first, ROW);
  for (let row = end; row < end + <usize>after * ROW; row += ROW) memory.copy(row, end - ROW, ROW);
  filtered(scratch, before + n + after, filters);
  const tile = end + <usize>(after + 1) * ROW;
  const lows = f64x2.splat(low);
  const highs = f64x2.splat(high);
  const bytes: usize = rounding == Rounding.NONE ? 8 : 4;
  const outBytes = <usize>m * bytes;
  for (let i = 0; i < m; i += 2, out += 2 * bytes) {
    const two = i + 1 < m;
    weighted(scratch, taps, indices, weights, tile);
    indices += (<usize>taps) << 2;
    weights += (<usize>taps) << 3;
    if (two) weighted(scratch, taps, indices, weights, tile + ROW);
    indices += (<usize>taps) << 2;
    weights += (<usize>taps) << 3;
    let to = out;
    for (let row = 0, at = tile; row < count; row += 2, at += 16) {
      const a = f64x2.pmin(f64x2.pmax(v128.load(at), lows), highs);
      const b = f64x2.pmin(f64x2.pmax(v128.load(at, ROW), lows), highs);
      storeRounded(v128.shuffle<f64>(a, b, 0, 2), rounding, two, to);
      to += outBytes;
      if (row + 1 < count) storeRounded(v128.shuffle<f64>(a, b, 1, 3), rounding, two, to);
      to += outBytes;
    }
  }
}

/** Rows become columns of the scratch; reads one number more of each. */
function turn(source: usize, rowBytes: usize, count: i32, n: i32, gain: f64, scratch: usize): void {
  const gains = f64x2.splat(gain);
  for (let row = 0; row < count; row += 2, scratch += 16) {
    let a = source + <usize>row * rowBytes;
    let b = row + 1 < count ? a + rowBytes : a;
    let to = scratch;
    for (let i = 0; i < n; i += 2, to += 2 * ROW, a += 16, b += 16) {
      const upper = f64x2.mul(gains, v128.load(a));
      const lower = f64x2.mul(gains, v128.load(b));
      v128.store(to, v128.shuffle<f64>(upper, lower, 0, 2));
      v128.store(to, v128.shuffle<f64>(upper, lower, 1, 3), ROW);
    }
  }
}

/**
 * B-spline coefficients of sixteen columns, in place: for each pole `z` forwards `c[i] += z * c[i - 1]` and back `c[i] = z * (c[i + 1] - c[i])`, from a begin
 * and an end that are sums of samples (M. Unser, A. Aldroubi, M. Eden, "Fast B-spline transforms for continuous image representation and
 * interpolation", IEEE PAMI 13(3), 1991).
 */
function filtered(scratch: usize, n: i32, filters: usize): void {
  const last = scratch + <usize>(n - 1) * ROW;
  let filter = filters + (HEAD << 3);
  for (let left = <i32>load<f64>(filters); left > 0; left--, filter += FILTER << 3) {
    const pole = f64x2.splat(load<f64>(filter));
    const end = f64x2.splat(load<f64>(filter, 8));
    const beforeEnd = f64x2.splat(load<f64>(filter, 16));
    let a = f64x2.splat(0);
    let b = a;
    let c = a;
    let d = a;
    let e = a;
    let f = a;
    let g = a;
    let h = a;
    let row = scratch;
    let weight = filter + 32;
    for (let i = <i32>load<f64>(filter, 24); i > 0; i--, row += ROW, weight += 8) {
      const share = v128.load64_splat(weight);
      a = f64x2.add(a, f64x2.mul(share, v128.load(row)));
      b = f64x2.add(b, f64x2.mul(share, v128.load(row, 16)));
      c = f64x2.add(c, f64x2.mul(share, v128.load(row, 32)));
      d = f64x2.add(d, f64x2.mul(share, v128.load(row, 48)));
      e = f64x2.add(e, f64x2.mul(share, v128.load(row, 64)));
      f = f64x2.add(f, f64x2.mul(share, v128.load(row, 80)));
      g = f64x2.add(g, f64x2.mul(share, v128.load(row, 96)));
      h = f64x2.add(h, f64x2.mul(share, v128.load(row, 112)));
    }
    v128.store(scratch, a);
    v128.store(scratch, b, 16);
    v128.store(scratch, c, 32);
    v128.store(scratch, d, 48);
    v128.store(scratch, e, 64);
    v128.store(scratch, f, 80);
    v128.store(scratch, g, 96);
    v128.store(scratch, h, 112);
    for (row = scratch + ROW; row <= last; row += ROW) {
      a = f64x2.add(v128.load(row), f64x2.mul(pole, a));
      b = f64x2.add(v128.load(row, 16), f64x2.mul(pole, b));
      c = f64x2.add(v128.load(row, 32), f64x2.mul(pole, c));
      d = f64x2.add(v128.load(row, 48), f64x2.mul(pole, d));
      e = f64x2.add(v128.load(row, 64), f64x2.mul(pole, e));
      f = f64x2.add(v128.load(row, 80), f64x2.mul(pole, f));
      g = f64x2.add(v128.load(row, 96), f64x2.mul(pole, g));
      h = f64x2.add(v128.load(row, 112), f64x2.mul(pole, h));
      v128.store(row, a);
      v128.store(row, b, 16);
      v128.store(row, c, 32);
      v128.store(row, d, 48);
      v128.store(row, e, 64);
      v128.store(row, f, 80);
      v128.store(row, g, 96);
      v128.store(row, h, 112);
    }
    row = last - ROW;
    a = f64x2.add(f64x2.mul(end, a), f64x2.mul(beforeEnd, v128.load(row)));
    b = f64x2.add(f64x2.mul(end, b), f64x2.mul(beforeEnd, v128.load(row, 16)));
    c = f64x2.add(f64x2.mul(end, c), f64x2.mul(beforeEnd, v128.load(row, 32)));
    d = f64x2.add(f64x2.mul(end, d), f64x2.mul(beforeEnd, v128.load(row, 48)));
    e = f64x2.add(f64x2.mul(end, e), f64x2.mul(beforeEnd, v128.load(row, 64)));
    f = f64x2.add(f64x2.mul(end, f), f64x2.mul(beforeEnd, v128.load(row, 80)));
    g = f64x2.add(f64x2.mul(end, g), f64x2.mul(beforeEnd, v128.load(row, 96)));
    h = f64x2.add(f64x2.mul(end, h), f64x2.mul(beforeEnd, v128.load(row, 112)));
    v128.store(last, a);
    v128.store(last, b, 16);
    v128.store(last, c, 32);
    v128.store(last, d, 48);
    v128.store(last, e, 64);
    v128.store(last, f, 80);
    v128.store(last, g, 96);
    v128.store(last, h, 112);
    for (; row >= scratch; row -= ROW) {
      a = f64x2.mul(pole, f64x2.sub(a, v128.load(row)));
      b = f64x2.mul(pole, f64x2.sub(b, v128.load(row, 16)));
      c = f64x2.mul(pole, f64x2.sub(c, v128.load(row, 32)));
      d = f64x2.mul(pole, f64x2.sub(d, v128.load(row, 48)));
      e = f64x2.mul(pole, f64x2.sub(e, v128.load(row, 64)));
      f = f64x2.mul(pole, f64x2.sub(f, v128.load(row, 80)));
      g = f64x2.mul(pole, f64x2.sub(g, v128.load(row, 96)));
      h = f64x2.mul(pole, f64x2.sub(h, v128.load(row, 112)));
      v128.store(row, a);
      v128.store(row, b, 16);
      v128.store(row, c, 32);
      v128.store(row, d, 48);
      v128.store(row, e, 64);
      v128.store(row, f, 80);
      v128.store(row, g, 96);
      v128.store(row, h, 112);
    }
  }
}

/** A weighted sum of rows of the scratch. */
function weighted(scratch: usize, taps: i32, indices: usize, weights: usize, out: usize): void {
  let a = f64x2.splat(0);
  let b = a;
  let c = a;
  let d = a;
  let e = a;
  let f = a;
  let g = a;
  let h = a;
  for (; taps > 0; taps--, indices += 4, weights += 8) {
    const row = scratch + <usize>load<i32>(indices) * ROW;
    const share = v128.load64_splat(weights);
    a = f64x2.add(a, f64x2.mul(share, v128.load(row)));
    b = f64x2.add(b, f64x2.mul(share, v128.load(row, 16)));
    c = f64x2.add(c, f64x2.mul(share, v128.load(row, 32)));
    d = f64x2.add(d, f64x2.mul(share, v128.load(row, 48)));
    e = f64x2.add(e, f64x2.mul(share, v128.load(row, 64)));
    f = f64x2.add(f, f64x2.mul(share, v128.load(row, 80)));
    g = f64x2.add(g, f64x2.mul(share, v128.load(row, 96)));
    h = f64x2.add(h, f64x2.mul(share, v128.load(row, 112)));
  }
  v128.store(out, a);
  v128.store(out, b, 16);
  v128.store(out, c, 32);
  v128.store(out, d, 48);
  v128.store(out, e, 64);
  v128.store(out, f, 80);
  v128.store(out, g, 96);
  v128.store(out, h, 112);
}
