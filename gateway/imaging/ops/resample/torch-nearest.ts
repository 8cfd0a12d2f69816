import { roundHalfEven } from '../intensity/round-half-even';

/**
 * Index of the nearest sample at `start + j * step`, j from 0 to `m` - 1, on an axis of `n` samples; it may lie outside.
 *
 * MONAI places samples with torch's `affine_grid` and `grid_sample`, whose coordinates run from -1 to 1. The positions come back from there
 * with rounding errors, and those decide samples that lie half-way between two: of every second voxel when a mask goes back to a grid twice as
 * fine. So the same float64 operations are done in the same order (torch 2.13 on x86-64 with AVX2; equal at 7105 of 7105 half-way samples).
 *
 * @param alignCorners coordinates -1 and 1 are the middles of the outer samples, not their ends
 */
export function torchNearest(n: number, m: number, step: number, start: number, alignCorners = false): Int32Array {
  const [old, made] = [normalizing(n, alignCorners), normalizing(m, alignCorners)];
  const inverse = 1 / made.scale;
  const scale = old.scale * step * inverse;
  const shift = old.scale * step * -(made.shift * inverse) + (old.scale * start + old.shift);
  return Int32Array.from({ length: m }, (_, j) => {
    const end = m === 1 ? 0 : endCoordinate(j, m);
    const coordinate = scale * (alignCorners ? end : (end * (m - 1)) / m) + shift;
    return roundHalfEven(alignCorners ? ((coordinate + 1) / 2) * (n - 1) : ((coordinate + 1) * n - 1) / 2);
  });
}

/** From indices of `n` samples to coordinates. */
function normalizing(n: number, alignCorners: boolean): { scale: number; shift: number } {
  return alignCorners ? { scale: 2 / (Math.max(n, 2) - 1), shift: -1 } : { scale: 2 / n, shift: 1 / n - 1 };
}

/** torch's `linspace` of `m` numbers from -1 to 1, which goes from both ends with fused operations. */
function endCoordinate(j: number, m: number): number {
  const step = 2 / (m - 1);
  return j < Math.floor(m / 2) ? multiplyAdd(step, j, -1) : multiplyAdd(-step, m - 1 - j, 1);
}

/** `a * b + c`, rounded once; `b` is a whole number below 2^26. */
function multiplyAdd(a: number, b: number, c: number): number {
  const split = 134217729 * a;
  const high = split - (split - a);
  const product = a * b;
  const productError = high * b - product + (a - high) * b;
  const sum = product + c;
  const part = sum - product;
  const sumError = product - (sum - part) + (c - part);
  return sum + (sumError + productError);
}
