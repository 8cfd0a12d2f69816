/**
 * The voxel of a 2-D mask that lies farthest from everything outside the mask; beyond the border of the image is outside too. Of several
 * the first in C order (last axis fastest) is taken, so that a mask always gives the same voxel.
 *
 * Squared Euclidean distances in voxels, exact, in two passes: to the nearest hole along x, then the lower envelope of parabolas along y.
 * @see Felzenszwalb & Huttenlocher, Distance Transforms of Sampled Functions, Theory of Computing 8, 2012
 *
 * @param mask x fastest, `nx * ny` values, above zero is inside
 * @returns undefined for an empty mask
 */
export function deepestVoxel(mask: Uint8Array, nx: number, ny: number): [x: number, y: number] | undefined {
  const along = distancesAlongX(mask, nx, ny);
  const column = new Float64Array(ny + 2);
  let best = -1;
  let depth = 0;
  for (let x = 0; x < nx; x++) {
    // One row of holes on either side.
    for (let y = 0; y < ny; y++) column[y + 1] = along[y * nx + x] ** 2;
    const squared = lowerEnvelope(column);
    for (let y = 0; y < ny; y++) {
      if (squared[y + 1] > depth) {
        depth = squared[y + 1];
        best = x * ny + y;
      }
    }
  }
  return best < 0 ? undefined : [Math.floor(best / ny), best % ny];
}

/** Steps to the nearest voxel outside along x, 0 outside. */
function distancesAlongX(mask: Uint8Array, nx: number, ny: number): Int32Array {
  const steps = new Int32Array(nx * ny);
  for (let y = 0; y < ny; y++) {
    const row = y * nx;
    for (let x = 0, run = 0; x < nx; x++) steps[row + x] = run = mask[row + x] > 0 ? run + 1 : 0;
    for (let x = nx - 1, run = 0; x >= 0; x--) {
      run = mask[row + x] > 0 ? run + 1 : 0;
      steps[row + x] = Math.min(steps[row + x], run);
    }
  }
  return steps;
}

/** `min over q of (p - q)² + f(q)` for every p. */
function lowerEnvelope(f: Float64Array): Float64Array {
  const n = f.length;
  const vertex = new Int32Array(n);
  const border = new Float64Array(n + 1).fill(Infinity);
  border[0] = -Infinity;
  let last = 0;
  const crossing = (q: number, v: number) => (f[q] + q * q - (f[v] + v * v)) / (2 * (q - v));
  for (let q = 1; q < n; q++) {
    while (crossing(q, vertex[last]) <= border[last]) last--;
    const at = crossing(q, vertex[last]);
    vertex[++last] = q;
    border[last] = at;
    border[last + 1] = Infinity;
  }
  const out = new Float64Array(n);
  for (let p = 0, k = 0; p < n; p++) {
    while (border[k + 1] < p) k++;
    out[p] = (p - vertex[k]) ** 2 + f[vertex[k]];
  }
  return out;
}
