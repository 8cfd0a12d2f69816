import { decodeAsFloat32 } from '../../../gateway/imaging/formats/decode';
import goldens from '../../golden/imaging_pictures.json';
import { inCOrder } from '../ops/volumes';
import { temporaryFile } from './temporary-file';

test.each(goldens)('$name', async ({ name, file, shape, values }) => {
  const path = temporaryFile('picture', Buffer.from(file, 'base64'));
  const { volume } = await decodeAsFloat32(path, 'picture');
  expect([volume.axes, volume.shape, volume.affine]).toEqual([shape.length === 3 ? 'XYC' : 'XY', shape, undefined]);
  // Decoders of JPEG may round differently, by one.
  const allowed = name.startsWith('JPEG') ? 1 : 0;
  const farthest = Math.max(...inCOrder(volume).map((value, at) => Math.abs(value - values[at])));
  expect(farthest).toBeLessThanOrEqual(allowed);
});
