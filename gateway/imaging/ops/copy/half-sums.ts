import { inPlanes, type Part } from '../../simd/planes';

/*
 * Sums in half precision (a `Uint16Array` of their bits), as torch makes them on the CPU: product, sum and quotient are float32, then rounded to half
 * (nearest, ties to even, subnormals kept; beyond the largest half infinite).
 */

/** The largest finite half. */
export const LARGEST_HALF = 65504;

/** Adds a box of scores, each times its weight, to sums. */
export function addHalf(shape: readonly number[], sums: Part, scores: Part, weights: Part): void {
  inPlanes(shape, sums, [scores, weights], ({ code, n, rows, at, steps }) =>
    code.addHalfRows(at[1], steps[1], at[2], steps[2], at[0], steps[0], n, rows),
  );
}

/** Adds a box of weights to sums. */
export function addHalfWeights(shape: readonly number[], sums: Part, weights: Part): void {
  inPlanes(shape, sums, [weights], ({ code, n, rows, at, steps }) =>
    code.addHalfWeights(at[1], steps[1], at[0], steps[0], n, rows),
  );
}

/**
 * Divides a box of sums by weights, halves both, into `out`, a `Float32Array`, or adds the quotients to what is there.
 * @returns whether a sum was beyond the largest half
 */
export function halfQuotients(
  shape: readonly number[],
  out: Part,
  sums: Part,
  weights: Part,
  how: 'put' | 'add',
): boolean {
  let beyond = 0;
  inPlanes(shape, out, [sums, weights], ({ code, n, rows, at: [to, from, by], steps }) => {
    for (let row = 0; row < rows; row++)
      beyond |= code.halfQuotients(
        from + row * steps[1],
        by + row * steps[2],
        to + row * steps[0],
        n,
        Number(how === 'add'),
      );
  });
  return beyond !== 0;
}

/** Divides a box of halves that lie as float32 by a number. */
export function divideHalves(shape: readonly number[], out: Part, divisor: number): void {
  inPlanes(shape, out, [], ({ code, n, rows, at: [to], steps: [step] }) => {
    for (let row = 0; row < rows; row++) code.divideHalves(to + row * step, n, divisor);
  });
}
