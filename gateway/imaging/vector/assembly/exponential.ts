// Loops over float32. They read and write up to three voxels more than `n`.

/** 1.5 · 2²³: added to a small number it leaves its nearest whole number in the low bits of the float32. */
const WHOLE: f32 = 12582912;
/** Below it the result is less than the least normal float32. */
const LOWEST: f32 = -87.33654;
/** ln 2 in two parts; whole multiples of the first are exact. */
const LN2_HIGH: f32 = 0.693359375;
const LN2_LOW: f32 = -0.00021219444;

/**
 * `exp(x)` for x up to 0, relative error below 2e-7; below -87.3 it is 0. With x = k ln 2 + r and |r| at most ln 2 / 2 the Taylor series of exp(r) is
 * cut behind r⁷.
 */
function exponential(x: v128): v128 {
  const k = f32x4.add(f32x4.mul(x, f32x4.splat(1.44269504)), f32x4.splat(WHOLE));
  const whole = f32x4.sub(k, f32x4.splat(WHOLE));
  const r = f32x4.sub(f32x4.sub(x, f32x4.mul(whole, f32x4.splat(LN2_HIGH))), f32x4.mul(whole, f32x4.splat(LN2_LOW)));
  let p = f32x4.add(f32x4.mul(f32x4.splat(1.0 / 5040.0), r), f32x4.splat(1.0 / 720.0));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(1.0 / 120.0));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(1.0 / 24.0));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(1.0 / 6.0));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(0.5));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(1));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(1));
  // Adds k to the exponent.
  const power = i32x4.add(p, i32x4.shl(k, 23));
  return v128.andnot(power, f32x4.lt(x, f32x4.splat(LOWEST)));
}

/** `1 / (1 + exp(-x))` */
export function sigmoid(from: usize, to: usize, n: i32): void {
  const one = f32x4.splat(1);
  for (const end = to + ((<usize>n) << 2); to < end; to += 16, from += 16) {
    const x = v128.load(from);
    const e = exponential(f32x4.neg(f32x4.abs(x)));
    const above = v128.bitselect(e, one, f32x4.lt(x, f32x4.splat(0)));
    v128.store(to, f32x4.div(above, f32x4.add(one, e)));
  }
}

/** Softmax in place over `channels` rows of `n` values, `step` bytes apart. The largest value is subtracted first. */
export function softmax(at: usize, step: usize, channels: i32, n: i32): void {
  for (const end = at + ((<usize>n) << 2); at < end; at += 16) {
    let largest = v128.load(at);
    let row = at + step;
    for (let c = 1; c < channels; c++, row += step) largest = f32x4.pmax(largest, v128.load(row));
    let sum = f32x4.splat(0);
    row = at;
    for (let c = 0; c < channels; c++, row += step) {
      const e = exponential(f32x4.sub(v128.load(row), largest));
      v128.store(row, e);
      sum = f32x4.add(sum, e);
    }
    row = at;
    for (let c = 0; c < channels; c++, row += step) v128.store(row, f32x4.div(v128.load(row), sum));
  }
}
