import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { importImage, type NamedImage, type SourceFile } from '../../gateway/sessions/import-image';
import { makeDicom } from '../imaging/formats/dicom/make-dicom';
import { temporaryFolder } from '../imaging/formats/temporary-file';
import { enoughRoom } from './no-conversion';
import { makeNifti } from './small-nifti';
import { say } from '../../gateway/sentence';

const nifti = makeNifti(900);
const slice = (z: number) => makeDicom({ position: [0, 0, z] });

/** Stands for the thread; says what it was asked. */
const toNifti = jest.fn(async (_source: string, target: string) => {
  writeFileSync(target, 'voxels');
  return { shape: [5, 4, 2], warnings: [say`"${'a.dcm'}" is left out.`] };
});

async function importFiles(contents: Record<string, Buffer>, saveAsNifti = false, maxBytes = 1 << 20) {
  const [from, folder] = [temporaryFolder(), temporaryFolder()];
  const files = Object.entries(contents).map(([name, content], at): SourceFile => {
    const path = join(from, String(at));
    writeFileSync(path, content);
    return { path, name, bytes: content.length };
  });
  const signal = new AbortController().signal;
  return {
    folder,
    ...(await importImage(folder, files, { saveAsNifti, toNifti, maxBytes, roomBeside: () => enoughRoom, signal })),
  };
}

beforeEach(() => toNifti.mockClear());

test('one image is kept as it came', async () => {
  const { folder, image, name } = await importFiles({ 'C:\\x\\ä b.NII.GZ': gzipSync(nifti) });
  expect({ image, name }).toEqual({ image: 'image.nii.gz', name: 'C:\\x\\ä b.NII.GZ' });
  expect(readFileSync(join(folder, image)).equals(gzipSync(nifti))).toBe(true);
});

test('save_as=.nii unpacks NIfTI byte for byte, and converts other scans in the thread', async () => {
  const unpacked = await importFiles({ 'a.nii.gz': gzipSync(nifti) }, true);
  expect(unpacked).toMatchObject({ image: 'image.nii', name: 'a.nii' });
  expect(readFileSync(join(unpacked.folder, 'image.nii')).equals(nifti)).toBe(true);
  expect(toNifti).not.toHaveBeenCalled();
  const nrrd = Buffer.from('NRRD0004\ntype: uint8\ndimension: 3\nsizes: 1 1 1\nencoding: raw\n\n\x01');
  expect(await importFiles({ 'a.nrrd': nrrd }, true)).toMatchObject({ meta: { format: 'nrrd', shape: [5, 4, 2] } });
});

describe('a .hdr/.img pair', () => {
  const header = Buffer.from(nifti.subarray(0, 348));
  header.write('ni1\0', 344, 'latin1');
  header.writeFloatLE(0, 108);
  const voxels = nifti.subarray(352);

  test.each<[string, Record<string, Buffer>]>([
    ['in this order', { 'a.hdr': header, 'a.img': voxels }],
    ['in the other', { 'A.IMG': voxels, 'A.HDR': header }],
    ['with compressed voxels', { 'a.hdr': header, 'a.img.gz': gzipSync(voxels) }],
  ])('becomes one file, %s', async (_, files) => {
    const { folder, image, meta } = await importFiles(files);
    expect([image, meta]).toEqual(['image.nii', { format: 'nifti' }]);
    expect(readFileSync(join(folder, image)).equals(nifti)).toBe(true);
  });

  test('of NIfTI-2, big endian, with voxels that begin later', async () => {
    const big = Buffer.alloc(540);
    big.writeInt32BE(540, 0);
    big.write('ni2\0\r\n\x1a\n', 4, 'latin1');
    big.writeBigInt64BE(16n, 168);
    const { folder } = await importFiles({ 'a.hdr': big, 'a.img': Buffer.concat([Buffer.alloc(16, 1), voxels]) });
    const made = readFileSync(join(folder, 'image.nii'));
    expect([made.toString('latin1', 4, 8), made.readBigInt64BE(168)]).toEqual(['n+2\0', 544n]);
    expect(made.subarray(544).equals(voxels)).toBe(true);
  });

  test.each<[string, Record<string, Buffer>, string, RegExp]>([
    [
      'a whole file as the header',
      { 'a.hdr': nifti, 'a.img': voxels },
      'UNSUPPORTED_IMAGE',
      /it is a whole NIfTI file/,
    ],
    [
      'two files of other names',
      { 'a.hdr': header, 'b.img': voxels },
      'UNSUPPORTED_IMAGE',
      /"a.hdr" and "b.img" do not belong together/,
    ],
    ['an ANALYZE header', { 'a.hdr': Buffer.alloc(348), 'a.img': voxels }, 'UNSUPPORTED_IMAGE', /ANALYZE/],
    ['no voxels', { 'a.hdr': header, 'a.img': Buffer.alloc(0) }, 'EMPTY_IMAGE', /"a\.img" has 0 bytes/],
    ['one half', { 'a.hdr': header }, 'UNSUPPORTED_IMAGE', /one half of a \.hdr\/\.img pair.*both halves as a session/],
    ['the other half', { 'a.img': voxels }, 'UNSUPPORTED_IMAGE', /one half of a \.hdr\/\.img pair/],
    [
      'a bomb',
      { 'a.hdr': header, 'a.img.gz': gzipSync(Buffer.alloc(5 << 20)) },
      'SESSION_TOO_LARGE',
      /"a.img.gz" would take more than 1 MB/,
    ],
  ])('%s is refused', async (_, files, code, message) => {
    await expect(importFiles(files)).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  });
});

test('many DICOM files become one volume, the originals stay', async () => {
  const made = await importFiles({ 'image_0.dcm': slice(0), 'image_1.dcm': slice(1) });
  expect(made).toMatchObject({ image: 'image.nii', meta: { format: 'dicom', shape: [5, 4, 2], files: 2 } });
  expect(made.warnings).toEqual([expect.objectContaining({ text: '"a.dcm" is left out.' })]);
  expect(toNifti).toHaveBeenCalledTimes(1);
  expect(['00000.dcm', '00001.dcm'].map((name) => existsSync(join(made.folder, 'dicom', name)))).toEqual([true, true]);
});

test.each<[string, Record<string, Buffer>, string, RegExp]>([
  ['an empty file', { 'a.nii': Buffer.alloc(0) }, 'EMPTY_IMAGE', /"a\.nii" has 0 bytes/],
  ['no image', { 'a.txt': Buffer.from('hello') }, 'UNREADABLE_IMAGE', /no image this server knows/],
  [
    'two images',
    { 'a.nii': nifti, 'b.nii': nifti },
    'BAD_UPLOAD',
    /one image.*2 files came, and "a\.nii" is not DICOM/,
  ],
  ['DICOM and something else', { 'a.dcm': slice(0), 'b.nii': nifti }, 'BAD_UPLOAD', /"b\.nii" is not DICOM/],
])('%s is refused', async (_, files, code, message) => {
  await expect(importFiles(files)).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
});

test('files that are not DICOM stay out of a series; the images keep the names that the client gave them', async () => {
  const files = { IM1: slice(0), '.DS_Store': Buffer.from('\0\0\0\x01Bud1', 'latin1'), 'a/IM2': slice(1), 'readme.txt': Buffer.from('see disc 2') };
  const { folder, meta } = await importFiles(files);
  expect(meta).toMatchObject({ format: 'dicom', files: 2 });
  expect(readdirSync(join(folder, 'dicom'))).toEqual(['00000.dcm', '00001.dcm']);
  const [, , image] = toNifti.mock.calls[0] as unknown as [string, string, NamedImage];
  expect([...image.names!]).toEqual([['00000.dcm', 'IM1'], ['00001.dcm', 'a/IM2']]);
  expect(image.others!.map(({ name, kind }) => [name, kind])).toEqual([['.DS_Store', 'folder files of macOS'], ['readme.txt', 'text files']]);
}); // prettier-ignore

test('a bomb is stopped at the quota, a torn archive is unreadable', async () => {
  const bomb = gzipSync(makeNifti(5 << 20));
  await expect(importFiles({ 'a.nii.gz': bomb }, true)).rejects.toMatchObject({
    code: 'SESSION_TOO_LARGE',
    status: 413,
    message: expect.stringMatching(/"a.nii.gz" would take more than 1 MB/),
  });
  const torn = gzipSync(makeNifti(5 << 20)).subarray(0, 2000);
  await expect(importFiles({ 'a.nii.gz': torn }, true, 1 << 30)).rejects.toMatchObject({ code: 'UNREADABLE_IMAGE' });
});

test('what comes out of a compressed image asks for room before it is written', async () => {
  const [from, folder] = [temporaryFolder(), temporaryFolder()];
  const path = join(from, 'a.nii.gz');
  const content = makeNifti(3 << 20);
  writeFileSync(path, gzipSync(content));
  const asked: number[] = [];
  const room = async (bytes: number) => {
    asked.push(bytes);
    if (bytes > 2 << 20) throw new Error('no room');
  };
  const { signal } = new AbortController();
  const image = { path, name: 'a.nii.gz', bytes: 4000 };
  await expect(importImage(folder, [image], { saveAsNifti: true, toNifti, maxBytes: 1 << 30, roomBeside: () => room, signal })).rejects.toThrow('no room');
  expect(asked.at(-1)).toBeGreaterThan(2 << 20);
  expect(readFileSync(join(folder, 'image.nii')).length).toBeLessThanOrEqual(2 << 20);
}); // prettier-ignore
