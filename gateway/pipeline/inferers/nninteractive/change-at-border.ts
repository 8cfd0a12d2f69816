import type { Three } from './boxes';

/** Voxels of a face whose change is too much by itself, and those from which on a change of the area counts. */
const MANY = 1500;
const FEW = 100;
const GROWTH = 0.2;

/** Whether the mask of a patch changed so much on one of its faces that the object goes on beyond it. */
export function changesAtBorder(mask: Uint8Array, [nx, ny, nz]: Three, previous: (x: number, y: number, z: number) => number): boolean {
  const faces: ((use: (x: number, y: number, z: number) => void) => void)[] = [0, nx - 1].map((x) => (use) => {
    for (let y = 0; y < ny; y++) for (let z = 0; z < nz; z++) use(x, y, z);
  });
  for (const y of [0, ny - 1])
    faces.push((use) => {
      for (let x = 0; x < nx; x++) for (let z = 0; z < nz; z++) use(x, y, z);
    });
  for (const z of [0, nz - 1])
    faces.push((use) => {
      for (let x = 0; x < nx; x++) for (let y = 0; y < ny; y++) use(x, y, z);
    });
  return faces.some((eachVoxel) => {
    let [before, now, changed] = [0, 0, 0];
    eachVoxel((x, y, z) => {
      const [old, value] = [previous(x, y, z), mask[(x * ny + y) * nz + z]];
      before += old;
      now += value;
      changed += Number(old !== value);
    });
    const growth = Math.max(before, now) / Math.max(Math.min(before, now), 1e-5) - 1;
    return changed > MANY || (changed > FEW && growth > GROWTH);
  });
} // prettier-ignore
