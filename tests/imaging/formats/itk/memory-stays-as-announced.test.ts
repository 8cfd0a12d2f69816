import { gunzipSync } from 'node:zlib';
import { decodeImage } from '../../../../gateway/imaging/formats/decode';
import { onAnnouncedImage } from '../../../../gateway/imaging/formats/announced-image';
import golden from '../../../golden/imaging_minc.json';
import { temporaryFile } from '../temporary-file';

const read = (name: keyof typeof golden.files) =>
  decodeImage(temporaryFile('a.mnc', gunzipSync(Buffer.from(golden.files[name], 'base64'))), 'a.mnc');

afterEach(() => onAnnouncedImage(() => undefined));

test('a MINC image has the voxels that nibabel reads', async () => {
  const { volume } = await read('small');
  expect([volume.shape, [...volume.data]]).toEqual([[4, 3, 2], golden.values]);
});

test('a file of 13 KB whose data set inflates to 128 MB is refused, though its dimensions are small', async () => {
  const announced: number[] = [];
  onAnnouncedImage(({ bytes }) => void announced.push(bytes));
  await expect(read('one large chunk')).rejects.toThrow('"a.mnc" needs more memory to be read as minc');
  expect(announced).toEqual([(64 << 20) + 24 * 44]);
});

test('each of two images that are read at once has the memory of its own', async () => {
  const [large, small] = await Promise.allSettled([read('one large chunk'), read('small')]);
  expect(large).toMatchObject({
    status: 'rejected',
    reason: { message: expect.stringContaining('needs more memory') },
  });
  expect(small).toMatchObject({ status: 'fulfilled', value: { volume: { shape: [4, 3, 2] } } });
});

test('memory of others grows as before when ITK has read', async () => {
  await expect(read('one large chunk')).rejects.toThrow('memory');
  const memory = new (globalThis as unknown as { WebAssembly: { Memory: new (of: object) => { grow(pages: number): number } } }).WebAssembly.Memory({ initial: 1 }); // prettier-ignore
  expect(memory.grow(2000)).toBe(1);
});
