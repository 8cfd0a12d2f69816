import { addressOf } from '../../../../gateway/arena';
import { gzipSync } from 'node:zlib';
import { decodeAsFloat32, decodeImage, toFloat32 } from '../../../../gateway/imaging/formats/decode';
import { temporaryFile } from '../temporary-file';
import { voxelsOf } from '../voxels';
import { bytesOf, makeNifti1, makeNifti2 } from './make-nifti';

const dim = [2, 1, 2];
const decode = (bytes: Buffer, name = 'a.nii') => decodeImage(temporaryFile('upload', bytes), name);

describe.each([
  ['uint8', 2, Uint8Array.of(0, 1, 200, 255)],
  ['int8', 256, Int8Array.of(-128, -1, 0, 127)],
  ['int16', 4, Int16Array.of(-32768, -2, 3, 32767)],
  ['uint16', 512, Uint16Array.of(0, 258, 40000, 65535)],
  ['int32', 8, Int32Array.of(-(2 ** 31), -5, 6, 2 ** 31 - 1)],
  ['uint32', 768, Uint32Array.of(0, 7, 2 ** 31, 2 ** 32 - 1)],
  ['float32', 16, Float32Array.of(-1.5, 0, 0.1, 3e38)],
  ['float64', 64, Float64Array.of(-1.5, 0, 0.1, 1e300)],
])('%s', (_, datatype, values) => {
  test.each([
    ['NIfTI-1, little endian', false, makeNifti1],
    ['NIfTI-1, big endian', true, makeNifti1],
    ['NIfTI-2, little endian', false, makeNifti2],
    ['NIfTI-2, big endian', true, makeNifti2],
  ])('%s, plain and gzip', async (__, bigEndian, make) => {
    const bytes = make({ dim, datatype, voxels: bytesOf(values, bigEndian), bigEndian });
    for (const file of [bytes, gzipSync(bytes)]) {
      const { volume, format } = await decode(file);
      expect(format).toBe('nifti');
      expect(volume.data).toEqual(values);
      expect([volume.axes, volume.shape, volume.strides]).toEqual(['XYZ', [2, 1, 2], [1, 2, 2]]);
    }
  });
});

test.each([
  ['int64', 1024, BigInt64Array.of(-(2n ** 53n), -1n, 2n ** 40n + 1n, 2n ** 53n - 1n)],
  ['uint64', 1280, BigUint64Array.of(0n, 1n, 2n ** 40n + 1n, 2n ** 53n - 1n)],
])('%s becomes float64', async (_, datatype, values) => {
  for (const bigEndian of [false, true]) {
    const { volume } = await decode(makeNifti1({ dim, datatype, voxels: bytesOf(values, bigEndian), bigEndian }));
    expect(volume.data).toEqual(Float64Array.from([...values].map(Number)));
  }
});

test('integers beyond 2^53 are refused, not rounded', async () => {
  const voxels = bytesOf(BigInt64Array.of(0n, 0n, 0n, 2n ** 53n + 1n));
  await expect(decode(makeNifti1({ dim, datatype: 1024, voxels }))).rejects.toThrow('beyond 2^53');
});

test('RGB and RGBA become a last axis of three channels', async () => {
  const rgb = await decode(makeNifti1({ dim: [2, 1, 1], datatype: 128, voxels: Uint8Array.of(1, 2, 3, 4, 5, 6) }));
  expect([rgb.volume.axes, rgb.volume.shape]).toEqual(['XYZC', [2, 1, 1, 3]]);
  expect([...voxelsOf(rgb.volume)]).toEqual([1, 4, 2, 5, 3, 6]);
  const rgba = await decode(
    makeNifti1({ dim: [2, 1, 1], datatype: 2304, voxels: Uint8Array.of(1, 2, 3, 9, 4, 5, 6, 9) }),
  );
  expect([...voxelsOf(rgba.volume)]).toEqual([1, 4, 2, 5, 3, 6]);
});

test.each([
  ['complex64', 32, 8],
  ['complex128', 1792, 16],
  ['float128', 1536, 16],
  ['binary', 1, 1],
])('%s is refused by name', async (name, datatype, bytes) => {
  const file = makeNifti1({ dim, datatype, voxels: new Uint8Array(4 * bytes) });
  await expect(decode(file)).rejects.toMatchObject({ kind: 'unsupported', message: expect.stringContaining(name) });
});

test.each([
  ['dimensions after the third drop when they are 1', [2, 2, 1, 1, 1], 'XYZ', [2, 2, 1]],
  ['the fourth axis is the channel', [2, 1, 1, 2], 'XYZC', [2, 1, 1, 2]],
  ['so is the fifth, of a vector image', [2, 1, 1, 1, 2], 'XYZC', [2, 1, 1, 2]],
  ['two axes stay two', [2, 2], 'XY', [2, 2]],
])('%s', async (_, shape, axes, expected) => {
  const { volume } = await decode(makeNifti1({ dim: shape, datatype: 2, voxels: Uint8Array.of(1, 2, 3, 4) }));
  expect([volume.axes, volume.shape]).toEqual([axes, expected]);
  expect([...volume.data]).toEqual([1, 2, 3, 4]);
});

test.each([[[4]], [[1, 1, 1, 2, 2]]])('dimensions %j are refused', async (shape) => {
  await expect(decode(makeNifti1({ dim: shape, datatype: 2, voxels: new Uint8Array(4) }))).rejects.toMatchObject({
    kind: 'unsupported',
  });
});

test.each([
  ['slope and intercept', 0.1, -3, [-3, -2.9, -2.8, 22.5]],
  ['slope 0 means none', 0, 7, [0, 1, 2, 255]],
  ['so does NaN', NaN, 7, [0, 1, 2, 255]],
])('%s', async (_, slope, inter, expected) => {
  const image = await decode(makeNifti1({ dim, datatype: 2, voxels: Uint8Array.of(0, 1, 2, 255), slope, inter }));
  const exact = expected.map((value, i) =>
    slope > 0 ? Math.fround(image.volume.data[i] * Math.fround(slope) + inter) : value,
  );
  expect([...toFloat32(image).data]).toEqual(exact);
  exact.forEach((value, i) => expect(value).toBeCloseTo(expected[i], 4));
});

test('a float32 image without scaling is not copied', async () => {
  const image = await decode(makeNifti1({ dim, datatype: 16, voxels: bytesOf(Float32Array.of(1, 2, 3, 4)) }));
  expect(toFloat32(image).data).toBe(image.volume.data);
});

test.each([
  ['int16 with scaling', 4, Int16Array, 0.1, -1024],
  ['int16 without', 4, Int16Array, 1, 0],
  ['float64', 64, Float64Array, 1, 0],
  ['uint8', 2, Uint8Array, 2, 1],
])(
  '%s: pieces converted on the way are the same as the whole converted afterwards',
  async (_, datatype, type, slope, inter) => {
    const shape = [100, 90, 37];
    const values = new type(100 * 90 * 37).map((__, i) => (i * 7919) % 30011);
    for (const bigEndian of [false, true]) {
      const voxels = bytesOf(values, bigEndian);
      const file = temporaryFile('a', gzipSync(makeNifti1({ dim: shape, datatype, voxels, slope, inter, bigEndian })));
      const whole = toFloat32(await decodeImage(file, 'a.nii.gz'));
      const { volume: inPieces } = await decodeAsFloat32(file, 'a.nii.gz');
      expect({ ...inPieces, data: undefined }).toEqual({ ...whole, data: undefined });
      expect(Buffer.compare(bytesOf(inPieces.data), bytesOf(whole.data))).toBe(0);
    }
  },
);

test('voxels after a header extension', async () => {
  const file = makeNifti1({ dim, datatype: 2, voxels: Uint8Array.of(1, 2, 3, 4), voxOffset: 416 });
  expect([...(await decode(gzipSync(file))).volume.data]).toEqual([1, 2, 3, 4]);
});

test('above 1 MB the voxels lie in the memory of the SIMD code, swapped there', async () => {
  const values = Int16Array.from({ length: 600_000 }, (_, i) => i % 30011);
  const { volume } = await decode(
    makeNifti1({ dim: [1000, 600, 1], datatype: 4, voxels: bytesOf(values, true), bigEndian: true }),
  );
  expect(addressOf(volume.data)).toBe(volume.data.byteOffset);
  expect(Buffer.compare(bytesOf(volume.data), bytesOf(values))).toBe(0);
});
