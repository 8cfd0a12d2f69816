const LOG2_E = Math.fround(1.4426950408889634);
/** ln 2 in two parts, of which the first has few bits. */
const LN_2 = [0.693145751953125, 1.428606765330187045e-6].map(Math.fround);
const SERIES = [0.000198527617612853646278381, 0.00139304355252534151077271, 0.00833336077630519866943359, 0.0416664853692054748535156, 0.166666671633720397949219, 0.5].map(Math.fround); // prettier-ignore
/** Added and taken away again, it leaves a whole number. */
const WHOLE = 1.5 * 2 ** 23;

/**
 * The exponential function as torch 2.13 computes it on a CPU with vectors, in every bit: SLEEF's `expf` with an error of less than one unit (u10), whose sums
 * of products are rounded once. @param x a float32
 */
export function expFloat32(x: number): number {
  if (x < -104) return 0;
  if (x > 100) return Infinity;
  const q = Math.fround(Math.fround(Math.fround(x * LOG2_E) + WHOLE) - WHOLE);
  const s = Math.fround(Math.fround(x - q * LN_2[0]) - q * LN_2[1]);
  let u = SERIES[0];
  for (let i = 1; i < SERIES.length; i++) u = Math.fround(u * s + SERIES[i]);
  u = Math.fround(1 + Math.fround(Math.fround(s * s) * u + s));
  return Math.fround(u * 2 ** q);
}
