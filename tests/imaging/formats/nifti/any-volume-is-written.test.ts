import { decodeImage } from '../../../../gateway/imaging/formats/decode';
import type { VoxelType } from '../../../../gateway/imaging/formats/value-types';
import { encodeNifti } from '../../../../gateway/imaging/formats/nifti/write-nifti';
import { firstAxisFastest, lastAxisFastest } from '../../../../gateway/imaging/volume';
import type { Axes, NumericArray, Volume } from '../../../../gateway/imaging/volume';
import { temporaryFile } from '../temporary-file';
import { voxelsOf } from '../voxels';

const volume = (axes: Axes, shape: number[], strides: number[], data: NumericArray): Volume => ({
  data,
  shape,
  strides,
  axes,
  properties: {},
});
const counting = (length: number) => Float32Array.from({ length }, (_, i) => i);
const roundTrip = async (source: Volume, dtype: VoxelType, compress = true) =>
  (await decodeImage(temporaryFile('a', await encodeNifti(source, { dtype, compress })), 'a.nii.gz')).volume;

test.each<[string, Axes, number[], (shape: number[]) => number[], Axes, number[]]>([
  ['file order', 'XYZ', [2, 3, 4], firstAxisFastest, 'XYZ', [2, 3, 4]],
  ['C order', 'XYZ', [2, 3, 4], lastAxisFastest, 'XYZ', [2, 3, 4]],
  ['one channel first goes', 'CXYZ', [1, 2, 3, 4], lastAxisFastest, 'XYZ', [2, 3, 4]],
  ['one channel last goes', 'XYZC', [2, 3, 4, 1], lastAxisFastest, 'XYZ', [2, 3, 4]],
  ['several channels go last', 'CXYZ', [2, 2, 3, 4], lastAxisFastest, 'XYZC', [2, 3, 4, 2]],
  ['one slice stays three-dimensional', 'XYZ', [2, 3, 1], firstAxisFastest, 'XYZ', [2, 3, 1]],
  ['two axes', 'CXY', [1, 2, 3], lastAxisFastest, 'XY', [2, 3]],
])('%s', async (_, axes, shape, stridesOf, axesAfter, shapeAfter) => {
  const length = shape.reduce((a, b) => a * b);
  const source = volume(axes, shape, stridesOf(shape), counting(length));
  const result = await roundTrip(source, 'float32');
  expect([result.axes, result.shape]).toEqual([axesAfter, shapeAfter]);
  const order = [...axesAfter].map((axis) => axes.indexOf(axis));
  const reordered = { ...source, shape: order.map((d) => shape[d]), strides: order.map((d) => source.strides[d]) };
  expect([...result.data]).toEqual([...voxelsOf(reordered)]);
});

test('a 3-D result has three dimensions on disk', async () => {
  const file = await encodeNifti(volume('CXYZ', [1, 2, 2, 2], [8, 4, 2, 1], counting(8)), {
    dtype: 'uint8',
    compress: false,
  });
  expect(Array.from({ length: 8 }, (_, d) => file.readInt16LE(40 + 2 * d))).toEqual([3, 2, 2, 2, 1, 1, 1, 1]);
  expect(file.length).toBe(352 + 8);
});

test.each<[VoxelType, number[], number[]]>([
  ['uint8', [-0.5, 0.5, 2.75, 255.9], [0, 0, 2, 255]],
  ['int8', [-128.9, -0.5, 127], [-128, 0, 127]],
  ['int16', [-3.5, 300, 32767], [-3, 300, 32767]],
  ['uint16', [2.75, 65535], [2, 65535]],
  ['int32', [-3.5, 70000, -(2 ** 31)], [-3, 70000, -(2 ** 31)]],
  ['uint32', [70000, 2 ** 32 - 256], [70000, 2 ** 32 - 256]],
  ['float64', [-3.5, 0.5, NaN, Infinity], [-3.5, 0.5, NaN, Infinity]],
])('%s: fractions are cut off towards zero', async (dtype, values, expected) => {
  const result = await roundTrip(volume('XYZ', [values.length, 1, 1], [1, 1, 1], Float32Array.from(values)), dtype);
  expect([...result.data].map((value) => value + 0)).toEqual(expected);
});

test.each<[VoxelType, number]>([
  ['uint8', 256],
  ['uint8', -1],
  ['uint8', NaN],
  ['int8', 128],
  ['int16', 32768],
  ['uint16', 70000],
  ['int32', 2 ** 31],
  ['uint32', Infinity],
])('%s does not hold %d: refused, not clamped', async (dtype, value) => {
  const values = new Float32Array(40_000).fill(1);
  values[39_999] = value;
  for (const compress of [true, false])
    await expect(encodeNifti(volume('XYZ', [40, 1000, 1], [1, 40, 1], values), { dtype, compress })).rejects.toThrow(
      `a voxel is ${value}, and the type of the file holds whole numbers from`,
    );
});

test('a channel view of a larger array writes its own voxels only', async () => {
  const all = counting(16);
  const result = await roundTrip(volume('XYZ', [2, 2, 2], [1, 2, 4], all.subarray(8)), 'uint8');
  expect([...result.data]).toEqual([8, 9, 10, 11, 12, 13, 14, 15]);
});

test('without an affine the identity is written', async () => {
  const result = await roundTrip(volume('XYZ', [1, 1, 2], [1, 1, 1], counting(2)), 'uint8', false);
  expect(result.affine).toEqual([1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]);
});

test('an axis NIfTI-1 cannot count is refused', async () => {
  const long = volume('XYZ', [32768, 1, 1], [1, 1, 1], new Uint8Array(32768));
  await expect(encodeNifti(long, { dtype: 'uint8' })).rejects.toThrow('longer than 32767');
});
