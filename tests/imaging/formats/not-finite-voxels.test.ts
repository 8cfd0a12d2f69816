import { gzipSync } from 'node:zlib';
import { decodeAsFloat32 } from '../../../gateway/imaging/formats/decode';
import { encodeMha } from '../../../gateway/imaging/formats/metaimage/metaimage';
import { encodeNrrd } from '../../../gateway/imaging/formats/nrrd/nrrd';
import type { NotFinite } from '../../../gateway/imaging/formats/decoded-image';
import { countNotFinite, replaceNotFinite, smallestFinite } from '../../../gateway/imaging/ops/intensity/measures';
import { makeNifti1 } from './nifti/make-nifti';
import { temporaryFile } from './temporary-file';
import { textsOf } from '../../texts-of';

const FLOAT32 = 16;
const FLOAT64 = 64;
const INT16 = 4;
const shape = [5, 4, 3];
/** 60 values from -7 on, with what is no number at 0, 17 and 59. */
const broken = Array.from({ length: 60 }, (_, at) => ({ 0: NaN, 17: Infinity, 59: -Infinity })[at] ?? at - 8);
const mended = (value: number) => broken.map((one) => (Number.isFinite(one) ? one : value));

const bytesOf = (array: ArrayBufferView) => new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
const volume = {
  data: Float32Array.from(broken),
  shape,
  strides: [1, 5, 20],
  axes: 'XYZ' as const,
  affine: [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1],
  properties: {},
};
const nifti32 = makeNifti1({ dim: shape, datatype: FLOAT32, voxels: bytesOf(Float32Array.from(broken)) });

const files: [name: string, file: () => Buffer | Promise<Buffer>][] = [
  ['a.nii', () => nifti32],
  ['a.nii.gz', () => gzipSync(nifti32)],
  ['double.nii', () => makeNifti1({ dim: shape, datatype: FLOAT64, voxels: bytesOf(Float64Array.from(broken)) })],
  ['a.nrrd', () => encodeNrrd(volume, { dtype: 'float32', compress: false })],
  ['a.mha', () => encodeMha(volume, { dtype: 'float64' })],
];

const read = async (name: string, file: Buffer, notFinite?: NotFinite) =>
  decodeAsFloat32(temporaryFile(name, file), name, { notFinite });

describe.each(files)('%s', (name, file) => {
  test.each<[NotFinite | undefined, number]>([
    [undefined, -7],
    ['min', -7],
    ['zero', 0],
  ])('params.nan %s: NaN and infinity are %d, and their number is told', async (choice, value) => {
    const { volume: image, warnings } = await read(name, await file(), choice);
    expect([...image.data]).toEqual(mended(value));
    expect(textsOf(warnings)).toEqual([expect.stringContaining(`3 of 60 voxels of "${name}" are NaN, infinite`)]);
  });

  test('params.nan refuse', async () => {
    await expect(read(name, await file(), 'refuse')).rejects.toThrow(
      /3 of 60 voxels .* are NaN.*, which is refused; params/,
    );
  });
});

test('scaling that leaves float32 counts, numbers that stay in it do not', async () => {
  const voxels = bytesOf(Int16Array.of(1, 2, 30000, 4));
  const scaled = makeNifti1({ dim: [4, 1, 1], datatype: INT16, voxels, slope: 2e34 });
  const { volume: image, warnings } = await read('a.nii', scaled);
  expect([...image.data]).toEqual([1, 2, 1, 4].map((value) => Math.fround(value * Math.fround(2e34))));
  expect(textsOf(warnings)).toEqual([expect.stringContaining('1 of 4 voxels')]);
});

test('an image of NaN alone is refused whatever is asked for', async () => {
  const voxels = bytesOf(new Float32Array(60).fill(NaN));
  const file = makeNifti1({ dim: shape, datatype: FLOAT32, voxels });
  for (const choice of ['min', 'zero', 'refuse'] as const)
    await expect(read('a.nii', file, choice)).rejects.toThrow(/60 of 60 voxels .* there is no other/);
});

test('an image of numbers has no warning and keeps its voxels', async () => {
  const numbers = Float32Array.from({ length: 60 }, (_, at) => (at - 30) * 1e37);
  const file = makeNifti1({ dim: shape, datatype: FLOAT32, voxels: bytesOf(numbers) });
  const { volume: image, warnings } = await read('a.nii', file);
  expect([[...image.data], warnings]).toEqual([[...numbers], []]);
});

test.each([1, 3, 4, 7, 100, 16384, 16387, 50001])('the loops find each of them in %d voxels', (length) => {
  const data = Float32Array.from({ length }, (_, at) => (at % 5 === 3 ? [NaN, Infinity, -Infinity][at % 3] : 10 - at));
  const finite = [...data].filter(Number.isFinite);
  expect(countNotFinite(data)).toBe(length - finite.length);
  expect(smallestFinite(data)).toBe(finite.reduce((a, b) => Math.min(a, b), Infinity));
  const expected = data.map((value) => (Number.isFinite(value) ? value : -5));
  // Nothing after the end of a view is written.
  const all = new Float32Array(length + 8).fill(77);
  all.set(data);
  replaceNotFinite(all.subarray(0, length), -5);
  expect([...all]).toEqual([...expected, ...Array<number>(8).fill(77)]);
});
