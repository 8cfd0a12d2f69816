import { createHash } from 'node:crypto';
import { firstAxisFastest, sizeOf } from '../../../gateway/imaging/volume';
import { allocate } from '../../../gateway/arena';
import type { NumericArray, Volume } from '../../../gateway/imaging/volume';

/** The elements in the order of the indices, first axis fastest, by the plain rule of strides. */
export function voxelsOf<T extends NumericArray>({ data, shape, strides }: Volume<T>): T {
  const packed = firstAxisFastest(shape);
  if (strides.every((stride, d) => stride === packed[d])) return data.subarray(0, sizeOf(shape)) as T;
  const out = allocate(data.constructor as Parameters<typeof allocate<T>>[0], sizeOf(shape));
  const [n0, n1, n2 = 1, n3 = 1] = shape;
  const [s0, s1, s2 = 0, s3 = 0] = strides;
  let at = 0;
  for (let l = 0; l < n3; l++)
    for (let k = 0; k < n2; k++)
      for (let j = 0; j < n1; j++) for (let i = 0; i < n0; i++) out[at++] = data[i * s0 + j * s1 + k * s2 + l * s3];
  return out;
}

/** SHA-256 over `voxelsOf`, little endian. */
export function voxelHash(volume: Volume): string {
  const { buffer, byteOffset, byteLength } = voxelsOf(volume);
  return createHash('sha256')
    .update(Buffer.from(buffer, byteOffset, byteLength))
    .digest('hex');
}

export function largestDifference(a: readonly number[], b: readonly number[]): number {
  return a.length === b.length ? Math.max(...a.map((value, i) => Math.abs(value - b[i]))) : Infinity;
}
