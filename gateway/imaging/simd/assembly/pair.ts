/** Two voxels that follow each other, as float64. */
export function pair<T>(at: usize): v128 {
  if (sizeof<T>() == 8) return v128.load(at);
  if (isFloat<T>()) return f64x2.promote_low_f32x4(v128.load64_zero(at));
  if (sizeof<T>() == 4)
    return isSigned<T>()
      ? f64x2.convert_low_i32x4_s(v128.load64_zero(at))
      : f64x2.convert_low_i32x4_u(v128.load64_zero(at));
  const words =
    sizeof<T>() == 2
      ? v128.load32_zero(at)
      : isSigned<T>()
        ? i16x8.extend_low_i8x16_s(v128.load16_splat(at))
        : i16x8.extend_low_i8x16_u(v128.load16_splat(at));
  return f64x2.convert_low_i32x4_s(isSigned<T>() ? i32x4.extend_low_i16x8_s(words) : i32x4.extend_low_i16x8_u(words));
}

/** Two pairs of float64 as four float32. */
export function floats(a: v128, b: v128): v128 {
  return v128.shuffle<f32>(f32x4.demote_f64x2_zero(a), f32x4.demote_f64x2_zero(b), 0, 1, 4, 5);
}
