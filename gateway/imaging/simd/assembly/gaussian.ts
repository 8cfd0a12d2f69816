import { floats } from './pair';

/** Lines side by side whose sums stay in registers. */
const ABREAST = 8;

/**
 * `out[k] = Σ kernel[t] · from[k + t · step]` of float32, summed in float64 in the order of the taps, for `n` values side by side. Reads and writes
 * up to seven values more.
 *
 * @param step bytes from the value of one tap to that of the next
 */
export function weightedSums(from: usize, step: usize, kernel: usize, taps: i32, n: i32, out: usize): void {
  const kernelEnd = kernel + ((<usize>taps) << 3);
  for (const end = out + ((<usize>n) << 2); out < end; out += 4 * ABREAST, from += 4 * ABREAST) {
    let a = f64x2.splat(0);
    let b = a;
    let c = a;
    let d = a;
    let at = from;
    for (let tap = kernel; tap < kernelEnd; tap += 8, at += step) {
      const weight = v128.load64_splat(tap);
      a = f64x2.add(a, f64x2.mul(weight, f64x2.promote_low_f32x4(v128.load64_zero(at))));
      b = f64x2.add(b, f64x2.mul(weight, f64x2.promote_low_f32x4(v128.load64_zero(at, 8))));
      c = f64x2.add(c, f64x2.mul(weight, f64x2.promote_low_f32x4(v128.load64_zero(at, 16))));
      d = f64x2.add(d, f64x2.mul(weight, f64x2.promote_low_f32x4(v128.load64_zero(at, 24))));
    }
    v128.store(out, floats(a, b));
    v128.store(out, floats(c, d), 16);
  }
}
