import { createHash } from 'node:crypto';
import type { Volume } from '../../gateway/imaging/volume';

/** What a golden program keeps of a large array. */
export interface Sampled {
  shape: number[];
  sum: number;
  /** Sum of the sizes of all values, for sums that cancel. @default the size of `sum` */
  abs?: number;
  /** Size of the largest value: what interpolation in float32 is as exact as a millionth of. @default 0 */
  max?: number;
  voxels: [number[], number][] | (number | number[])[][];
}

/** Shape exactly; sum and sampled voxels within 1e-5 of their size, or a millionth of the largest value. A golden of three axes is compared with channel 0. */
export function expectSampled(volume: Volume, expected: Sampled): void {
  const skip = expected.shape.length === volume.shape.length ? 0 : 1;
  expect(volume.shape.slice(skip)).toEqual(expected.shape);
  const strides = volume.strides.slice(skip);
  let sum = 0;
  for (const value of volume.data) sum += value;
  expect(Math.abs(sum - expected.sum)).toBeLessThan(1e-5 * Math.max(1, expected.abs ?? Math.abs(expected.sum)));
  for (const [index, value] of expected.voxels as [number[], number][]) {
    const actual = volume.data[index.reduce((at, i, d) => at + i * strides[d], 0)];
    if (!(Math.abs(actual - value) <= Math.max(1e-5, 1e-5 * Math.abs(value), 1e-6 * (expected.max ?? 0))))
      throw new Error(`voxel [${index}]: ${actual}, expected ${value}`);
  }
}

/** sha256 of the voxels as they lie in memory: file order, x fastest. */
export function hashOf({ data }: Volume): string {
  return createHash('sha256')
    .update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
    .digest('hex');
}
