/**
 * The voxel of a 2-D mask that lies farthest from everything outside the mask; beyond the border of the image is outside too. Of several
 * the first in C order (last axis fastest) is taken, so that a mask always gives the same voxel.
 * Squared Euclidean distances in voxels, exact, in two passes: to the nearest hole along x, then the lower envelope of parabolas along y.
 * @see Felzenszwalb & Huttenlocher, Distance Transforms of Sampled Functions, Theory of Computing 8, 2012
 * @param mask x fastest, `nx * ny` values, above zero is inside
 * @returns undefined for an empty mask
 */
export function deepestVoxel(mask: Uint8Array, nx: number, ny: number): [x: number, y: number] | undefined {
  const along = distancesAlongX(mask, nx, ny);
  // One row of holes on either side.
  const column = new Float64Array(ny + 2);
  const envelope = new LowerEnvelope(ny + 2);
  let best = -1;
  let depth = 0;
  for (let x = 0; x < nx; x++) {
    let most = 0;
    for (let y = 0; y < ny; y++) {
      const squared = along[y * nx + x] ** 2;
      column[y + 1] = squared;
      if (squared > most) most = squared;
    }
    // No voxel is deeper than it is along x.
    if (most <= depth) continue;
    const squared = envelope.of(column);
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
class LowerEnvelope {
  private readonly vertex: Int32Array;
  private readonly border: Float64Array;
  private readonly out: Float64Array;

  constructor(private readonly n: number) {
    this.vertex = new Int32Array(n);
    this.border = new Float64Array(n + 1);
    this.out = new Float64Array(n);
  }

  /** @returns valid until the next call */
  of(f: Float64Array): Float64Array {
    const { n, vertex, border, out } = this;
    vertex[0] = 0;
    border[0] = -Infinity;
    border[1] = Infinity;
    let last = 0;
    for (let q = 1; q < n; q++) {
      const height = f[q] + q * q;
      let at: number;
      // The first border is -Infinity: the parabola of the first vertex is never taken off.
      for (;;) {
        const v = vertex[last];
        at = (height - (f[v] + v * v)) / (2 * (q - v));
        if (at > border[last]) break;
        last--;
      }
      vertex[++last] = q;
      border[last] = at;
      border[last + 1] = Infinity;
    }
    for (let p = 0, k = 0; p < n; p++) {
      while (border[k + 1] < p) k++;
      const v = vertex[k];
      out[p] = (p - v) ** 2 + f[v];
    }
    return out;
  }
}
