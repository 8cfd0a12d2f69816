import { applyOrientation, ioOrientation, orientationBetween } from '../../../../../gateway/imaging/geometry';
import { NoLabelMap } from '../../../../../gateway/imaging/formats/dicom/segmentation/pixels';
import type { Volume } from '../../../../../gateway/imaging/volume';
import { cases, sourceOf, written } from './golden-cases';
import { readObject } from './read-object';

const [first] = cases;
const pixelsOf = async (path: string) => Buffer.from(readObject(path).PixelData[0]).toString('hex');

/** The axes that the voxels have after turning; RAS and LPS differ in two flips, PIR has another order. */
const turns = [
  ['RAS', [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]],
  ['PIR', [0, 0, 1, 0, -1, 0, 0, 0, 0, -1, 0, 0, 0, 0, 0, 1]],
  ['SAL', [0, 0, -1, 0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1]],
] as const;

test.each(turns)('a mask whose axes are %s', async (_name, axes) => {
  const { series, volume } = await sourceOf(first);
  const turn = orientationBetween(ioOrientation(volume.affine!), ioOrientation(axes));
  const turned = applyOrientation(volume, turn);
  expect(turned.affine).not.toEqual(volume.affine);
  expect(await pixelsOf(await written({ series, volume: turned }, 'binary'))).toBe(first.binary.pixels);
});

test.each<[string, (volume: Volume) => Partial<Volume>]>([
  ['one slice fewer', ({ shape: [x, y, z] }) => ({ shape: [x, y, z - 1] })],
  ['larger voxels', ({ affine }) => ({ affine: affine!.map((value, i) => (i % 4 === 0 ? 2 * value : value)) })],
  [
    'a fifth of a voxel aside',
    ({ affine }) => ({ affine: affine!.map((value, i) => (i === 3 ? value + 0.1 : value)) }),
  ],
  [
    'slices a quarter further apart',
    ({ affine }) => ({ affine: affine!.map((value, i) => (i % 4 === 2 ? 1.25 * value : value)) }),
  ],
  ['half a voxel aside', ({ affine }) => ({ affine: affine!.map((value, i) => (i === 3 ? value + 0.25 : value)) })],
  ['another direction', ({ affine }) => ({ affine: affine!.map((value, i) => (i === 4 ? value + 0.1 : value)) })],
])('%s than the images is refused', async (_what, change) => {
  const { series, volume } = await sourceOf(first);
  await expect(written({ series, volume: { ...volume, ...change(volume) } }, 'binary')).rejects.toThrow(
    /does not lie on the pixels of the images \(7 x 5, 5 slices\).*Invertd/,
  );
});

test.each([
  ['a fraction', 0.5],
  ['a negative number', -1],
  ['beyond 16 bits', 65536],
])('%s is not a label', async (_what, value) => {
  const { series, volume } = await sourceOf(first);
  const data = Float32Array.from(volume.data, (label) => (label === 117 ? value : label));
  await expect(written({ series, volume: { ...volume, data } }, 'binary')).rejects.toThrow(new NoLabelMap(`a voxel is ${value}`));
}); // prettier-ignore

test('images without identifiers are refused by name', async () => {
  const anonymous = { ...first, files: first.files.map((file) => Buffer.from(file, 'base64').toString('latin1').replace(/(\r\0UI).{2}1\.2\.826\.0\.1\.3680043\.10\.999\.14\.1\0?/, '$1\0\0')).map((file) => Buffer.from(file, 'latin1').toString('base64')) }; // prettier-ignore
  await expect(written(await sourceOf(anonymous), 'binary')).rejects.toThrow(
    'the images have no Study Instance UID, so no DICOM segmentation can refer to them',
  );
});
