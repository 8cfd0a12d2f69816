import { gzipSync } from 'node:zlib';
import { decodeAsFloat32, decodeImage, toFloat32 } from '../../../gateway/imaging/formats/decode';
import { makeNifti1 } from './nifti/make-nifti';
import { temporaryFile } from './temporary-file';
import { voxelHash, voxelsOf } from './voxels';

const voxels = Uint8Array.from({ length: 60_000 }, (_, i) => Math.imul(i + 1, 2654435761) >>> 24);
const image = makeNifti1({ dim: [100, 60, 10], datatype: 2, voxels });
const whole = gzipSync(image);

/** A member with every optional field: extra, name, comment, checksum of the header. */
function withAllFields(content: Buffer): Buffer {
  const plain = gzipSync(content);
  const fields = Buffer.from('\x05\0extraname.nii\0a comment\0\x12\x34', 'latin1');
  const start = Buffer.from(plain.subarray(0, 10));
  start[3] = 4 | 8 | 16 | 2;
  return Buffer.concat([start, fields, plain.subarray(10)]);
}

test.each<[string, Buffer]>([
  ['text after the stream', Buffer.concat([whole, Buffer.from('a note of the transfer program')])],
  ['zeros up to a block of a tape', Buffer.concat([whole, Buffer.alloc(1024)])],
  ['the two bytes that begin a member', Buffer.concat([whole, Buffer.from([0x1f, 0x8b])])],
  ['a member that is not of the image', Buffer.concat([whole, gzipSync('more').subarray(0, 14)])],
  ['two members', Buffer.concat([gzipSync(image.subarray(0, 30_000)), gzipSync(image.subarray(30_000))])],
  ['a member for 100 bytes of the header', Buffer.concat([gzipSync(image.subarray(0, 100)), gzipSync(image.subarray(100))])],
  ['an empty member in between', Buffer.concat([gzipSync(image.subarray(0, 5000)), gzipSync(''), gzipSync(image.subarray(5000))])],
  ['optional fields in the header of gzip', withAllFields(image)],
])('%s is read', async (_, file) => {
  const path = temporaryFile('upload', file);
  const decoded = await decodeImage(path, 'a.nii.gz');
  expect(Buffer.compare(Buffer.from(voxelsOf(decoded.volume)), voxels)).toBe(0);
  const real = await decodeAsFloat32(path, 'a.nii.gz');
  expect(voxelHash(real.volume)).toBe(voxelHash(toFloat32(decoded)));
}); // prettier-ignore

test.each<[string, Buffer, RegExp]>([
  ['a cut', whole.subarray(0, whole.length - 2000), /is truncated: \d+ of 60000 voxel bytes/],
  ['no checksum', whole.subarray(0, whole.length - 8), /damaged gzip data \(unexpected end of file\)/],
  ['half a length', whole.subarray(0, whole.length - 2), /damaged gzip data \(unexpected end of file\)/],
  ['a second member that is cut', Buffer.concat([gzipSync(image.subarray(0, 30_000)), gzipSync(image.subarray(30_000)).subarray(0, -500)]), /is truncated: \d+ of 60000 voxel bytes/],
  ['no second member', gzipSync(image.subarray(0, 30_352)), /is truncated: 30000 of 60000 voxel bytes/],
  ['text in place of the second member', Buffer.concat([gzipSync(image.subarray(0, 30_352)), Buffer.alloc(30_000, 'a')]), /is truncated: 30000 of 60000 voxel bytes/],
])('%s is refused', async (_, file, message) => {
  await expect(decodeImage(temporaryFile('upload', file), 'a.nii.gz')).rejects.toThrow(message);
}); // prettier-ignore
