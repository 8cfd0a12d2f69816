import { overlap, wholeOf, type Box, type Three } from './boxes';
import { interpolate } from './trilinear';

/** An image as the network sees it: of `NninteractiveNormalized`. C order, slowest axis first. */
export interface Picture {
  shape: Three;
  data: Float32Array;
}

/** A box of the image, zero beyond it, into `out`, which holds zeros. */
export function cutPicture(picture: Picture, box: Box, size: Three, out: Float32Array): void {
  const inside = overlap(box, wholeOf(picture.shape));
  if (!inside) return;
  const [[x0, x1], [y0, y1], [z0, z1]] = inside;
  for (let x = x0; x < x1; x++)
    for (let y = y0; y < y1; y++)
      out.set(rowOf(picture, x, y, z0, z1), ((x - box[0][0]) * size[1] + y - box[1][0]) * size[2] + z0 - box[2][0]);
}

/** A box of the image made smaller. */
export function shrinkPicture(picture: Picture, box: Box, from: Three, to: Three, out: Float32Array): void {
  const inside = overlap(box, wholeOf(picture.shape));
  if (!inside) return;
  const [[x0, x1], [y0, y1], [z0, z1]] = inside;
  const line = new Float32Array(from[2]);
  interpolate({
    from,
    to,
    box: wholeOf(to),
    row: (lx, ly) => {
      const [x, y] = [lx + box[0][0], ly + box[1][0]];
      if (x < x0 || x >= x1 || y < y0 || y >= y1) return undefined;
      line.set(rowOf(picture, x, y, z0, z1), z0 - box[2][0]);
      return line;
    },
    plane: (x, values) => out.set(values, x * to[1] * to[2]),
  });
}

function rowOf({ data, shape }: Picture, x: number, y: number, z0: number, z1: number): Float32Array {
  const at = (x * shape[1] + y) * shape[2];
  return data.subarray(at + z0, at + z1);
}
