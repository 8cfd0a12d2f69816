/** The largest finite half. */
export const LARGEST_HALF = 65504;

/**
 * Adds weighted scores to sums in half precision, as torch does on the CPU: product and sum are rounded to float32, then the sum to half (nearest, ties to
 * even, subnormals kept). Halves are kept as float32. A sum beyond the largest half is not made infinite, but stays above it.
 *
 * The rounding is Dekker's splitting (Numerische Mathematik 18, 1971): 2¹³ + 1 leaves the upper 11 of 24 bits. Below 2⁻¹⁴ the unit in the last place of
 * 0.75 is that of a subnormal half.
 */
export function addHalf(sums: Float32Array, at: number, scores: Float32Array, from: number, weights: Float32Array, first: number, n: number): void {
  const f = Math.fround;
  for (let i = 0; i < n; i++) {
    const x = f(sums[at + i] + f(scores[from + i] * weights[first + i]));
    const split = f(x * 8193);
    sums[at + i] = x < 6.103515625e-5 && x > -6.103515625e-5 ? f(f(x + 0.75) - 0.75) : f(split - f(split - x));
  }
} // prettier-ignore

/** Adds weights in the same way. */
export function addWeights(sums: Float32Array, at: number, weights: Float32Array, first: number, n: number): void {
  for (let i = 0; i < n; i++) sums[at + i] = toHalf(sums[at + i] + weights[first + i]);
}

/** The half nearest to a float32. */
export function toHalf(value: number): number {
  const f = Math.fround;
  const x = f(value);
  if (x < 6.103515625e-5 && x > -6.103515625e-5) return f(f(x + 0.75) - 0.75);
  const split = f(x * 8193);
  return f(split - f(split - x));
}
