/**
 * The error function, absolute error below 1e-15: Maclaurin series near zero, continued fraction of erfc beyond.
 * Abramowitz & Stegun, Handbook of Mathematical Functions, 7.1.6 and 7.1.14.
 */
export function erf(x: number): number {
  const z = Math.abs(x);
  const value = z < 2.5 ? series(z) : z > 6 ? 1 : 1 - continuedFraction(z);
  return x < 0 ? -value : value;
}

/** `2/sqrt(pi) * exp(-z²) * Σ 2^n z^(2n+1) / (1·3·…·(2n+1))`: all terms positive, so nothing cancels. */
function series(z: number): number {
  let term = z;
  let sum = z;
  for (let n = 1; term > sum * 1e-17; n++) {
    term *= (2 * z * z) / (2 * n + 1);
    sum += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-z * z) * sum;
}

/** erfc for z >= 2.5, from the far end of the fraction to its head. */
function continuedFraction(z: number): number {
  let tail = 0;
  for (let n = 60; n > 0; n--) tail = n / 2 / (z + tail);
  return Math.exp(-z * z) / Math.sqrt(Math.PI) / (z + tail);
}
