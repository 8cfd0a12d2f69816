import { gzipSync } from 'node:zlib';
import { ImageError } from '../../../gateway/imaging/image-error';
import { decodeImage } from '../../../gateway/imaging/formats/decode';
import { makeNifti1 } from './nifti/make-nifti';
import { temporaryFile } from './temporary-file';

// Voxels that do not compress, so that half of the gzip file is about half of them.
const noise = Uint8Array.from({ length: 200_000 }, (_, i) => Math.imul(i + 1, 2654435761) >>> 24);
const good = makeNifti1({ dim: [200, 100, 10], datatype: 2, voxels: noise });
const packed = gzipSync(good);

function changed(source: Buffer, change: (copy: Buffer) => void): Buffer {
  const copy = Buffer.from(source);
  change(copy);
  return copy;
}

test.each<[string, string, string | Buffer, RegExp]>([
  ['nothing', 'a.nii.gz', '', /is empty \(0 bytes\)/],
  ['text', 'a.nii.gz', 'This is a letter, not an image.\n', /"a.nii.gz" \(32 bytes\) is no image .* starts with 54 68 69 73/],
  ['text in gzip', 'a.nii.gz', gzipSync('hello'), /is gzip, but its content is no image/],
  ['half a gzip file', 'a.nii.gz', packed.subarray(0, packed.length / 2), /is truncated: \d+ of 200000 voxel bytes/],
  ['a gzip file of half an image', 'a.nii.gz', gzipSync(good.subarray(0, 50_352)), /is truncated: 50000 of 200000 voxel bytes/],
  ['half a plain file', 'a.nii', good.subarray(0, 50_352), /is truncated: 50000 of 200000 voxel bytes/],
  ['a flipped byte in gzip', 'a.nii.gz', changed(packed, (copy) => (copy[copy.length >> 1] ^= 8)), /damaged gzip data|truncated/],
  ['a wrong checksum', 'a.nii.gz', changed(packed, (copy) => (copy[copy.length - 8] ^= 1)), /damaged gzip data \(incorrect data check\)/],
  ['a header that promises 2^40 voxels', 'a.nii', changed(good, (copy) => [32767, 32767, 1024].forEach((n, d) => copy.writeInt16LE(n, 42 + 2 * d))), /promises 32767 x 32767 x 1024 voxels/],
  ['the same in gzip', 'a.nii.gz', gzipSync(changed(good, (copy) => [32767, 32767, 1024].forEach((n, d) => copy.writeInt16LE(n, 42 + 2 * d)))), /promises 32767 x 32767 x 1024 voxels/],
  ['a negative dimension', 'a.nii', changed(good, (copy) => copy.writeInt16LE(-5, 42)), /impossible dimensions: dim = \[3, -5, 100, 10,/],
  ['99 dimensions', 'a.nii', changed(good, (copy) => copy.writeInt16LE(99, 40)), /impossible dimensions/],
  ['a wrong magic', 'a.nii', changed(good, (copy) => copy.write('nope', 344)), /is no image this server knows/],
  ['a slope without an intercept', 'a.nii', changed(good, (copy) => { copy.writeFloatLE(2, 112); copy.writeFloatLE(NaN, 116); }), /scl_slope 2 and scl_inter NaN/],
  ['an unknown datatype', 'a.nii', changed(good, (copy) => copy.writeInt16LE(77, 70)), /unknown NIfTI datatype code 77/],
  ['a NRRD of more voxels than bytes', 'a.nrrd', 'NRRD0004\ntype: short\ndimension: 3\nsizes: 100000 100000 1000\nendian: little\nencoding: raw\n\n12', /promises 100000 x 100000 x 1000 voxels/],
  ['a NRRD without sizes', 'a.nrrd', 'NRRD0004\ntype: short\nencoding: raw\n\n12', /has no field "dimension" in its NRRD header/],
])('%s is refused with a sentence', async (_, name, content, message) => {
  const failure = await decodeImage(temporaryFile('upload', content), name).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(ImageError);
  expect(failure).toMatchObject({ kind: 'unreadable', message: expect.stringMatching(message) });
}); // prettier-ignore

test.each<[string, string, string | Buffer, RegExp]>([
  ['half a .hdr/.img pair', 'a.hdr', changed(good, (copy) => copy.write('ni1\0', 344)), /one half of a \.hdr\/\.img pair/],
  ['a NRRD header whose voxels lie elsewhere', 'a.nhdr', 'NRRD0004\ntype: short\ndimension: 1\nsizes: 4\nencoding: raw\ndata file: /etc/passwd\n', /voxels lie in "\/etc\/passwd"/],
  ['a MetaImage header whose voxels lie elsewhere', 'a.mhd', 'ObjectType = Image\nNDims = 2\nDimSize = 4 4\nElementType = MET_UCHAR\nElementDataFile = ../other.raw\n', /voxels lie in "..\/other.raw"/],
])('%s is unsupported', async (_, name, content, message) => {
  await expect(decodeImage(temporaryFile('upload', content), name)).rejects.toMatchObject({ kind: 'unsupported', message: expect.stringMatching(message) });
}); // prettier-ignore

test('bytes after the voxels do no harm', async () => {
  const { volume } = await decodeImage(
    temporaryFile('a', gzipSync(Buffer.concat([good, Buffer.alloc(3_000_000)]))),
    'a.nii.gz',
  );
  expect(volume.data.length).toBe(200_000);
});
