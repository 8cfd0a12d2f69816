import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { perType } from '../../imaging/ops/copy/per-type';
import { sizeOf, type NumericArray } from '../../imaging/volume';
import { fail } from '../../errors';
import { boxOfMaskFile, MASK_HEAD_BYTES, type Box } from '../../interaction';

/** A mask of three axes as the smallest box that holds all of it: 0 and 1, last axis fastest. Most masks of a user are small in their image. */
export interface BoxedMask {
  /** Null where no voxel is set. */
  box: Box | null;
  data: Uint8Array;
}

const EMPTY: BoxedMask = { box: null, data: new Uint8Array(0) };

export const sizeOfBox = (box: Box): number[] => box.map(([first, end]) => end - first);

/** The voxels that are not 0 of an array, last axis fastest. @param offset of the array in the image. @default nowhere else */
export function boxedMask(
  data: NumericArray,
  shape: readonly number[],
  offset: readonly number[] = [0, 0, 0],
): BoxedMask {
  // Four bytes at a time, then exactly in what is left.
  const isInFours = data.BYTES_PER_ELEMENT === 1 && shape[2] % 4 === 0 && data.byteOffset % 4 === 0;
  if (!isInFours) return boxed(data, shape, offset, 1);
  const rough = boxed(data, shape, offset, 4);
  return rough.box ? boxed(rough.data, sizeOfBox(rough.box), rough.box.map(([first]) => first), 1) : rough; // prettier-ignore
}

/** @param each elements of the last axis that are looked at as one: its bounds are multiples of that */
function boxed(data: NumericArray, [nz, ny, nx]: readonly number[], offset: readonly number[], each: 1 | 4): BoxedMask {
  const words = each === 4 ? new Int32Array(data.buffer, data.byteOffset, (nz * ny * nx) / 4) : data;
  const bounds = boundsOfRows(words)(words, nz, ny, nx / each);
  if (!bounds) return EMPTY;
  const [z0, z1, y0, y1] = bounds;
  const [x0, x1] = [bounds[4] * each, bounds[5] * each];
  const out = new Uint8Array((z1 - z0) * (y1 - y0) * (x1 - x0));
  let to = 0;
  for (let z = z0; z < z1; z++)
    for (let y = y0; y < y1; y++)
      for (let at = (z * ny + y) * nx + x0, end = at + x1 - x0; at < end; at++) out[to++] = data[at] === 0 ? 0 : 1;
  const box: Box = [[z0, z1], [y0, y1], [x0, x1]]; // prettier-ignore
  return { box: box.map(([first, end], d) => [first + offset[d], end + offset[d]] as const), data: out };
}

/** First index and end along each axis; undefined where everything is 0. One pass: a mask is small in its image, and memory is what takes the time. */
const boundsOfRows = perType((values: NumericArray, nz: number, ny: number, nx: number): number[] | undefined => {
  let [z0, z1, y0, y1, x0, x1] = [nz, 0, ny, 0, nx, 0];
  for (let z = 0, row = 0; z < nz; z++)
    for (let y = 0; y < ny; y++, row += nx) {
      let first = 0;
      while (first < nx && values[row + first] === 0) first++;
      if (first === nx) continue;
      let end = nx;
      while (end > x1 && values[row + end - 1] === 0) end--;
      z0 = Math.min(z0, z);
      z1 = z + 1;
      y0 = Math.min(y0, y);
      y1 = Math.max(y1, y + 1);
      x0 = Math.min(x0, first);
      x1 = end;
    }
  return z1 === 0 ? undefined : [z0, z1, y0, y1, x0, x1];
});

/** The voxels of a mask in a box, which may be larger. */
export function cut({ box: own, data }: BoxedMask, box: Box): Uint8Array {
  const size = sizeOfBox(box);
  const out = new Uint8Array(sizeOf(size));
  if (!own) return out;
  const both = box.map(([first, end], d) => [Math.max(first, own[d][0]), Math.min(end, own[d][1])]);
  const [, ny, nx] = sizeOfBox(own);
  const [[z0, z1], [y0, y1], [x0, x1]] = both;
  if (x1 <= x0) return out;
  for (let z = z0; z < z1; z++)
    for (let y = y0; y < y1; y++) {
      const from = ((z - own[0][0]) * ny + y - own[1][0]) * nx - own[2][0];
      const to = ((z - box[0][0]) * size[1] + y - box[1][0]) * size[2] - box[2][0];
      out.set(data.subarray(from + x0, from + x1), to + x0);
    }
  return out;
}

/** The smallest box with all voxels in which two masks differ; null where they are equal. */
export function changedBox(a: BoxedMask, b: BoxedMask): Box | null {
  const box = boxAround(a.box, b.box);
  if (!box) return null;
  const [before, after] = [cut(a, box), cut(b, box)];
  for (let at = 0; at < before.length; at++) before[at] ^= after[at];
  return boxedMask(before, sizeOfBox(box), box.map(([first]) => first)).box; // prettier-ignore
}

/** All that one of two masks has. */
export function union(a: BoxedMask, b: BoxedMask): BoxedMask {
  const box = boxAround(a.box, b.box);
  if (!box) return EMPTY;
  const [data, more] = [cut(a, box), cut(b, box)];
  for (let at = 0; at < data.length; at++) data[at] |= more[at];
  return { box, data };
}

/** All of a mask that another one has not. */
export function without(a: BoxedMask, b: BoxedMask): BoxedMask {
  if (!a.box || !b.box) return a;
  const other = cut(b, a.box);
  const data = a.data.map((value, at) => (other[at] ? 0 : value));
  return boxedMask(data, sizeOfBox(a.box), a.box.map(([first]) => first)); // prettier-ignore
}

/** The part of a mask in one slice of the first axis. */
export function inSlice(mask: BoxedMask, slice: number): BoxedMask {
  if (!mask.box || slice < mask.box[0][0] || slice >= mask.box[0][1]) return EMPTY;
  const box: Box = [[slice, slice + 1], ...mask.box.slice(1)];
  return { box, data: cut(mask, box) };
}

const boxAround = (a: Box | null, b: Box | null): Box | null =>
  a && b ? a.map(([first, end], d) => [Math.min(first, b[d][0]), Math.max(end, b[d][1])] as const) : (a ?? b);

/** @param name undefined for an empty mask @throws LEASE_DAMAGED for a file that is missing or not whole */
export async function readMask(folder: string, name: string | undefined): Promise<BoxedMask> {
  if (name === undefined) return EMPTY;
  const file = await readFile(join(folder, name)).catch((cause: unknown) => {
    throw fail('LEASE_DAMAGED', {}, { cause });
  });
  const box = boxOfMaskFile(file, file.length);
  if (box === undefined) throw fail('LEASE_DAMAGED');
  return box ? { box, data: file.subarray(MASK_HEAD_BYTES) } : EMPTY;
}

export async function writeMask(folder: string, name: string, { box, data }: BoxedMask): Promise<void> {
  const head = Buffer.alloc(MASK_HEAD_BYTES);
  (box ?? []).flat().forEach((value, at) => head.writeInt32LE(value, 4 * at));
  await writeFile(join(folder, name), Buffer.concat([head, data]));
}
