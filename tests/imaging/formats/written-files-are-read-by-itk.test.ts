import { sameAffine } from '../../../gateway/imaging/geometry';
import { decodeImage } from '../../../gateway/imaging/formats/decode';
import { encodeMha } from '../../../gateway/imaging/formats/metaimage/metaimage';
import type { VoxelType } from '../../../gateway/imaging/formats/value-types';
import { encodeNrrd } from '../../../gateway/imaging/formats/nrrd/nrrd';
import { firstAxisFastest, lastAxisFastest, spatialShape } from '../../../gateway/imaging/volume';
import type { Volume } from '../../../gateway/imaging/volume';
import { readStrictNrrd } from './nrrd/strict-nrrd';
import { temporaryFile } from './temporary-file';
import { voxelsOf } from './voxels';

/** Oblique axes, unequal spacing, an offset. */
const oblique = [-0.79, 0.1, 0, 120.5, 0.1, 0.79, 0.2, -80.25, 0, -0.05, 2.5, 33, 0, 0, 0, 1];

function volume(shape: number[], order: 'first' | 'last', axes: Volume['axes']): Volume {
  const length = shape.reduce((a, b) => a * b);
  const strides = order === 'first' ? firstAxisFastest(shape) : lastAxisFastest(shape);
  return {
    data: Float32Array.from({ length }, (_, i) => i * 3),
    shape,
    strides,
    axes,
    affine: oblique,
    properties: {},
  };
}

const formats = [
  ['nrrd', encodeNrrd],
  ['mha', encodeMha],
] as const;

describe.each(formats)('%s', (name, encode) => {
  const types: VoxelType[] = ['uint8', 'uint16', 'int16', 'float32'];
  test.each(types.flatMap((dtype) => [true, false].map((compress) => [dtype, compress] as const)))(
    '%s, compressed %s: voxels and affine come back',
    async (dtype, compress) => {
      for (const order of ['first', 'last'] as const) {
        const given = volume([4, 3, 5], order, 'XYZ');
        const path = temporaryFile(`x.${name}`, await encode(given, { dtype, compress }));
        const { volume: read } = await decodeImage(path, `x.${name}`);
        expect(spatialShape(read)).toEqual([4, 3, 5]);
        expect([...voxelsOf(read)]).toEqual([...voxelsOf(given)]);
        expect(sameAffine(read.affine!, oblique, 1e-6)).toBe(true);
      }
    },
  );

  test.each(['CXYZ', 'XYZC'] as const)('channels of a voxel stay together (%s)', async (axes) => {
    const shape = axes === 'CXYZ' ? [2, 4, 3, 5] : [4, 3, 5, 2];
    const given = volume(shape, 'last', axes);
    const path = temporaryFile(`x.${name}`, await encode(given, { dtype: 'uint16' }));
    const { volume: read } = await decodeImage(path, `x.${name}`);
    expect([read.axes, read.shape]).toEqual(['XYZC', [4, 3, 5, 2]]);
    const at = (v: Volume, index: Record<string, number>) =>
      v.data[[...v.axes].reduce((sum, axis, d) => sum + index[axis] * v.strides[d], 0)];
    for (const index of [
      { X: 0, Y: 0, Z: 0, C: 1 },
      { X: 3, Y: 2, Z: 1, C: 0 },
      { X: 1, Y: 0, Z: 4, C: 1 },
    ])
      expect(at(read, index)).toBe(at(given, index));
  });

  test('an image of two dimensions has one slice', async () => {
    const given = { ...volume([4, 3], 'first', 'XY'), affine: undefined };
    const path = temporaryFile(`x.${name}`, await encode(given, { dtype: 'uint8' }));
    expect(spatialShape((await decodeImage(path, `x.${name}`)).volume)).toEqual([4, 3, 1]);
  });
});

test.each([true, false])('a browser’s parser reads the NRRD (gzip %s)', async (compress) => {
  const given = volume([4, 3, 5], 'last', 'XYZ');
  const { fields, sizes, directions, origin, data } = readStrictNrrd(
    await encodeNrrd(given, { dtype: 'uint16', compress }),
  );
  expect(fields).toMatchObject({ type: 'unsigned short', encoding: compress ? 'gzip' : 'raw', dimension: '3' });
  expect(sizes).toEqual([4, 3, 5]);
  expect(origin).toEqual([-120.5, 80.25, 33]);
  expect(directions).toEqual([
    [0.79, -0.1, 0],
    [-0.1, -0.79, -0.05],
    [0, -0.2, 2.5],
  ]);
  expect(data).toBeInstanceOf(Uint16Array);
  expect([...data]).toEqual([...voxelsOf(given)]);
});
