import type { NumericArray } from '../../../imaging/volume';
import { overlap, wholeOf, type Box, type Three } from './boxes';
import { interpolate } from './trilinear';

/** An image as the network sees it: minus the mean, divided by the standard deviation. C order, slowest axis first. */
export interface Picture {
  shape: Three;
  data: NumericArray;
  mean: number;
  deviation: number;
}

/**
 * Mean and standard deviation (n − 1) over the smallest box that holds all voxels other than 0.
 * @returns undefined for an image of zeros
 */
export function statisticsOf(data: NumericArray, [nx, ny, nz]: Three): Pick<Picture, 'mean' | 'deviation'> | undefined {
  const seen = [new Uint8Array(nx), new Uint8Array(ny), new Uint8Array(nz)];
  for (let x = 0, at = 0; x < nx; x++)
    for (let y = 0; y < ny; y++) {
      let any = 0;
      for (let z = 0; z < nz; z++, at++) if (data[at] !== 0) any = seen[2][z] = 1;
      if (any) seen[0][x] = seen[1][y] = 1;
    }
  if (!seen[0].includes(1)) return undefined;
  const [[x0, x1], [y0, y1], [z0, z1]] = seen.map((axis) => [axis.indexOf(1), axis.lastIndexOf(1) + 1]);
  const eachRow = (use: (from: number, to: number) => void) => {
    for (let x = x0; x < x1; x++) for (let y = y0; y < y1; y++) use((x * ny + y) * nz + z0, (x * ny + y) * nz + z1);
  };
  const n = (x1 - x0) * (y1 - y0) * (z1 - z0);
  let sum = 0;
  eachRow((from, to) => {
    for (let at = from; at < to; at++) sum += data[at];
  });
  const mean = sum / n;
  let squares = 0;
  eachRow((from, to) => {
    for (let at = from; at < to; at++) squares += (data[at] - mean) ** 2;
  });
  return { mean: Math.fround(mean), deviation: Math.fround(Math.sqrt(squares / (n - 1))) };
} // prettier-ignore

/** Voxels `z0` to `z1` of a row, into `out`. */
function readRow({ shape, data, mean, deviation }: Picture, x: number, y: number, z0: number, z1: number, out: Float32Array, at: number): void {
  let from = (x * shape[1] + y) * shape[2] + z0;
  for (let z = z0; z < z1; z++, from++, at++) out[at] = Math.fround(Math.fround(data[from]) - mean) / deviation;
} // prettier-ignore

/** A box of the image, zero beyond it, into `out`, which holds zeros. */
export function cutPicture(picture: Picture, box: Box, size: Three, out: Float32Array): void {
  const inside = overlap(box, wholeOf(picture.shape));
  if (!inside) return;
  const [[x0, x1], [y0, y1], [z0, z1]] = inside;
  for (let x = x0; x < x1; x++)
    for (let y = y0; y < y1; y++)
      readRow(picture, x, y, z0, z1, out, ((x - box[0][0]) * size[1] + y - box[1][0]) * size[2] + z0 - box[2][0]);
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
      readRow(picture, x, y, z0, z1, line, z0 - box[2][0]);
      return line;
    },
    plane: (x, values) => out.set(values, x * to[1] * to[2]),
  });
}
