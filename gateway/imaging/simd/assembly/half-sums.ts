// Sums in half precision, kept as float32. Rows of `n` voxels, exactly so many of which are written; steps are bytes from one row to the next.

/**
 * The half nearest to each float32, ties to even, subnormals kept: Dekker's splitting with 2^13 + 1 leaves the upper 11 of 24 bits; below 2^-14 the
 * unit in the last place of 0.75 is that of a subnormal half. Not for more than 65504.
 */
function halves(x: v128): v128 {
  const split = f32x4.mul(x, f32x4.splat(8193));
  const normal = f32x4.sub(split, f32x4.sub(split, x));
  const small = f32x4.sub(f32x4.add(x, f32x4.splat(0.75)), f32x4.splat(0.75));
  return v128.bitselect(small, normal, f32x4.lt(f32x4.abs(x), f32x4.splat(0.00006103515625)));
}

/** Of four floats the first `n`, at most all, rounded. */
function storeHalves(to: usize, values: v128, n: i32): void {
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
      const product = f32x4.mul(v128.load(scores + at), v128.load(weights + at));
      storeHalves(sums + at, f32x4.add(v128.load(sums + at), product), n - i);
    }
  }
}

/** Adds rows of weights to sums. */
export function addHalfWeights(weights: usize, weightStep: i32, sums: usize, sumStep: i32, n: i32, rows: i32): void {
  for (; rows > 0; rows--, weights += weightStep, sums += sumStep) {
    for (let i = 0; i < n; i += 4) {
      const at = (<usize>i) << 2;
      storeHalves(sums + at, f32x4.add(v128.load(sums + at), v128.load(weights + at)), n - i);
    }
  }
}

/**
 * Quotients of sums by weights, or with `more` added to what is there; each step rounded to half.
 * @returns 1 when a sum is beyond the largest half, or no number
 */
export function halfQuotients(sums: usize, weights: usize, to: usize, n: i32, more: i32): i32 {
  let beyond = 0;
  for (let i = 0; i < n; i += 4) {
    const at = (<usize>i) << 2;
    const sum = v128.load(sums + at);
    const over = i32x4.bitmask(v128.not(f32x4.le(f32x4.abs(sum), f32x4.splat(65504))));
    beyond |= n - i >= 4 ? over : over & ((1 << (n - i)) - 1);
    const quotient = f32x4.div(sum, v128.load(weights + at));
    storeHalves(to + at, more ? f32x4.add(v128.load(to + at), halves(quotient)) : quotient, n - i);
  }
  return beyond == 0 ? 0 : 1;
}

/** Divides halves by a number. */
export function divideHalves(to: usize, n: i32, divisor: f32): void {
  for (let i = 0; i < n; i += 4) {
    const at = (<usize>i) << 2;
    storeHalves(to + at, f32x4.div(v128.load(to + at), f32x4.splat(divisor)), n - i);
  }
}
