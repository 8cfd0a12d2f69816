/** The type that a result is rounded to; halves are stored as float32. */
export const enum Rounding {
  FLOAT32,
  HALF,
  NONE,
}

/** Two float64, or the first of them, rounded. */
export function storeRounded(values: v128, rounding: Rounding, both: bool, to: usize): void {
  if (rounding == Rounding.NONE) {
    if (both) v128.store(to, values);
    else v128.store64_lane(to, values, 0);
    return;
  }
  const rounded = f32x4.demote_f64x2_zero(rounding == Rounding.HALF ? halves(values) : values);
  if (both) v128.store64_lane(to, rounded, 0);
  else v128.store32_lane(to, rounded, 0);
}

/** Of the 52 bits of a float64's fraction a half has ten; below 2^-14 its steps are 2^-24. Halfway goes to the even one. Not for more than 65504. */
function halves(values: v128): v128 {
  const odd = v128.and(i64x2.shr_u(values, 42), i64x2.splat(1));
  const up = i64x2.add(values, i64x2.add(i64x2.splat(0x1ffffffffff), odd));
  const normal = v128.and(up, i64x2.splat(~0x3ffffffffff));
  const shift = f64x2.splat(402653184);
  const small = f64x2.sub(f64x2.add(values, shift), shift);
  return v128.bitselect(small, normal, f64x2.lt(f64x2.abs(values), f64x2.splat(0.00006103515625)));
}

/** `n` float64 kept between `low` and `high` and rounded; exactly `n` float32. */
export function roundRow(from: usize, n: i32, low: f64, high: f64, rounding: Rounding, to: usize): void {
  const lows = f64x2.splat(low);
  const highs = f64x2.splat(high);
  for (let i = 0; i < n; i += 2, from += 16, to += 8)
    storeRounded(f64x2.pmin(f64x2.pmax(v128.load(from), lows), highs), rounding, i + 1 < n, to);
}
