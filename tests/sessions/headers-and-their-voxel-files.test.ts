import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { deflateSync, gzipSync } from 'node:zlib';
import { decodeImage } from '../../gateway/imaging/formats/decode';
import { importImage, type SourceFile } from '../../gateway/sessions/import-image';
import { enoughRoom } from './no-conversion';
import type { Sentence } from '../../gateway/sentence';
import { textsOf } from '../texts-of';
import { temporaryFolder } from '../imaging/formats/temporary-file';

const values = Int16Array.from({ length: 24 }, (_, i) => 100 * i - 700);
const raw = Buffer.from(values.buffer);
const swapped = Buffer.from(raw).swap16();
const affine = [-0.5, 0, 0, -1, 0, -0.5, 0, -2, 0, 0, 2, 3, 0, 0, 0, 1];

const mhd = (file: string, fields = '') =>
  Buffer.from(
    `ObjectType = Image\nNDims = 3\n${fields}TransformMatrix = 1 0 0 0 1 0 0 0 1\nOffset = 1 2 3\nDimSize = 4 3 2\nElementSpacing = 0.5 0.5 2\nElementType = MET_SHORT\nElementDataFile = ${file}\n`,
  );
const nhdr = (file: string, fields = 'endian: little\nencoding: raw') =>
  Buffer.from(
    `NRRD0004\ntype: short\ndimension: 3\nspace: LPS\nsizes: 4 3 2\nspace directions: (0.5,0,0) (0,0.5,0) (0,0,2)\nspace origin: (1,2,3)\n${fields}\ndata file: ${file}\n`,
  );

async function importFiles(contents: Record<string, Buffer>, maxBytes = 1 << 20) {
  const [from, folder] = [temporaryFolder(), temporaryFolder()];
  const files = Object.entries(contents).map(([name, content], at): SourceFile => {
    const path = join(from, String(at));
    writeFileSync(path, content);
    return { path, name, bytes: content.length };
  });
  const toNifti = () => Promise.reject(new Error('not to be called'));
  const signal = new AbortController().signal;
  return {
    folder,
    ...(await importImage(folder, files, {
      saveAsNifti: false,
      toNifti,
      maxBytes,
      roomBeside: () => enoughRoom,
      signal,
    })),
  };
}

test.each<[string, Record<string, Buffer>]>([
  ['.mhd and .raw', { 'a.mhd': mhd('a.raw'), 'a.raw': raw }],
  ['the voxels first, in folders of the client', { 'C:\\scan\\A.RAW': raw, 'C:\\scan\\a.mhd': mhd('sub/a.raw') }],
  ['letters beyond ASCII', { 'bär.mhd': mhd('bär.raw'), 'bär.raw': raw }],
  ['.zraw', { 'a.mhd': mhd('a.zraw', 'CompressedData = True\n'), 'a.zraw': deflateSync(raw) }],
  ['.raw.gz where .raw is named', { 'a.mhd': mhd('a.raw'), 'a.raw.gz': gzipSync(raw) }],
  ['big endian after a header', { 'a.mhd': mhd('a.raw', 'HeaderSize = 5\nBinaryDataByteOrderMSB = True\n'), 'a.raw': Buffer.concat([Buffer.from('xyzzy'), swapped]) }],
  ['voxels at the end', { 'a.mhd': mhd('a.raw', 'HeaderSize = -1\n'), 'a.raw': Buffer.concat([Buffer.from('xyzzy'), raw]) }],
  ['numbers in digits', { 'a.mhd': mhd('a.txt', 'BinaryData = False\nBinaryDataByteOrderMSB = True\n'), 'a.txt': Buffer.from([...values].join('\n')) }],
  ['a list of slices', { 'a.mhd': mhd('LIST\nb.raw\nc.raw'), 'c.raw': raw.subarray(24), 'b.raw': raw.subarray(0, 24) }],
  ['a list with its number of axes', { 'a.mhd': mhd('LIST 2D\nb.raw\nc.raw'), 'b.raw': raw.subarray(0, 24), 'c.raw': raw.subarray(24) }],
  ['a list of compressed slices', { 'a.mhd': mhd('LIST\nb.z\nc.z', 'CompressedData = True\n'), 'b.z': deflateSync(raw.subarray(0, 24)), 'c.z': deflateSync(raw.subarray(24)) }],
  ['numbered slices', { 'a.mhd': mhd('s%02d.raw 3 4 1'), 's03.raw': raw.subarray(0, 24), 's04.raw': raw.subarray(24) }],
  ['.nhdr and .raw', { 'a.nhdr': nhdr('./a.raw'), 'a.raw': raw }],
  ['.nhdr and .raw.gz', { 'a.nhdr': nhdr('a.raw.gz', 'endian: little\nencoding: gzip'), 'a.raw.gz': gzipSync(raw) }],
  ['.nhdr, skips, big endian', { 'a.nhdr': nhdr('a.raw', 'endian: big\nencoding: raw\nline skip: 1\nbyte skip: 2'), 'a.raw': Buffer.concat([Buffer.from('title\nxy'), swapped]) }],
  ['.nhdr, hexadecimal', { 'a.nhdr': nhdr('a.hex', 'endian: little\nencoding: hex'), 'a.hex': Buffer.from(raw.toString('hex')) }],
  ['.nhdr with a list', { 'a.nhdr': nhdr('LIST\nb.raw\nc.raw'), 'b.raw': raw.subarray(0, 24), 'c.raw': raw.subarray(24) }],
  ['.nhdr with a list of slabs', { 'a.nhdr': nhdr('LIST 3\nb.raw\nc.raw'), 'b.raw': raw.subarray(0, 24), 'c.raw': raw.subarray(24) }],
  ['.nhdr with numbered slices, backwards', { 'a.nhdr': nhdr('s%03d.raw 9 8 -1'), 's009.raw': raw.subarray(0, 24), 's008.raw': raw.subarray(24) }],
])('%s become one image', async (_, files) => {
  const made = await importFiles(files);
  expect(made.warnings).toEqual([]);
  const { volume, warnings } = await decodeImage(join(made.folder, made.image), made.name);
  expect([made.meta.format, volume.shape, [...volume.data], volume.affine]).toEqual([made.image.slice(6), [4, 3, 2], [...values], affine]);
  expect(warnings).toEqual([]);
}); // prettier-ignore

test.each<[string, Record<string, Buffer>, string, RegExp]>([
  ['a header alone', { 'a.mhd': mhd('sub/a.raw') }, 'UNSUPPORTED_IMAGE', /"a\.mhd" needs the file "a\.raw".*all its files as a session/],
  ['a header that names another file of the server', { 'a.nhdr': nhdr('/etc/passwd'), 'a.raw': raw }, 'UNSUPPORTED_IMAGE', /needs the file "passwd"/],
  ['voxels alone', { 'a.raw': raw }, 'UNSUPPORTED_IMAGE', /"a\.raw" holds voxels without a header/],
  ['too few voxels', { 'a.mhd': mhd('a.raw'), 'a.raw': raw.subarray(0, 40) }, 'UNREADABLE_IMAGE', /"a\.raw" is truncated: 40 of 48 voxel bytes/],
  ['a slice too short', { 'a.mhd': mhd('LIST\nb.raw\nc.raw'), 'b.raw': raw.subarray(0, 22), 'c.raw': raw.subarray(22) }, 'UNREADABLE_IMAGE', /"b\.raw" is truncated: 22 of 24/],
  ['a list with one name too few', { 'a.nhdr': nhdr('LIST\nb.raw'), 'b.raw': raw.subarray(0, 24) }, 'UNREADABLE_IMAGE', /names 1 files, and the sizes 4 x 3 x 2 ask for 2/],
  ['a file named twice', { 'a.nhdr': nhdr('LIST\nb.raw\nb.raw'), 'b.raw': raw }, 'UNSUPPORTED_IMAGE', /names "b\.raw" more than once/],
  ['a file that is not named', { 'a.mhd': mhd('a.raw'), 'a.raw': raw, 'notes.txt': raw }, 'BAD_UPLOAD', /does not name the file "notes\.txt"/],
  ['two headers', { 'a.mhd': mhd('a.raw'), 'a.raw': raw, 'b.mhd': mhd('a.raw') }, 'UNSUPPORTED_IMAGE', /2 headers came: "a\.mhd", "b\.mhd"/],
  ['gzip that the header does not tell of', { 'a.nhdr': nhdr('a.raw.gz'), 'a.raw.gz': gzipSync(raw) }, 'UNREADABLE_IMAGE', /"a\.raw\.gz" is gzip, but its header says encoding: raw/],
  ['numbers without end', { 'a.nhdr': nhdr('s%d.raw 0 999999999 1'), 's0.raw': raw }, 'UNREADABLE_IMAGE', /more than 100000/],
])('%s is refused', async (_, files, code, message) => {
  await expect(importFiles(files)).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
}); // prettier-ignore

test('more than the quota is refused before anything is written; bytes left over are told', async () => {
  await expect(importFiles({ 'a.mhd': mhd('a.raw'), 'a.raw': raw }, 40)).rejects.toThrow(
    /"a.mhd" would take more than 0 MB/,
  );
  const { warnings } = await importFiles({ 'a.mhd': mhd('a.raw'), 'a.raw': Buffer.concat([raw, Buffer.alloc(9)]) });
  expect(textsOf(warnings as Sentence[])).toEqual([
    '"a.raw" holds 9 or more bytes after its last voxel; they are left out',
  ]);
});

test('a .hdr/.img pair is read with either half compressed', async () => {
  const header = Buffer.alloc(348);
  header.writeInt32LE(348, 0);
  [3, 4, 3, 2, 1, 1, 1, 1].forEach((length, i) => header.writeInt16LE(length, 40 + 2 * i));
  header.writeInt16LE(4, 70);
  header.write('ni1\0', 344, 'latin1');
  const pairs: Record<string, Buffer>[] = [{ 'a.hdr.gz': gzipSync(header), 'a.img': raw }, { 'a.hdr.gz': gzipSync(header), 'a.img.gz': Buffer.concat([gzipSync(raw), Buffer.from('a note')]) }];
  for (const files of pairs) {
    const { folder, image } = await importFiles(files);
    expect([...(await decodeImage(join(folder, image), image)).volume.data]).toEqual([...values]);
  }
}); // prettier-ignore
