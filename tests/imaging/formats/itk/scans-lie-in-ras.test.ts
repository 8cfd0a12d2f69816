import pictures from '../../../golden/imaging_pictures.json';
import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { decodeImage } from '../../../../gateway/imaging/formats/decode';
import { temporaryFile } from '../temporary-file';
import { until } from '../../../until';

const voxels = Array.from({ length: 24 }, (_, i) => i);
const vtk =
  '# vtk DataFile Version 3.0\na scan\nASCII\nDATASET STRUCTURED_POINTS\nDIMENSIONS 2 3 4\nSPACING 2 3 4\nORIGIN 10 -20 30\n' +
  `POINT_DATA 24\nSCALARS scalars short 1\nLOOKUP_TABLE default\n${voxels.join(' ')}\n`;

test('what ITK alone reads is turned from LPS to RAS', async () => {
  const { format, volume } = await decodeImage(temporaryFile('upload', vtk), 'a.vtk');
  expect([format, volume.axes, volume.shape]).toEqual(['vtk', 'XYZ', [2, 3, 4]]);
  expect([...volume.data]).toEqual(voxels);
  expect(volume.affine).toEqual([-2, 0, 0, -10, 0, -3, 0, 20, 0, 0, 4, 30, 0, 0, 0, 1]);
});

test('nothing is left in the folder for temporary files', async () => {
  const folders = () => readdirSync(tmpdir()).filter((name) => name.startsWith('image-'));
  const before = new Set(folders());
  await decodeImage(temporaryFile('upload', vtk), 'a.vtk');
  const left = folders().filter((name) => !before.has(name));
  // Another process may be decoding an image right now: its folder goes, ours would stay.
  await until(() => !folders().some((name) => left.includes(name)));
});

test('what ITK aborts on is a sentence, not a number', async () => {
  const file = temporaryFile('upload', Buffer.from(pictures[0].file, 'base64').subarray(0, -8));
  // ITK-Wasm prints what happened by itself.
  const prints = (['log', 'error'] as const).map((method) => jest.spyOn(console, method).mockImplementation());
  await expect(decodeImage(file, 'cut.png')).rejects.toMatchObject({
    kind: 'unreadable',
    message: '"cut.png" is damaged or truncated: the png reader gave up',
  });
  prints.forEach((print) => print.mockRestore());
});
