import type { NVImage } from '@niivue/niivue';

export type Voxel = [i: number, j: number, k: number];

/**
 * NiiVue turns images to right, front, head (RAS); points of the AIAA protocol are counted in the file's own order.
 *
 * @param ras voxel index in NiiVue's order
 */
export function toFileOrder({ permRAS, dimsRAS }: NVImage, ras: ArrayLike<number>): Voxel {
  const voxel: Voxel = [0, 0, 0];
  permRAS!.forEach((signed, d) => {
    const axis = Math.abs(signed) - 1;
    voxel[axis] = signed > 0 ? ras[d] : dimsRAS![d + 1] - 1 - ras[d];
  });
  return voxel;
}

/** The other way round. */
export function toRasOrder({ permRAS, dimsRAS }: NVImage, voxel: Voxel): Voxel {
  const ras = permRAS!.map((signed, d) => {
    const index = voxel[Math.abs(signed) - 1];
    return signed > 0 ? index : dimsRAS![d + 1] - 1 - index;
  });
  return ras as Voxel;
}
