import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Box } from '../../../gateway/interaction';
import {
  boxedMask,
  changedBox,
  cut,
  readMask,
  union,
  writeMask,
} from '../../../gateway/pipeline/interactive/boxed-mask';

const SHAPE = [4, 5, 6];
const maskOf = (...voxels: number[][]) => {
  const data = new Uint8Array(120);
  for (const [z, y, x] of voxels) data[(z * 5 + y) * 6 + x] = 200;
  return data;
};
const a = boxedMask(maskOf([1, 2, 3], [2, 2, 5]), SHAPE);

test('a mask is kept as the smallest box around it', () => {
  expect(a).toEqual({ box: [[1, 3], [2, 3], [3, 6]], data: Uint8Array.of(1, 0, 0, 0, 0, 1) }); // prettier-ignore
  expect(boxedMask(maskOf(), SHAPE).box).toBeNull();
  expect(boxedMask(Float32Array.of(0, -0, NaN, 0), [1, 2, 2]).box).toEqual([[0, 1], [1, 2], [0, 1]]); // prettier-ignore
  expect(boxedMask(Uint8Array.of(0, 1), [1, 1, 2], [7, 8, 9]).box).toEqual([[7, 8], [8, 9], [10, 11]]); // prettier-ignore
});

test.each([4, 5, 6, 8, 12])('the box is exact for rows of %i bytes', (nx) => {
  const shape = [3, 4, nx];
  for (let x = 0; x < nx; x++) {
    const data = new Uint8Array(12 * nx);
    data[(1 * 4 + 2) * nx + x] = 1;
    data[(2 * 4 + 3) * nx + Math.min(x + 1, nx - 1)] = 128;
    expect(boxedMask(data, shape).box).toEqual([[1, 3], [2, 4], [x, Math.min(x + 2, nx)]]); // prettier-ignore
  }
});

test('of two masks the smallest box is known with all that differs', () => {
  const b = boxedMask(maskOf([1, 2, 3], [2, 2, 5], [3, 0, 0]), SHAPE);
  expect(changedBox(a, b)).toEqual([[3, 4], [0, 1], [0, 1]]); // prettier-ignore
  expect(changedBox(b, a)).toEqual(changedBox(a, b));
  expect(changedBox(a, a)).toBeNull();
  expect(changedBox(boxedMask(maskOf(), SHAPE), a)).toEqual(a.box);
});

test('a box of it may be larger, smaller or elsewhere', () => {
  const all: Box = [[0, 4], [0, 5], [0, 6]]; // prettier-ignore
  expect(cut(a, all)).toEqual(maskOf([1, 2, 3], [2, 2, 5]).map((value) => (value ? 1 : 0)));
  expect(cut(a, [[2, 3], [0, 3], [4, 6]])).toEqual(Uint8Array.of(0, 0, 0, 0, 0, 1)); // prettier-ignore
  expect(cut(a, [[0, 1], [0, 1], [0, 2]])).toEqual(Uint8Array.of(0, 0)); // prettier-ignore
});

test('a union has what either has', () => {
  const b = boxedMask(maskOf([0, 0, 0]), SHAPE);
  expect(cut(union(a, b), [[0, 4], [0, 5], [0, 6]]).reduce((sum, value) => sum + value, 0)).toBe(3); // prettier-ignore
  expect(union(a, boxedMask(maskOf(), SHAPE))).toEqual(a);
});

test('a file has all of it', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'masks-'));
  await writeMask(folder, 'one', a);
  await writeMask(folder, 'none', boxedMask(maskOf(), SHAPE));
  const { box, data } = await readMask(folder, 'one');
  expect({ box, data: Uint8Array.from(data) }).toEqual(a);
  expect((await readMask(folder, 'none')).box).toBeNull();
  expect((await readMask(folder, undefined)).box).toBeNull();
  rmSync(folder, { recursive: true });
});
