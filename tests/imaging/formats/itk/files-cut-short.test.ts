import { decodeImage } from '../../../../gateway/imaging/formats/decode';
import { ImageError } from '../../../../gateway/imaging/image-error';
import pictures from '../../../golden/imaging_pictures.json';
import { temporaryFile } from '../temporary-file';

/** 3 x 2 x 2 voxels 1, 2, …, 12. */
const voxels = Array.from({ length: 12 }, (_, at) => at + 1);
const int16 = (big: boolean) => {
  const bytes = Buffer.alloc(24);
  voxels.forEach((value, at) => (big ? bytes.writeInt16BE(value, 2 * at) : bytes.writeInt16LE(value, 2 * at)));
  return bytes;
};

const vtk = (form: string, data: Buffer) =>
  Buffer.concat([
    Buffer.from(
      `# vtk DataFile Version 3.0\na title\n${form}\nDATASET STRUCTURED_POINTS\nDIMENSIONS 3 2 2\nSPACING 1 2 3\nORIGIN 0 0 0\nPOINT_DATA 12\nSCALARS s short 1\nLOOKUP_TABLE default\n`,
    ),
    data,
  ]);

function gipl(): Buffer {
  const header = Buffer.alloc(256);
  [3, 2, 2, 1, 15].forEach((value, at) => header.writeUInt16BE(value, 2 * at));
  [1, 1, 1].forEach((value, at) => header.writeFloatBE(value, 10 + 4 * at));
  header.writeUInt32BE(0xefffe9b0, 252);
  return Buffer.concat([header, int16(true)]);
}

function mrc(): Buffer {
  const header = Buffer.alloc(1024);
  [3, 2, 2, 1].forEach((value, at) => header.writeInt32LE(value, 4 * at));
  [3, 2, 2].forEach((value, at) => header.writeInt32LE(value, 28 + 4 * at));
  [3, 2, 2, 90, 90, 90].forEach((value, at) => header.writeFloatLE(value, 40 + 4 * at));
  [1, 2, 3].forEach((value, at) => header.writeInt32LE(value, 64 + 4 * at));
  header.write('MAP ', 208, 'latin1').toString();
  header.set([0x44, 0x41], 212);
  return Buffer.concat([header, int16(false)]);
}

function mgh(): Buffer {
  const header = Buffer.alloc(284);
  [1, 3, 2, 2, 1, 4].forEach((value, at) => header.writeInt32BE(value, 4 * at));
  return Buffer.concat([header, int16(true)]);
}

/** 4 x 2 pixels of a byte, after a palette of greys. */
function bmp(): Buffer {
  const header = Buffer.alloc(54 + 1024);
  header.write('BM');
  [header.length + 8, 0, header.length, 40, 4, 2].forEach((value, at) => header.writeUInt32LE(value, 2 + 4 * at));
  [1, 8].forEach((value, at) => header.writeUInt16LE(value, 26 + 2 * at));
  header.writeUInt32LE(8, 34);
  for (let grey = 0; grey < 256; grey++) header.fill(grey, 54 + 4 * grey, 57 + 4 * grey);
  return Buffer.concat([header, Buffer.from([5, 6, 7, 8, 1, 2, 3, 4])]);
}

const jpeg = Buffer.from(pictures.find(({ name }) => name.startsWith('JPEG'))!.file, 'base64');

describe.each<[string, Buffer, number[] | undefined]>([
  ['binary.vtk', vtk('BINARY', int16(true)), voxels],
  ['text.vtk', vtk('ASCII', Buffer.from(voxels.join(' '))), voxels],
  ['a.gipl', gipl(), voxels],
  ['a.mrc', mrc(), voxels],
  ['a.mgh', mgh(), voxels],
  ['a.bmp', bmp(), undefined],
  ['a.jpg', jpeg, undefined],
])('%s', (name, whole, values) => {
  test('is read when it is whole', async () => {
    const { volume } = await decodeImage(temporaryFile('upload', whole), name);
    if (values) expect([...volume.data]).toEqual(values);
  });

  test.each([1, 3, 9])('is refused when its last %d bytes are missing', async (missing) => {
    const cut = whole.subarray(0, whole.length - missing);
    // Of a text the last bytes may be a part of a number that is a number too.
    const short = name === 'text.vtk' && missing === 1 ? whole.subarray(0, whole.length - 2) : cut;
    const failure = await decodeImage(temporaryFile('upload', short), name).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(ImageError);
    expect((failure as ImageError).message).toMatch(
      /"a.*" (is truncated|cannot be read: .*truncated)|"(binary|text)\.vtk" is truncated/,
    );
  });
});

test('a VTK file of another kind is unsupported, with what is read', async () => {
  const grid = Buffer.from('# vtk DataFile Version 3.0\nx\nASCII\nDATASET RECTILINEAR_GRID\nDIMENSIONS 2 2 2\n');
  await expect(decodeImage(temporaryFile('upload', grid), 'a.vtk')).rejects.toMatchObject({
    kind: 'unsupported',
    message: expect.stringContaining('holds no structured points'),
  });
});
