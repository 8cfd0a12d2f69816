import { decodeImage } from '../../../gateway/imaging/formats/decode';
import { temporaryFile } from './temporary-file';
import { largestDifference, voxelsOf } from './voxels';

const voxels = Buffer.from(Int16Array.from({ length: 24 }, (_, i) => i).buffer);

// A turn whose rows and columns differ, so that a transposed matrix shows.
const cosines = { x: [0, 1, 0], y: [0, 0, 1], z: [1, 0, 0] };
// LPS: columns are x, y, z times 2, 3, 4 mm, then the origin; RAS: the first two rows with the other sign.
const ras = [0, 0, -4, -10, -2, 0, 0, 20, 0, 3, 0, 30, 0, 0, 0, 1];

const mha = Buffer.concat([
  Buffer.from(
    `ObjectType = Image\nNDims = 3\nBinaryData = True\nBinaryDataByteOrderMSB = False\nCompressedData = False\n` +
      `TransformMatrix = ${[cosines.x, cosines.y, cosines.z].flat().join(' ')}\nOffset = 10 -20 30\nElementSpacing = 2 3 4\n` +
      `DimSize = 2 3 4\nElementType = MET_SHORT\nElementDataFile = LOCAL\n`,
  ),
  voxels,
]);
const nrrd = (space: string, directions: string, origin: string) =>
  Buffer.concat([
    Buffer.from(
      `NRRD0004\ntype: short\ndimension: 3\nspace: ${space}\nsizes: 2 3 4\nspace directions: ${directions}\n` +
        `kinds: domain domain domain\nendian: little\nencoding: raw\nspace origin: ${origin}\n\n`,
    ),
    voxels,
  ]);

test.each([
  ['MetaImage', 'mha', mha],
  ['NRRD in LPS', 'nrrd', nrrd('left-posterior-superior', '(0,2,0) (0,0,3) (4,0,0)', '(10,-20,30)')],
  ['NRRD in RAS', 'nrrd', nrrd('right-anterior-superior', '(0,-2,0) (0,0,3) (-4,0,0)', '(-10,20,30)')],
])('%s, whatever the file is called', async (_, format, bytes) => {
  const image = await decodeImage(temporaryFile('upload', bytes), 'image');
  expect(image.format).toBe(format);
  expect([image.volume.axes, image.volume.shape]).toEqual(['XYZ', [2, 3, 4]]);
  expect([...voxelsOf(image.volume)]).toEqual(Array.from({ length: 24 }, (__, i) => i));
  expect(largestDifference(image.volume.affine!, ras)).toBeLessThan(1e-12);
  expect(image.volume.properties).toMatchObject({ filename: 'image', originalChannelDim: 'no_channel' });
});
