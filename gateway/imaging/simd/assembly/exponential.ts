// Loops over float32. They read and write up to three voxels more than `n`.

// Constants lie in memory: V8 makes those of the code anew at each use, which takes longer than the sums.

/** To divide by ln 2. */
const LOG2_E = memory.data<f32>([1.44269504, 1.44269504, 1.44269504, 1.44269504], 16);
/** 1.5 · 2²³: added to a small number it leaves its nearest whole number in the low bits of the float32. */
const WHOLE = memory.data<f32>([12582912, 12582912, 12582912, 12582912], 16);
/** Below it the result is less than the least normal float32. */
const LOWEST = memory.data<f32>([-87.33654, -87.33654, -87.33654, -87.33654], 16);
/** ln 2 in two parts; whole multiples of the first are exact. */
const LN2_HIGH = memory.data<f32>([0.693359375, 0.693359375, 0.693359375, 0.693359375], 16);
const LN2_LOW = memory.data<f32>([-0.00021219444, -0.00021219444, -0.00021219444, -0.00021219444], 16);
const SIGN = memory.data<f32>([-0.0, -0.0, -0.0, -0.0], 16);
/** 1 / n! for n from 0 to 7, a vector each. */
// prettier-ignore
const INVERSE_FACTORIALS = memory.data<f32>([
  1, 1, 1, 1,
  1, 1, 1, 1,
  0.5, 0.5, 0.5, 0.5,
  0.16666667, 0.16666667, 0.16666667, 0.16666667,
  0.041666668, 0.041666668, 0.041666668, 0.041666668,
  0.008333334, 0.008333334, 0.008333334, 0.008333334,
  0.0013888889, 0.0013888889, 0.0013888889, 0.0013888889,
  0.0001984127, 0.0001984127, 0.0001984127, 0.0001984127,
], 16);

function term(n: usize): v128 {
  return v128.load(INVERSE_FACTORIALS + 16 * n);
}

/** `a + b * x` */
function plus(a: v128, b: v128, x: v128): v128 {
  return f32x4.add(f32x4.mul(b, x), a);
}

/**
 * `exp(x)` for x up to 0, relative error below 2e-7; below -87.3 it is 0. With x = k ln 2 + r and |r| at most ln 2 / 2 the Taylor series of exp(r) is
 * cut after r⁷, and added up in pairs (Estrin), so that one sum does not wait for the other.
 */
function exponential(x: v128): v128 {
  const whole = v128.load(WHOLE);
  const k = plus(whole, x, v128.load(LOG2_E));
  const n = f32x4.sub(k, whole);
  const rest = f32x4.sub(x, f32x4.mul(n, v128.load(LN2_HIGH)));
  const r = f32x4.sub(rest, f32x4.mul(n, v128.load(LN2_LOW)));
  const r2 = f32x4.mul(r, r);
  const high = plus(plus(term(4), term(5), r), plus(term(6), term(7), r), r2);
  const sum = plus(f32x4.add(term(0), r), plus(plus(term(2), term(3), r), high, r2), r2);
  // Adds k to the exponent.
  const power = i32x4.add(sum, i32x4.shl(k, 23));
  return v128.andnot(power, f32x4.lt(x, v128.load(LOWEST)));
}

/** `1 / (1 + exp(-x))` */
export function sigmoid(from: usize, to: usize, n: i32): void {
  for (const end = to + ((<usize>n) << 2); to < end; to += 16, from += 16) {
    const x = v128.load(from);
    const e = exponential(v128.or(x, v128.load(SIGN)));
    const above = v128.bitselect(e, term(0), i32x4.shr_s(x, 31));
    v128.store(to, f32x4.div(above, f32x4.add(term(0), e)));
  }
}

/**
 * Softmax over `channels` rows of `n` values. The largest value is subtracted first.
 *
 * @param from addresses of the rows, `to` of those of the result
 */
export function softmax(from: usize, to: usize, channels: i32, n: i32): void {
  const fromEnd = from + ((<usize>channels) << 2);
  const toEnd = to + ((<usize>channels) << 2);
  for (let at: usize = 0, end = (<usize>n) << 2; at < end; at += 16) {
    let largest = v128.load(load<usize>(from) + at);
    for (let row = from + 4; row < fromEnd; row += 4) largest = f32x4.pmax(largest, v128.load(load<usize>(row) + at));
    let sum = f32x4.splat(0);
    for (let row = from, target = to; row < fromEnd; row += 4, target += 4) {
      const e = exponential(f32x4.sub(v128.load(load<usize>(row) + at), largest));
      v128.store(load<usize>(target) + at, e);
      sum = f32x4.add(sum, e);
    }
    for (let target = to; target < toEnd; target += 4) {
      const value = load<usize>(target) + at;
      v128.store(value, f32x4.div(v128.load(value), sum));
    }
  }
}
