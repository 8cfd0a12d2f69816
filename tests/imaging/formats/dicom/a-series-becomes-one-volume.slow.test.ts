import { applyAffine, closestCanonical, sameAffine } from '../../../../gateway/imaging/geometry';
import { decodeImage } from '../../../../gateway/imaging/formats/decode';
import { describeWithData } from '../../../shared-data';
import { temporaryFile, temporaryFolder } from '../temporary-file';
import { makeFrames, writeSlices, type MadeSlice } from './make-dicom';

/** Slices at z = 10, 12.5, 15, …; every pixel tells its place: column + 10 row + 100 slice. */
function stack(count: number, change: (at: number) => Partial<MadeSlice> = () => ({})): MadeSlice[] {
  return Array.from({ length: count }, (_, at) => ({
    position: [-20, -30, 10 + 2.5 * at],
    spacing: [0.5, 0.75],
    pixels: (column, row) => column + 10 * row + 100 * at,
    ...change(at),
  }));
}

function folderOf(slices: readonly MadeSlice[]): string {
  const folder = temporaryFolder();
  writeSlices(folder, slices);
  return folder;
}

test('slices are sorted by their place, columns are fastest, values come with the rescale, the affine is RAS', async () => {
  const slices = stack(4);
  const shuffled = [slices[2], slices[0], slices[3], slices[1]].map((slice, at) => ({ ...slice, instance: at }));
  const { volume, format, slope, intercept } = await decodeImage(folderOf(shuffled), 'upload');
  expect({
    format,
    slope,
    intercept,
    shape: volume.shape,
    strides: volume.strides,
    type: volume.data.constructor.name,
  }).toEqual({
    format: 'dicom',
    slope: 1,
    intercept: -1024,
    shape: [5, 4, 4],
    strides: [1, 5, 20],
    type: 'Uint16Array',
  });
  expect(volume.data[3 + 5 * 2 + 20 * 1]).toBe(3 + 20 + 100);
  expect(volume.affine).toEqual([-0.75, 0, 0, 20, 0, -0.5, 0, 30, 0, 0, 2.5, 10, 0, 0, 0, 1]);
});

test('an oblique stack lies where its headers say', async () => {
  const [c, s] = [Math.cos(0.3), Math.sin(0.3)];
  const normal = [0, -s, c];
  const slices = stack(3, (at) => ({ orientation: [1, 0, 0, 0, c, s], position: normal.map((v) => v * 3 * at) }));
  const { volume } = await decodeImage(folderOf(slices), 'upload');
  const [x, y, z] = applyAffine(volume.affine!, [2, 1, 2]);
  expect([x, y, z]).toEqual([-1.5, -(0.5 * c - 6 * s), 0.5 * s + 6 * c].map((v) => expect.closeTo(v, 5)));
});

const refusals: [string, () => MadeSlice[], RegExp][] = [
  ['a missing slice', () => stack(6).filter((_, at) => at !== 3), /after slice 3 of 5 \(at 15 mm\) is 5 mm.*2\.5 mm; 1 /],
  ['uneven spacing', () => stack(6, (at) => (at === 5 ? { position: [-20, -30, 23.5] } : {})), /is 3\.5 mm, the usual one 2\.5 mm$/],
  ['a slice sent twice', () => [...stack(3), stack(3)[1]], /2 of 4 images.*at 12\.5 mm/],
  ['gantry tilt', () => stack(4, (at) => ({ position: [-20, -30 + at * 2.5 * Math.tan(0.2), 10 + 2.5 * at] })), /sheared by 11\.459 degrees/],
  ['two series', () => [...stack(3), ...stack(2, () => ({ series: '9.8', description: 'scout' }))], /2 series.*3 images of CT 1\.2\.3\.4; 2 images of CT "scout" 9\.8/],
  ['a localizer in the series', () => [...stack(3), { position: [0, 0, 0], spacing: [0.5, 0.75] as [number, number], orientation: [1, 0, 0, 0, 0, -1] }], /orientations/],
  ['two sizes', () => [...stack(3), ...stack(4).slice(3).map((s) => ({ ...s, rows: 8 }))], /5 x 4 pixels.*5 x 8 pixels/],
]; // prettier-ignore

test.each(refusals)('%s is refused with the numbers', async (_, slices, message) => {
  await expect(decodeImage(folderOf(slices()), 'upload')).rejects.toMatchObject({
    name: 'ImageError',
    message: expect.stringMatching(message),
  });
});

describe('frames of one object', () => {
  const decode = (slices: MadeSlice[], placed = true) =>
    decodeImage(temporaryFile('frames.dcm', makeFrames(slices, placed)), 'frames.dcm');

  test('are sorted by their place, with the affine of a series', async () => {
    const [a, b, c, d] = stack(4);
    const { volume } = await decode([d, b, a, c]);
    expect(volume.shape).toEqual([5, 4, 4]);
    const at = [0, 1, 2, 3].map((slice) => volume.data[3 + 5 * 2 + 20 * slice]);
    expect(at[1] - at[0]).toBe(100);
    expect(at.map((value) => value - at[0])).toEqual([0, 100, 200, 300]);
    expect(volume.affine).toEqual([-0.75, 0, 0, 20, 0, -0.5, 0, 30, 0, 0, 2.5, 10, 0, 0, 0, 1]);
  });

  test.each<[string, MadeSlice[], RegExp]>([
    ['a missing one', stack(6).filter((_, at) => at !== 3), /not evenly spaced/],
    ['one twice', [...stack(3), stack(3)[1]], /at a place where another one lies/],
    ['gantry tilt', stack(4, (at) => ({ position: [-20, -30 + at * 2.5 * Math.tan(0.2), 10 + 2.5 * at] })), /sheared by 11\.459 degrees/],
  ])('%s is refused with the numbers', async (_, slices, message) => {
    await expect(decode(slices)).rejects.toThrow(message);
  });

  test('without places, as cine loops are', async () => {
    await expect(decode(stack(3), false)).rejects.toThrow(/"frames\.dcm" has 3 frames \(CT\), and does not say where each of them lies/);
  });
}); // prettier-ignore

test('positions that were written with one digit are a regular stack', async () => {
  const slices = stack(9, (at) => ({ position: [0, 0, Number((at * 0.625).toFixed(1))] }));
  const { volume } = await decodeImage(folderOf(slices), 'upload');
  expect(volume.affine![10]).toBeCloseTo(0.625, 2);
});

test('a folder without an image, and a file that is not DICOM', async () => {
  await expect(decodeImage(temporaryFolder(), 'upload')).rejects.toThrow('"upload" holds no DICOM image');
  await expect(decodeImage(__dirname, 'upload')).rejects.toThrow(
    /no DICOM image; \d+ files are no images of the series and were left out: \d+ text files/,
  );
});

describeWithData(
  'a JPEG 2000 series',
  ['data/ct/ct_abdomen_dicom', 'data/ct/ct_abdomen_512x512x20.nii.gz'],
  (series, twin) => {
    test('has the voxels and the affine of its NIfTI twin (whose rows run the other way)', async () => {
      const dicom = await decodeImage(series, 'series');
      const nifti = await decodeImage(twin, twin);
      const values = (image: typeof dicom) => {
        const { data, affine, shape } = closestCanonical(image.volume);
        return { affine: affine!, shape, values: Float32Array.from(data, (v) => v * image.slope + image.intercept) };
      };
      const [a, b] = [values(dicom), values(nifti)];
      expect(a.shape).toEqual(b.shape);
      expect(sameAffine(a.affine, b.affine)).toBe(true);
      expect(Buffer.compare(Buffer.from(a.values.buffer), Buffer.from(b.values.buffer))).toBe(0);
    });
  },
);
