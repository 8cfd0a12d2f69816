import { readdirSync, readlinkSync } from 'node:fs';
import { onAnnouncedImage, type AnnouncedImage } from '../../../gateway/imaging/formats/announced-image';
import { decodeImage } from '../../../gateway/imaging/formats/decode';
import pictures from '../../golden/imaging_pictures.json';
import { makeNifti1 } from './nifti/make-nifti';
import { temporaryFile } from './temporary-file';

const announced: AnnouncedImage[] = [];
beforeEach(() => {
  announced.length = 0;
  onAnnouncedImage((image) => void announced.push(image));
});
afterAll(() => onAnnouncedImage(() => undefined));

const png = Buffer.from(pictures[0].file, 'base64');

/** The picture with a header that claims a length of 2^20 and more for each axis; its checksum is wrong, which no reader gets to see here. */
const claiming = Buffer.from(png);
claiming.writeUInt32BE(1 << 20, 16);
claiming.writeUInt32BE(1 << 20, 20);

test.each(pictures)('$name', async ({ file, shape }) => {
  await decodeImage(temporaryFile('picture', Buffer.from(file, 'base64')), 'picture');
  const [{ volume }] = announced;
  expect([...volume.shape.slice(0, 2)].sort()).toEqual([...shape.slice(0, 2)].sort());
  expect(volume.shape[2] ?? 1).toBeGreaterThanOrEqual(shape[2] ?? 1);
});

test('a refusal keeps the reader from the voxels', async () => {
  onAnnouncedImage((image) => {
    announced.push(image);
    throw new Error('too much');
  });
  await expect(decodeImage(temporaryFile('a.png', claiming), 'a.png')).rejects.toThrow('too much');
  expect(announced[0].volume.shape).toEqual([1 << 20, 1 << 20]);
  expect(announced[0].bytes).toBeGreaterThan(2 ** 40);
  const dim = [512, 512, 100];
  const nifti = makeNifti1({ dim, datatype: 2, voxels: new Uint8Array(512 * 512 * 100) });
  await expect(decodeImage(temporaryFile('a.nii', nifti), 'a.nii')).rejects.toThrow('too much');
  expect(announced[1]).toMatchObject({ volume: { shape: dim }, bytes: 512 * 512 * 100 });
});

test.each(['.png', '.mgh', '.mrc', '.vtk', '.mnc', '.gipl', '.tif'])('a damaged %s leaves no file open, and nothing of it is printed', async (suffix) => {
  const prints = (['log', 'error'] as const).map((method) => jest.spyOn(console, method).mockImplementation());
  const inside = () => readdirSync('/proc/self/fd').filter((file) => { try { return readlinkSync(`/proc/self/fd/${file}`).includes('/image-'); } catch { return false; } });
  const starts: Record<string, Buffer> = { '.png': png.subarray(0, -8), '.tif': Buffer.from('II*\0\x08\0\0\0\x01\0junkjunkjunkjunk', 'latin1') };
  const content = starts[suffix] ?? Buffer.alloc(2000, 1);
  await expect(decodeImage(temporaryFile('upload', content), `a${suffix}`)).rejects.toThrow(`a${suffix}`);
  expect([inside(), ...prints.map(({ mock }) => mock.calls)]).toEqual([[], [], []]);
  prints.forEach((print) => print.mockRestore());
}); // prettier-ignore

test('a TIFF of more pages than anybody has is refused before they are all looked at', async () => {
  const pages = Buffer.alloc(8 + 6 * 10_002);
  pages.write('II*\0\x08', 'latin1');
  for (let at = 8; at + 12 <= pages.length; at += 6) pages.writeUInt32LE(at + 6, at + 2);
  await expect(decodeImage(temporaryFile('upload', pages), 'pages.tif')).rejects.toThrow(
    '"pages.tif" has more than 10000 pages',
  );
});
