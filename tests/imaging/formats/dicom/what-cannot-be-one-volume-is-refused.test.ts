import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeImage } from '../../../../gateway/imaging/formats/decode';
import { temporaryFile, temporaryFolder } from '../temporary-file';
import { element, makeDicom, sequence, type MadeSlice } from './make-dicom';
import { textsOf } from '../../../texts-of';

const NM = '1.2.840.10008.5.1.4.1.1.20';

function stack(count: number, change: (at: number) => Partial<MadeSlice> = () => ({})): MadeSlice[] {
  return Array.from({ length: count }, (_, at) => ({ position: [-20, -30, 10 + 2.5 * at], ...change(at) }));
}

/** The message for a folder of these slices, or the volume when they are read. */
async function decode(slices: readonly MadeSlice[]) {
  const folder = temporaryFolder();
  slices.forEach((slice, at) => writeFileSync(join(folder, `IM${at}`), makeDicom(slice)));
  return decodeImage(folder, 'series');
}

const two = (at: number, first: string, second: string) => (at < 3 ? first : second);
const twice = (more: (at: number) => Buffer[]) =>
  stack(6, (at) => ({ position: [0, 0, 2.5 * (at % 3)], more: more(at) }));

test.each<[string, MadeSlice[], RegExp]>([
  ['echoes', twice((at) => [element(0x0018, 0x0081, 'DS', two(at, '4.6', '9.2'))]), /4 of 6 images.*they differ in Echo Time \(4\.6, 9\.2\); send one volume/],
  ['time points', twice((at) => [element(0x0020, 0x0100, 'IS', two(at, '1', '2'))]), /differ in Temporal Position Identifier \(1, 2\)/],
  ['b-values', twice((at) => [element(0x0018, 0x9087, 'FD', Buffer.from(two(at, '000000000000f03f', '0000000000408f40'), 'hex'))]), /differ in Diffusion b-value \(1, 1000\)/],
  ['magnitude and phase', twice((at) => [element(0x0008, 0x0008, 'CS', two(at, 'ORIGINAL\\PRIMARY\\M', 'ORIGINAL\\PRIMARY\\P'))]), /differ in Image Type \(ORIGINAL PRIMARY M, ORIGINAL PRIMARY P\)/],
  ['a file sent twice', [0, 0, 2.5].map((z) => ({ position: [0, 0, z], more: [element(0x0008, 0x0018, 'UI', `1.2.${z * 10}`)] })), /"IM0" and "IM1" are the same image, sent twice/],
  ['two frames of reference', stack(6, (at) => ({ more: [element(0x0020, 0x0052, 'UI', two(at, '1.2', '1.3'))] })), /2 frames of reference.*3 images in 1\.2; 3 images in 1\.3/],
  ['uneven gaps that add up', stack(60, (at) => ({ position: [0, 0, at < 30 ? at : 30 + (at - 30) * 1.015] })), /not evenly spaced: slice/],
  ['no pixel spacing', stack(3, () => ({ without: [0x00280030] })), /"IM\d" does not say the distance of its pixels/],
  ['two spacings', stack(3, (at) => ({ spacing: [1, at === 2 ? 1.01 : 1] })), /mixes images of 5 x 4 pixels of 1 x 1 mm and of 5 x 4 pixels of 1\.01 x 1 mm/],
  ['a slope of 0', stack(3, () => ({ more: [element(0x0028, 0x1053, 'DS', '0')] })), /Rescale Slope is 0/],
  ['a slope that is no number', stack(3, () => ({ more: [element(0x0028, 0x1053, 'DS', '1,5')] })), /\(0028,1053\) should hold numbers and holds "1,5"/],
  ['directions that are none', stack(3, () => ({ orientation: [1, 0, 0, 1, 0, 0] })), /not a pair of directions/],
  ['a tilt of a fifth of a degree', stack(20, (at) => ({ position: [0, Number((at * 2.5 * Math.tan(Math.PI / 900)).toFixed(4)), 2.5 * at] })), /sheared by 0\.2 degrees/],
])('%s', async (_, slices, message) => {
  await expect(decode(slices)).rejects.toMatchObject({ name: 'ImageError', message: expect.stringMatching(message) });
}); // prettier-ignore

test('a grid that is rounded is no tilt: positions and directions with three digits', async () => {
  const [c, s] = [Math.cos(0.3), Math.sin(0.3)];
  const digits = (values: number[]) => values.map((value) => Number(value.toFixed(3)));
  const slices = stack(200, (at) => ({
    orientation: digits([c, s, 0, 0, 0, -1]),
    position: digits([-s * at, c * at, 0]),
  }));
  const { volume } = await decode(slices);
  const columns = [0, 1, 2].map((column) => Math.hypot(...[0, 4, 8].map((row) => volume.affine![row + column])));
  expect(columns).toEqual([1, 1, 1].map((length) => expect.closeTo(length, 4)));
});

test('files whose frame of reference is each another one, as programs leave them that hide the patient', async () => {
  const { warnings } = await decode(stack(4, (at) => ({ more: [element(0x0020, 0x0052, 'UI', `1.${at}`)] })));
  expect(textsOf(warnings)).toEqual([
    expect.stringMatching(/^Each image of the series names another frame of reference/),
  ]);
});

describe('objects of several frames', () => {
  const nuclear = (...more: Buffer[]): Partial<MadeSlice> => ({
    sopClass: NM,
    more: [
      element(0x0008, 0x0060, 'CS', 'NM'),
      element(0x0008, 0x0008, 'CS', 'ORIGINAL\\PRIMARY\\RECON TOMO\\EMISSION'),
      element(0x0018, 0x0088, 'DS', '2.5'),
      ...more,
    ],
  });
  const frames = (count: number, about: Partial<MadeSlice>) => {
    const pixels = element(0x7fe0, 0x0010, 'OW', Buffer.alloc(2 * 20 * count));
    const more = [...(about.more ?? []), element(0x0028, 0x0008, 'IS', String(count)), pixels];
    return decodeImage(temporaryFile('a.dcm', makeDicom({ position: [0, 0, 0], ...about, more })), 'a.dcm');
  };

  test.each<[string, Partial<MadeSlice>, RegExp]>([
    ['projections', nuclear(element(0x0008, 0x0008, 'CS', 'ORIGINAL\\PRIMARY\\TOMO\\EMISSION')), /NM object of 4 frames of the type TOMO: they are no slices/],
    ['energy windows', nuclear(element(0x0054, 0x0010, 'US', [1, 1, 2, 2])), /NM object of 2 energy windows/],
    ['detectors', nuclear(element(0x0054, 0x0020, 'US', [1, 1, 2, 2])), /NM object of 2 detectors/],
    ['time slots', nuclear(element(0x0054, 0x0070, 'US', [1, 1, 2, 2])), /NM object of 2 time slots/],
    ['no distance', { ...nuclear(), without: [0x00180088] }, /no Spacing Between Slices/],
    ['slices named twice', nuclear(element(0x0054, 0x0080, 'US', [1, 1, 2, 3])), /Slice Vector does not name each of 4 slices once/],
    ['too few offsets of a dose', { more: [element(0x3004, 0x000c, 'DS', '0\\1\\2')] }, /4 frames, and a Grid Frame Offset Vector of 3/],
    ['uneven planes of a dose', { more: [element(0x3004, 0x000c, 'DS', '0\\1\\2\\5')] }, /not evenly spaced/],
    ['a cine loop', {}, /4 frames \(CT\), and does not say where each of them lies/],
    ['a segmentation', { sopClass: '1.2.840.10008.5.1.4.1.1.66.4' }, /is a DICOM Segmentation, a mask; send the images/],
  ])('%s', async (_, about, message) => {
    await expect(frames(4, about)).rejects.toThrow(message);
  }); // prettier-ignore

  const grouped = (...groups: Buffer[]) => sequence(0x5200, 0x9230, ...groups);
  const plane = (z: number) => sequence(0x0020, 0x9113, element(0x0020, 0x0032, 'DS', `0\\0\\${z}`));
  const content = (stackId: string) => sequence(0x0020, 0x9111, element(0x0020, 0x9056, 'SH', stackId));

  test('two stacks are told by name, and groups that are not one for each frame', async () => {
    const places = [0, 2.5, 0, 2.5];
    const stacks = grouped(...places.map((z, at) => Buffer.concat([content(at < 2 ? '1' : '2'), plane(z)])));
    await expect(frames(4, { more: [stacks] })).rejects.toThrow(/differ in Stack ID \(1, 2\)/);
    const three = grouped(...[0, 2.5, 5].map(plane));
    await expect(frames(4, { more: [three] })).rejects.toThrow(/4 frames, and functional groups of 3/);
  });
});
