// Sums in half precision, stored as halves of 16 bits. Rows of `n` voxels, exactly so many of which are written; steps are bytes from one row to the next.

/** What the exponents of float32 and half differ by, as bits of a float32. */
const REBIASED = 112 << 23;
/** The least normal half. */
const NORMAL: f32 = 0.00006103515625;
const INFINITE = 0x7c00;

/**
 * The half nearest to each float32, ties to even, as float32: Dekker's splitting with 2^13 + 1 leaves the upper 11 of 24 bits; below 2^-14 the
 * unit in the last place of 0.75 is that of a subnormal half. Not for more than 65504.
 */
function halves(x: v128): v128 {
  const split = f32x4.mul(x, f32x4.splat(8193));
  const normal = f32x4.sub(split, f32x4.sub(split, x));
  const small = f32x4.sub(f32x4.add(x, f32x4.splat(0.75)), f32x4.splat(0.75));
  return v128.bitselect(small, normal, f32x4.lt(f32x4.abs(x), f32x4.splat(NORMAL)));
}

/** The bits of the halves nearest to four float32, in lanes of 32 bits; beyond 65504, or no number, infinity. */
function bitsOf(x: v128): v128 {
  const split = f32x4.mul(x, f32x4.splat(8193));
  const normal = f32x4.abs(f32x4.sub(split, f32x4.sub(split, x)));
  const large = i32x4.shr_u(i32x4.sub(normal, i32x4.splat(REBIASED)), 13);
  // The unit in the last place of 0.5 is that of a subnormal half.
  const small = i32x4.sub(f32x4.add(f32x4.abs(x), f32x4.splat(0.5)), f32x4.splat(0.5));
  const size = v128.bitselect(small, large, f32x4.lt(f32x4.abs(x), f32x4.splat(NORMAL)));
  const sign = v128.and(i32x4.shr_u(x, 16), i32x4.splat(0x8000));
  return v128.or(i32x4.min_u(size, i32x4.splat(INFINITE)), sign);
}

/** Four halves as float32. */
function loadHalves(from: usize): v128 {
  const bits = v128.load16x4_u(from);
  const size = i32x4.shl(v128.and(bits, i32x4.splat(0x7fff)), 13);
  const normal = i32x4.add(size, i32x4.splat(REBIASED));
  // One step of the exponent more, and the number that was added for it taken away.
  const small = f32x4.sub(i32x4.add(normal, i32x4.splat(1 << 23)), f32x4.splat(NORMAL));
  const finite = v128.bitselect(small, normal, i32x4.lt_s(size, i32x4.splat(1 << 23)));
  const beyond = v128.and(i32x4.ge_s(size, i32x4.splat(INFINITE << 13)), i32x4.splat(0x7f800000));
  return v128.or(v128.or(finite, beyond), i32x4.shl(v128.and(bits, i32x4.splat(0x8000)), 16));
}

/** Of four floats the first `n`, at most all, as halves. */
function storeHalves(to: usize, values: v128, n: i32): void {
  const bits = bitsOf(values);
  const packed = i16x8.narrow_i32x4_u(bits, bits);
  if (n >= 4) return v128.store64_lane(to, packed, 0);
  store<u16>(to, i16x8.extract_lane_u(packed, 0));
  if (n > 1) store<u16>(to, i16x8.extract_lane_u(packed, 1), 2);
  if (n > 2) store<u16>(to, i16x8.extract_lane_u(packed, 2), 4);
}

/** Of four floats the first `n`, at most all, rounded to halves. */
function storeRounded(to: usize, values: v128, n: i32): void {
  const rounded = halves(values);
  if (n >= 4) return v128.store(to, rounded);
  store<f32>(to, f32x4.extract_lane(rounded, 0));
  if (n > 1) store<f32>(to, f32x4.extract_lane(rounded, 1), 4);
  if (n > 2) store<f32>(to, f32x4.extract_lane(rounded, 2), 8);
}

/** Adds rows of scores, each times its weight, to sums; product and sum are rounded to float32 before the sum is to half. */
export function addHalfRows(
  scores: usize,
  scoreStep: i32,
  weights: usize,
  weightStep: i32,
  sums: usize,
  sumStep: i32,
  n: i32,
  rows: i32,
): void {
  for (; rows > 0; rows--, scores += scoreStep, weights += weightStep, sums += sumStep) {
    for (let i = 0; i < n; i += 4) {
      const at = (<usize>i) << 2;
      const sum = sums + ((<usize>i) << 1);
      const product = f32x4.mul(v128.load(scores + at), v128.load(weights + at));
      storeHalves(sum, f32x4.add(loadHalves(sum), product), n - i);
    }
  }
}

/** Adds rows of weights to sums. */
export function addHalfWeights(weights: usize, weightStep: i32, sums: usize, sumStep: i32, n: i32, rows: i32): void {
  for (; rows > 0; rows--, weights += weightStep, sums += sumStep) {
    for (let i = 0; i < n; i += 4) {
      const sum = sums + ((<usize>i) << 1);
      storeHalves(sum, f32x4.add(loadHalves(sum), v128.load(weights + ((<usize>i) << 2))), n - i);
    }
  }
}

/**
 * Quotients of sums by weights as float32, or with `more` added to what is there; each step rounded to half.
 * @returns 1 when a sum is beyond the largest half, or no number
 */
export function halfQuotients(sums: usize, weights: usize, to: usize, n: i32, more: i32): i32 {
  let beyond = 0;
  for (let i = 0; i < n; i += 4) {
    const at = (<usize>i) << 1;
    const sum = loadHalves(sums + at);
    const over = i32x4.bitmask(v128.not(f32x4.le(f32x4.abs(sum), f32x4.splat(65504))));
    beyond |= n - i >= 4 ? over : over & ((1 << (n - i)) - 1);
    const quotient = f32x4.div(sum, loadHalves(weights + at));
    const out = to + ((<usize>i) << 2);
    storeRounded(out, more ? f32x4.add(v128.load(out), halves(quotient)) : quotient, n - i);
  }
  return beyond == 0 ? 0 : 1;
}

/** Divides halves by a number. */
export function divideHalves(to: usize, n: i32, divisor: f32): void {
  for (let i = 0; i < n; i += 4) {
    const at = (<usize>i) << 2;
    storeRounded(to + at, f32x4.div(v128.load(to + at), f32x4.splat(divisor)), n - i);
  }
}
