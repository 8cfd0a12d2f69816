import { gzipSync } from 'node:zlib';
import { decodeImage } from '../../../../gateway/imaging/formats/decode';
import { temporaryFile } from '../temporary-file';

const values = Int16Array.from({ length: 24 }, (_, i) => 100 * i - 700);
const raw = Buffer.from(values.buffer);
const swapped = Buffer.from(raw).swap16();
const text = Buffer.from(`${[...values].join(' ')}\n`);

const nrrd = (fields: string, body: Buffer) =>
  Buffer.concat([
    Buffer.from(
      `NRRD0004\ntype: short\ndimension: 3\nsizes: 4 3 2\nspace: left-posterior-superior\nspace directions: (0.5,0,0) (0,0.5,0) (0,0,2)\nspace origin: (1,2,3)\n${fields}\n\n`,
    ),
    body,
  ]);
const mha = (fields: string, body: Buffer) =>
  Buffer.concat([
    Buffer.from(
      `ObjectType = Image\nNDims = 3\n${fields}\nOffset = 1 2 3\nDimSize = 4 3 2\nElementSpacing = 0.5 0.5 2\nElementType = MET_SHORT\nElementDataFile = LOCAL\n`,
    ),
    body,
  ]);

test.each<[string, Buffer]>([
  ['raw.nrrd', nrrd('endian: little\nencoding: raw', raw)],
  ['big-endian.nrrd', nrrd('endian: big\nencoding: raw', swapped)],
  ['gzip.nrrd', nrrd('endian: little\nencoding: gzip', gzipSync(raw))],
  ['gz.nrrd', nrrd('endian: little\nencoding: gz', gzipSync(raw))],
  ['ascii.nrrd', nrrd('encoding: ascii', text)],
  ['txt.nrrd', nrrd('encoding: txt', text)],
  ['hex.nrrd', nrrd('endian: little\nencoding: hex', Buffer.from(raw.toString('hex')))],
  ['skip.nrrd', nrrd('endian: little\nencoding: raw\nbyte skip: 3', Buffer.concat([Buffer.from('xyz'), raw]))],
  ['raw.mha', mha('BinaryData = True', raw)],
  ['big-endian.mha', mha('BinaryData = True\nBinaryDataByteOrderMSB = True', swapped)],
  ['ascii.mha', mha('BinaryData = False', text)],
])('%s', async (name, file) => {
  const { volume } = await decodeImage(temporaryFile(name, file), name);
  expect(volume.shape).toEqual([4, 3, 2]);
  expect([...volume.data]).toEqual([...values]);
  expect(volume.affine).toEqual([-0.5, 0, 0, -1, 0, -0.5, 0, -2, 0, 0, 2, 3, 0, 0, 0, 1]);
});

test.each<[string, Buffer, RegExp]>([
  ['bzip2.nrrd', nrrd('encoding: bzip2', raw), /has the encoding "bzip2", which is not read; write it as gzip, raw or ascii/],
  ['detached.nhdr', nrrd('encoding: raw\ndata file: voxels.raw', Buffer.alloc(0)), /a header whose voxels lie in "voxels\.raw"; send the image as one file/],
  ['several.nhdr', nrrd('encoding: raw\ndata file: LIST', Buffer.from('a.raw\nb.raw\n')), /whose voxels lie in "LIST"/],
])('%s is refused with the reason', async (name, file, message) => {
  await expect(decodeImage(temporaryFile(name, file), name)).rejects.toThrow(message);
}); // prettier-ignore
