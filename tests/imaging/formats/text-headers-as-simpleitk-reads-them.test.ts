import { decodeAsFloat32, decodeImage } from '../../../gateway/imaging/formats/decode';
import goldens from '../../golden/text_headers.json';
import { temporaryFile } from './temporary-file';
import { largestDifference, voxelsOf } from './voxels';

test.each(goldens.map((golden) => [golden.name, golden.by, golden] as const))('%s (%s)', async (name, _, golden) => {
  const path = temporaryFile('upload', Buffer.from(golden.file, 'base64'));
  const { volume } = await decodeImage(path, name);
  expect(volume.shape.filter((length) => length > 1)).toEqual(golden.shape);
  expect([...voxelsOf(volume)]).toEqual(golden.values);
  expect(largestDifference(volume.affine!, golden.affine)).toBeLessThan(1e-12);
  const real = await decodeAsFloat32(path, name);
  expect([...voxelsOf(real.volume)]).toEqual(golden.values.map(Math.fround));
});
