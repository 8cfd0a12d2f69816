import { pair } from './pair';
import { Rounding, storeRounded } from './rounding';
import { VoxelType } from './voxel-type';

/**
 * A row of the result of linear interpolation, added up as SciPy does: each neighbour times its weights from the slowest axis to the fastest, then their sum in
 * the same order.
 *
 * @param rows of the source: for each its address and zeros up to 8 bytes, then the weights of the slowest and the middle axis, in the order in which they are added
 * @param count of these rows
 * @param n voxels of a source row
 * @param lower index of the lower neighbour for each of `m` voxels, in the row with its first and last voxel once more before and after it
 * @param weights of both neighbours
 * @param scratch room for `count` rows of `n + 3` float64
 * @param out exactly `m` float32, or float64 where they are not rounded
 */
export function cornerRow(
  type: VoxelType,
  rows: usize,
  count: i32,
  n: i32,
  lower: usize,
  weights: usize,
  m: i32,
  rounding: Rounding,
  scratch: usize,
  out: usize,
): void {
  const step = (<usize>(n + 3)) << 3;
  for (let row = 0, to = scratch; row < count; row++, rows += 24, to += step) {
    const from = <usize>load<u32>(rows);
    const slow = v128.load64_splat(rows, 8);
    const middle = v128.load64_splat(rows, 16);
    // prettier-ignore
    switch (type) {
      case VoxelType.I8: weighted<i8>(from, n, slow, middle, to); break;
      case VoxelType.U8: weighted<u8>(from, n, slow, middle, to); break;
      case VoxelType.I16: weighted<i16>(from, n, slow, middle, to); break;
      case VoxelType.U16: weighted<u16>(from, n, slow, middle, to); break;
      case VoxelType.I32: weighted<i32>(from, n, slow, middle, to); break;
      case VoxelType.U32: weighted<u32>(from, n, slow, middle, to); break;
      case VoxelType.F32: weighted<f32>(from, n, slow, middle, to); break;
      default: weighted<f64>(from, n, slow, middle, to);
    }
  }
  const end = scratch + <usize>count * step;
  const pairBytes: usize = rounding == Rounding.NONE ? 16 : 8;
  for (let i = 0; i < m; i += 2, lower += 8, weights += 32, out += pairBytes) {
    const both = i + 1 < m;
    const first = (<usize>load<i32>(lower)) << 3;
    const second = both ? (<usize>load<i32>(lower, 4)) << 3 : first;
    const a = v128.load(weights);
    const b = v128.load(weights, 16);
    const low = v128.shuffle<f64>(a, b, 0, 2);
    const high = v128.shuffle<f64>(a, b, 1, 3);
    let sum = f64x2.splat(0);
    for (let row = scratch; row < end; row += step) {
      const x = v128.load(row + first);
      const y = v128.load(row + second);
      sum = f64x2.add(sum, f64x2.mul(v128.shuffle<f64>(x, y, 0, 2), low));
      sum = f64x2.add(sum, f64x2.mul(v128.shuffle<f64>(x, y, 1, 3), high));
    }
    storeRounded(sum, rounding, both, out);
  }
}

function weighted<T>(from: usize, n: i32, slow: v128, middle: v128, to: usize): void {
  const begin = to + 8;
  const end = begin + ((<usize>n) << 3);
  for (let at = begin; at < end; at += 16, from += 2 * sizeof<T>())
    v128.store(at, f64x2.mul(f64x2.mul(pair<T>(from), slow), middle));
  store<f64>(to, load<f64>(begin));
  store<f64>(end, load<f64>(end - 8));
}

/** Where a score is greater than the best so far, it becomes that, and the label becomes `label`; `n` is a multiple of 16. */
export function keepGreater(scores: usize, best: usize, labels: usize, wide: bool, label: i32, n: i32): void {
  for (const end = scores + ((<usize>n) << 2); scores < end; scores += 64, best += 64) {
    const a = raised(scores, best);
    const b = raised(scores + 16, best + 16);
    const c = raised(scores + 32, best + 32);
    const d = raised(scores + 48, best + 48);
    const low = i16x8.narrow_i32x4_s(a, b);
    const high = i16x8.narrow_i32x4_s(c, d);
    if (wide) {
      const value = i16x8.splat(<i16>label);
      v128.store(labels, v128.bitselect(value, v128.load(labels), low));
      v128.store(labels, v128.bitselect(value, v128.load(labels, 16), high), 16);
      labels += 32;
    } else {
      const greater = i8x16.narrow_i16x8_s(low, high);
      v128.store(labels, v128.bitselect(i8x16.splat(<i8>label), v128.load(labels), greater));
      labels += 16;
    }
  }
}

function raised(scores: usize, best: usize): v128 {
  const score = v128.load(scores);
  const so = v128.load(best);
  const greater = f32x4.gt(score, so);
  v128.store(best, v128.bitselect(score, so, greater));
  return greater;
}
