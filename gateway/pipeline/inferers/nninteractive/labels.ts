import { overlap, perAxis, sizeOfBox, type Box } from './boxes';
import { toHalf } from '../../../half';
import { SparseHalves } from './sparse-halves';

/** Labels of a box, which may go beyond the image, in C order. */
export interface Labels {
  data: Uint8Array;
  box: Box;
}

/** A mask as a channel of prompts. */
export function channelOf(labels: Labels | undefined, shape: SparseHalves['shape']): SparseHalves {
  const channel = new SparseHalves(shape);
  if (!labels) return channel;
  const [, ny, nz] = sizeOfBox(labels.box);
  const [ox, oy, oz] = perAxis((d) => labels.box[d][0]);
  channel.write(labels.box, (x, y, z0, z1, block, at) => {
    let from = ((x - ox) * ny + y - oy) * nz + z0 - oz;
    for (let z = z0; z < z1; z++) block[at++] = toHalf(labels.data[from++]);
  });
  return channel;
}

/** What a channel holds in a box within it. */
export function labelsIn(mask: SparseHalves, box: Box): Labels {
  const [nx, ny, nz] = sizeOfBox(box);
  const data = new Uint8Array(nx * ny * nz);
  mask.read(box, data, [ny * nz, nz]);
  return { data, box };
}

/** Copies labels where two boxes overlap, as far as they lie in a third one. */
export function copyLabels(from: Labels, to: Labels, within: Box = from.box): void {
  const common = overlap(from.box, to.box);
  const box = common && overlap(common, within);
  if (!box) return;
  const place = ({ box: own }: Labels, x: number, y: number) =>
    ((x - own[0][0]) * (own[1][1] - own[1][0]) + y - own[1][0]) * (own[2][1] - own[2][0]) + box[2][0] - own[2][0];
  const length = box[2][1] - box[2][0];
  for (let x = box[0][0]; x < box[0][1]; x++)
    for (let y = box[1][0]; y < box[1][1]; y++) {
      const at = place(from, x, y);
      to.data.set(from.data.subarray(at, at + length), place(to, x, y));
    }
}
