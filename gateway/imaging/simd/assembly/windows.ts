// Rows of float32: `n` voxels each, exactly so many of which are written; steps are bytes from one row to the next.
import { floats, pair } from './pair';

/** Adds rows to others. */
export function addRows(from: usize, fromStep: i32, to: usize, toStep: i32, n: i32, rows: i32): void {
  for (; rows > 0; rows--, from += fromStep, to += toStep) addRow(from, to, n);
}

function addRow(from: usize, to: usize, n: i32): void {
  const end = to + ((<usize>n) << 2);
  const fours = to + ((<usize>(n & ~3)) << 2);
  // The sum of two float32 is the same when it is rounded to float64 first.
  for (; to < fours; from += 16, to += 16) v128.store(to, f32x4.add(v128.load(to), v128.load(from)));
  for (; to < end; from += 4, to += 4) store<f32>(to, load<f32>(to) + load<f32>(from));
}

/** Adds rows, each voxel times its weight: product and sum are float64. */
export function addWeightedRows(
  from: usize,
  fromStep: i32,
  weights: usize,
  weightStep: i32,
  to: usize,
  toStep: i32,
  n: i32,
  rows: i32,
): void {
  for (; rows > 0; rows--, from += fromStep, weights += weightStep, to += toStep) addWeightedRow(from, weights, to, n);
}

function addWeightedRow(from: usize, weights: usize, to: usize, n: i32): void {
  const end = to + ((<usize>n) << 2);
  const fours = to + ((<usize>(n & ~3)) << 2);
  for (; to < fours; from += 16, weights += 16, to += 16) {
    const a = f64x2.add(pair<f32>(to), f64x2.mul(pair<f32>(from), pair<f32>(weights)));
    const b = f64x2.add(pair<f32>(to + 8), f64x2.mul(pair<f32>(from + 8), pair<f32>(weights + 8)));
    v128.store(to, floats(a, b));
  }
  for (; to < end; from += 4, weights += 4, to += 4)
    store<f32>(to, <f32>(<f64>load<f32>(to) + <f64>load<f32>(from) * <f64>load<f32>(weights)));
}

/** Divides rows; where the divisor is zero the voxel becomes zero. */
export function divideRows(
  from: usize,
  fromStep: i32,
  divisors: usize,
  divisorStep: i32,
  to: usize,
  toStep: i32,
  n: i32,
  rows: i32,
): void {
  for (; rows > 0; rows--, from += fromStep, divisors += divisorStep, to += toStep) divideRow(from, divisors, to, n);
}

function divideRow(from: usize, divisors: usize, to: usize, n: i32): void {
  const end = to + ((<usize>n) << 2);
  const fours = to + ((<usize>(n & ~3)) << 2);
  const zero = f32x4.splat(0);
  // The quotient of two float32 is the same when it is rounded to float64 first.
  for (; to < fours; from += 16, divisors += 16, to += 16) {
    const divisor = v128.load(divisors);
    v128.store(to, v128.andnot(f32x4.div(v128.load(from), divisor), f32x4.eq(divisor, zero)));
  }
  for (; to < end; from += 4, divisors += 4, to += 4) {
    const divisor = load<f32>(divisors);
    store<f32>(to, divisor == 0 ? 0 : load<f32>(from) / divisor);
  }
}
