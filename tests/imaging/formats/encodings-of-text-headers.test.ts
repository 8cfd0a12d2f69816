import { deflateSync, gzipSync } from 'node:zlib';
import { decodeImage } from '../../../gateway/imaging/formats/decode';
import { temporaryFile } from './temporary-file';

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
  ['lines.nrrd', nrrd('endian: little\nencoding: gz\nline skip: 2\nbyte skip: 3', Buffer.concat([Buffer.from('a\nb\n'), gzipSync(Buffer.concat([Buffer.from('xyz'), raw]))]))],
  ['from-the-end.nrrd', nrrd('endian: little\nencoding: raw\nbyte skip: -1', Buffer.concat([Buffer.from('what comes before'), raw]))],
  ['before-the-end.nrrd', nrrd('endian: little\nencoding: gzip\nbyte skip: -4', gzipSync(Buffer.concat([Buffer.from('12'), raw, Buffer.from('end')])))],
  ['members.nrrd', nrrd('endian: little\nencoding: gzip', Buffer.concat([gzipSync(raw.subarray(0, 7)), gzipSync(raw.subarray(7)), Buffer.from('a note')]))],
  ['windows.nrrd', Buffer.concat([Buffer.from(nrrd('endian: little\nencoding: raw', Buffer.alloc(0)).toString().replace(/\n/g, '\r\n')), raw])],
  ['commas.nrrd', nrrd('encoding: text', Buffer.from([...values].join(', ')))],
  ['broken-lines.nrrd', nrrd('endian: little\nencoding: hex', Buffer.from(raw.toString('hex').toUpperCase().replace(/(.{7})/g, '$1\n')))],
  ['raw.mha', mha('BinaryData = True', raw)],
  ['compressed.mha', mha(`CompressedData = True\nCompressedDataSize = ${deflateSync(raw).length}`, Buffer.concat([deflateSync(raw), Buffer.from('a note')]))],
  ['compressed-without-size.mha', mha('CompressedData = True', deflateSync(raw))],
  ['gzip.mha', mha('CompressedData = True', gzipSync(raw))],
  ['from-the-end.mha', mha('HeaderSize = -1', Buffer.concat([Buffer.from('what comes before'), raw]))],
  ['windows.mha', Buffer.concat([Buffer.from(mha('BinaryData = True', Buffer.alloc(0)).toString().replace(/\n/g, '\r\n')), raw])],
  ['big-endian.mha', mha('BinaryData = True\nBinaryDataByteOrderMSB = True', swapped)],
  ['ascii.mha', mha('BinaryData = False', text)],
])('%s', async (name, file) => {
  const { volume, warnings } = await decodeImage(temporaryFile(name, file), name);
  expect(volume.shape).toEqual([4, 3, 2]);
  expect([...volume.data]).toEqual([...values]);
  expect(volume.affine).toEqual([-0.5, 0, 0, -1, 0, -0.5, 0, -2, 0, 0, 2, 3, 0, 0, 0, 1]);
  expect(warnings!.filter(({ text }) => !text.includes('TransformMatrix'))).toEqual([]);
}); // prettier-ignore

test.each<[string, Buffer, RegExp]>([
  ['bzip2.nrrd', nrrd('encoding: bzip2', raw), /has the field "encoding: bzip2": raw, gzip, ascii and hex are read/],
  ['detached.nhdr', nrrd('encoding: raw\ndata file: voxels.raw', Buffer.alloc(0)), /a header whose voxels lie in "voxels\.raw"; send the image as one file \(\.nrrd\), or all its files as a session/],
  ['several.nhdr', nrrd('encoding: raw\ndata file: LIST', Buffer.from('a.raw\nb.raw\n')), /whose voxels lie in "LIST"/],
])('%s is refused with the reason', async (name, file, message) => {
  await expect(decodeImage(temporaryFile(name, file), name)).rejects.toThrow(message);
}); // prettier-ignore
