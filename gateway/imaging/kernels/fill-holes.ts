import type { Connectivity } from './components';

/**
 * Marks what the outside of a mask cannot reach: the mask and everything enclosed by it. The outside spreads over voxels of 0 from the
 * border of the array inwards, to neighbours as `connectivity` has them (`transforms.md` §7.2 `FillHolesd`).
 *
 * @param mask first axis fastest, 0 or 1; holes become 1, in place
 * @param shape two or three lengths
 */
export function fillHoles(mask: Uint8Array, shape: readonly number[], connectivity: Connectivity): void {
  const [nx, ny, nz = 1] = shape;
  const flat = shape.length < 3;
  const OUTSIDE = 2;
  const stack = new Int32Array(mask.length);
  let top = 0;
  for (let k = 0, at = 0; k < nz; k++) {
    const edgeOfZ = !flat && (k === 0 || k === nz - 1);
    for (let j = 0; j < ny; j++) {
      const edgeOfRow = edgeOfZ || j === 0 || j === ny - 1;
      for (let i = 0; i < nx; i++, at++) {
        if (mask[at] !== 0 || !(edgeOfRow || i === 0 || i === nx - 1)) continue;
        mask[at] = OUTSIDE;
        stack[top++] = at;
      }
    }
  }
  const neighbours = neighbourSteps(connectivity);
  const slice = nx * ny;
  while (top > 0) {
    const at = stack[--top];
    const k = (at / slice) | 0;
    const rest = at - k * slice;
    const j = (rest / nx) | 0;
    const i = rest - j * nx;
    for (let n = 0; n < neighbours.length; n += 3) {
      const x = i + neighbours[n];
      const y = j + neighbours[n + 1];
      const z = k + neighbours[n + 2];
      if (x < 0 || y < 0 || z < 0 || x >= nx || y >= ny || z >= nz) continue;
      const next = x + nx * y + slice * z;
      if (mask[next] !== 0) continue;
      mask[next] = OUTSIDE;
      stack[top++] = next;
    }
  }
  for (let at = 0; at < mask.length; at++) mask[at] = mask[at] === OUTSIDE ? 0 : 1;
}

/** Steps along x, y, z to each neighbour, one behind the other. */
function neighbourSteps(connectivity: Connectivity): Int8Array {
  const most = { faces: 1, edges: 2, full: 3 }[connectivity];
  const steps = [-1, 0, 1];
  const all = steps.flatMap((z) => steps.flatMap((y) => steps.map((x) => [x, y, z])));
  return Int8Array.from(all.filter((step) => step.some(Boolean) && step.filter(Boolean).length <= most).flat());
}
