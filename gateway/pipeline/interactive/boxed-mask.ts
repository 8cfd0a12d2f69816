import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { perType } from '../../imaging/ops/copy/per-type';
import { boundsOfNonzero } from '../../imaging/ops/crop/nonzero-box';
import { lastAxisFastest, sizeOf, type NumericArray } from '../../imaging/volume';
import type { Box } from '../../interaction';

/** A mask of three axes as the smallest box that holds all of it: 0 and 1, last axis fastest. Most masks of a user are small in their image. */
export interface BoxedMask {
  /** Null where no voxel is set. */
  box: Box | null;
  data: Uint8Array;
}

const EMPTY: BoxedMask = { box: null, data: new Uint8Array(0) };
const HEAD_BYTES = 24;

export const sizeOfBox = (box: Box): number[] => box.map(([first, end]) => end - first);

/** The voxels that are not 0 of an array, last axis fastest. @param offset of the array in the image. @default nowhere else */
export function boxedMask(data: NumericArray, shape: readonly number[], offset: readonly number[] = [0, 0, 0]): BoxedMask {
  const [, ny, nx] = shape;
  const occupied = rangeOf(data);
  if (!occupied) return EMPTY;
  const [z0, z1] = [Math.floor(occupied[0] / (ny * nx)), Math.ceil(occupied[1] / (ny * nx))];
  const slices = data.subarray(z0 * ny * nx, z1 * ny * nx) as NumericArray;
  const inSlices = [z1 - z0, ny, nx];
  const { start: from, size } = boundsOfNonzero([slices], inSlices, lastAxisFastest(inSlices));
  const start = [z0 + from[0], from[1], from[2]];
  const out = new Uint8Array(sizeOf(size));
  let to = 0;
  for (let z = 0; z < size[0]; z++)
    for (let y = 0; y < size[1]; y++) {
      let at = ((start[0] + z) * ny + start[1] + y) * nx + start[2];
      for (let x = 0; x < size[2]; x++) out[to++] = data[at++] === 0 ? 0 : 1;
    }
  return { box: start.map((first, d) => [offset[d] + first, offset[d] + first + size[d]] as const), data: out };
} // prettier-ignore

/** The first element that is not 0, and the one after the last; undefined where all are. Bytes are looked at four at a time. */
function rangeOf(data: NumericArray): [number, number] | undefined {
  const each = data.BYTES_PER_ELEMENT === 1 && data.byteOffset % 4 === 0 && data.length % 4 === 0 ? 4 : 1;
  const values = each === 4 ? new Int32Array(data.buffer, data.byteOffset, data.length / 4) : data;
  const [first, end] = nonzeroRange(values)(values);
  return first === end ? undefined : [first * each, end * each];
}

const nonzeroRange = perType((values: NumericArray): [number, number] => {
  let [first, end] = [0, values.length];
  while (first < end && values[first] === 0) first++;
  while (end > first && values[end - 1] === 0) end--;
  return [first, end];
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

/** @param name undefined for an empty mask */
export async function readMask(folder: string, name: string | undefined): Promise<BoxedMask> {
  if (name === undefined) return EMPTY;
  const file = await readFile(join(folder, name));
  const [z0, z1, y0, y1, x0, x1] = Array.from({ length: 6 }, (_, at) => file.readInt32LE(4 * at));
  const box: Box = [[z0, z1], [y0, y1], [x0, x1]]; // prettier-ignore
  return z1 > z0 ? { box, data: file.subarray(HEAD_BYTES) } : EMPTY;
}

export async function writeMask(folder: string, name: string, { box, data }: BoxedMask): Promise<void> {
  const head = Buffer.alloc(HEAD_BYTES);
  (box ?? []).flat().forEach((value, at) => head.writeInt32LE(value, 4 * at));
  await writeFile(join(folder, name), Buffer.concat([head, data]));
}
