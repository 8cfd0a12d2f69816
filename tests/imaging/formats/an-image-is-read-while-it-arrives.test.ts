import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { ArrivingFile, followFile } from '../../../gateway/imaging/formats/arriving-file';
import { decodeAsFloat32 } from '../../../gateway/imaging/formats/decode';
import { makeNifti1 } from './nifti/make-nifti';

const folder = mkdtempSync(join(tmpdir(), 'arriving-'));
afterEach(() => followFile());
afterAll(() => rmSync(folder, { recursive: true }));

const SHAPE = [200, 150, 60];
const count = SHAPE.reduce((a, b) => a * b);
/** 16-bit voxels that do not compress well. */
const voxels = Int16Array.from({ length: count }, (_, i) => Math.imul(i, 2654435761) >> 20);
const plain = makeNifti1({ dim: SHAPE, datatype: 4, voxels: new Uint8Array(voxels.buffer) });
const sent: Record<string, Buffer> = {
  'ct.nii': plain,
  'ct.nii.gz': gzipSync(plain, { level: 1 }),
  'more.nii': Buffer.concat([plain, Buffer.alloc(77)]),
};

/** Writes the file in pieces while it is decoded. */
async function decodedWhileArriving(name: string, pieces: readonly Buffer[]) {
  const path = join(folder, name);
  writeFileSync(path, '');
  const total = pieces.reduce((sum, piece) => sum + piece.length, 0);
  // The upload knows the length of its whole body only.
  const file = new ArrivingFile(path, total + 300);
  followFile(file);
  const decoded = decodeAsFloat32(path, name);
  decoded.catch(() => undefined);
  let bytes = 0;
  for (const piece of pieces) {
    appendFileSync(path, piece);
    file.grown((bytes += piece.length), false);
    await new Promise((resolve) => setImmediate(resolve));
  }
  file.grown(bytes, true);
  return decoded;
}

const inPieces = (bytes: Buffer, size: number) =>
  Array.from({ length: Math.ceil(bytes.length / size) }, (_, n) => bytes.subarray(n * size, (n + 1) * size));

test.each(Object.entries(sent))('%s is the same as when it is whole', async (name, bytes) => {
  const path = join(folder, `whole-${name}`);
  writeFileSync(path, bytes);
  const whole = await decodeAsFloat32(path, name);
  for (const size of [50_001, 400_000, bytes.length]) {
    const { volume, warnings } = await decodedWhileArriving(name, inPieces(bytes, size));
    const differing = volume.data.findIndex((value, i) => value !== whole.volume.data[i]);
    expect([size, differing, volume.data.length]).toEqual([size, -1, count]);
    expect([volume.shape, warnings]).toEqual([whole.volume.shape, whole.warnings]);
  }
  expect(whole.warnings.map(({ text }) => text).join()).toContain(name === 'more.nii' ? 'holds 77 or more bytes' : '');
});

test('an image that ends early is not taken for whole', async () => {
  for (const name of ['ct.nii', 'ct.nii.gz']) {
    const cut = sent[name].subarray(0, sent[name].length - 9000);
    await expect(decodedWhileArriving(name, inPieces(cut, 300_000))).rejects.toThrow('is truncated');
  }
});

test('who waits for bytes hears that none will come', async () => {
  const path = join(folder, 'stopped.nii');
  writeFileSync(path, plain.subarray(0, 100_000));
  const file = new ArrivingFile(path, plain.length);
  followFile(file);
  const decoded = decodeAsFloat32(path, 'stopped.nii');
  file.grown(100_000, false);
  await new Promise((resolve) => setImmediate(resolve));
  file.fail();
  await expect(decoded).rejects.toThrow('nobody waits for the rest of the file');
});
