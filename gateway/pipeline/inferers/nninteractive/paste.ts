import { overlap, perAxis, sizeOfBox, wholeOf, type Box } from './boxes';
import { toHalf } from './half';
import type { SparseHalves } from './sparse-halves';

/** Labels of a box, which may go beyond the image, in C order. */
export interface Labels {
  data: Uint8Array;
  box: Box;
}

const byteHalves = Uint16Array.from({ length: 256 }, (_, value) => toHalf(value));

/** Writes the part of labels in `box` over a mask, and over a second one, which shares the blocks that are equal. */
export function pasteLabels(labels: Labels, box: Box, mask: SparseHalves, second: SparseHalves): void {
  const inside = overlap(box, wholeOf(mask.shape));
  if (!inside) return;
  const [, ny, nz] = sizeOfBox(labels.box);
  const [ox, oy, oz] = perAxis((d) => labels.box[d][0]);
  const before = mask.copy();
  const fill = (x: number, y: number, z0: number, z1: number, block: Uint16Array, at: number) => {
    let from = ((x - ox) * ny + y - oy) * nz + z0 - oz;
    for (let z = z0; z < z1; z++) block[at++] = byteHalves[labels.data[from++]];
  };
  mask.write(inside, fill);
  second.writeLike(before, mask, inside, fill);
}

/** What a mask holds in a box within it. */
export function labelsIn(mask: SparseHalves, box: Box): Labels {
  const [nx, ny, nz] = sizeOfBox(box);
  const data = new Uint8Array(nx * ny * nz);
  mask.read(box, data, [ny * nz, nz]);
  return { data, box };
}
