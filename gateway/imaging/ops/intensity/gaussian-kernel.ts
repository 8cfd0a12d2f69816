import { erf } from './erf';

/**
 * A gaussian integrated over each voxel: `0.5 * (erf(t(x + 0.5)) - erf(t(x - 0.5)))`, t = 0.70710678 / sigma, from -tail to tail with
 * tail = int(max(4 sigma, 0.5) + 0.5). Not renormalised (`transforms.md` §4.7).
 *
 * @param sigma standard deviation in voxels
 */
export function gaussianKernel(sigma: number): Float64Array {
  const tail = Math.trunc(Math.max(4 * sigma, 0.5) + 0.5);
  const t = 0.70710678 / sigma;
  return Float64Array.from({ length: 2 * tail + 1 }, (_, n) => {
    const x = n - tail;
    return 0.5 * (erf(t * (x + 0.5)) - erf(t * (x - 0.5)));
  });
}
