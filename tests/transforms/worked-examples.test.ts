import { nearestFloat32Map } from '../../gateway/imaging/ops/resample/axis-maps';
import { firstAxisFastest, spatialShape, type Volume } from '../../gateway/imaging/volume';
import { cropToPoints } from '../../gateway/pipeline/annotation-crop';
import type { ModelSpec } from '../../gateway/model-spec';
import type { Guidance } from '../../gateway/transforms/points/deepgrow';
import { expectClose, inCOrder, testVolume, volumeOf } from '../imaging/ops/volumes';
import { rampVolume } from './deepgrow-samples';
import { run, sampleWith } from './samples';

// Worked examples that no kernel's test holds, through the transforms that a config names.

const affine = [0.8, 0, 0, 0, 0, 0.8, 0, 0, 0, 0, 2.5, 0, 0, 0, 0, 1];

/** The values of slice 0, and of the line along z at [2, 2]. */
function slicesOf(volume: Volume): [slice: number[], line: number[]] {
  const values = inCOrder(volume);
  const [, ny, nz] = spatialShape(volume);
  return [values.filter((_, at) => at % nz === 0), values.slice((2 * ny + 2) * nz, (2 * ny + 3) * nz)];
}

describe('5 x 6 x 4 voxels of 0.8 x 0.8 x 2.5 mm to 1 mm', () => {
  // prettier-ignore
  test.each([
    ['half-pixel', false, [4, 5, 10],
      [13.4375, 58.475, 64.375, 70.275, 35.775, 66.725, 32.225, 57.0625, 55.3875, 43.6125, 46.7875, 50.1625, 62.375, 48.075, 74.175, 24.325, 50.425, 36.125, 21.825, 47.925],
      [62.375, 61.025, 55.625, 50.225, 44.825, 39.425, 37.18125, 44.40625, 51.63125, 53.4375]],
    ['half-pixel', true, [4, 5, 10],
      [0, 47, 40, 87, 33, 80, 26, 19, 66, 12, 38, 85, 78, 24, 71, 17, 64, 57, 3, 50], [78, 78, 14, 14, 14, 51, 51, 88, 88, 88]],
    ['align-corners', false, [4, 5, 10],
      [0, 58.75, 67, 75.25, 33, 73, 30.75, 55.833333, 55.666667, 38.666667, 45, 53.25, 61.5, 44.5, 78, 17, 50.5, 33.5, 16.5, 50],
      [61.5, 57, 52.5, 48, 43.5, 39, 34.5, 41.222222, 47.944444, 54.666667]],
  ] as const)('ScaleByResolution, %s, is_label %p', async (resampling, isLabel, shape, slice, line) => {
    const sample = sampleWith({ image: { ...testVolume([5, 6, 4]), affine } });
    await run(sample, 'ScaleByResolution', { fields: 'image', target_resolution: [1, 1, 1], is_label: isLabel }, resampling);
    expect(sample.volume('image').shape).toEqual(shape);
    slicesOf(sample.volume('image')).forEach((values, n) => expectClose(values, [slice, line][n], 1e-6));
  });

  // prettier-ignore
  const spaced = [
    ['bilinear', [0, 58.75, 67, 75.25, 33, 74.75, 32.5, 53.375, 55.3125, 32, 48.5, 44.125, 65, 48, 81.5, 22.25, 55.75, 38.75, 21.75, 55.25]],
    ['nearest', [0, 47, 94, 87, 33, 80, 26, 73, 66, 12, 59, 5, 52, 45, 92, 17, 64, 10, 3, 50]],
  ] as const;

  test.each(spaced)('Spacingd, %s', async (mode, slice) => {
    const sample = sampleWith({ image: { ...testVolume([1, 5, 6, 4], { axes: 'CXYZ' }), affine } });
    await run(sample, 'Spacingd', { keys: 'image', pixdim: [1, 1, 1], mode });
    expect(sample.volume('image').shape).toEqual([1, 4, 5, 8]);
    expectClose(slicesOf(sample.volume('image'))[0], slice, 3e-6);
  });

  test('a box of labels goes back to its voxels', async () => {
    const inside = ([i, j, k]: number[]) => i >= 1 && i < 3 && j >= 1 && j < 4 && k >= 2 && k < 7;
    const place = (at: number) => [Math.floor(at / 50), Math.floor(at / 10) % 5, at % 10];
    const label = volumeOf([4, 5, 10], Array.from({ length: 200 }, (_, at) => Number(inside(place(at))))); // prettier-ignore
    const image = { ...testVolume([4, 5, 10]), properties: { originalShape: [5, 6, 4] } };
    const sample = sampleWith({ image, label });
    await run(sample, 'RestoreOriginalShape', { field: 'label', src_field: 'image', is_label: true });
    const values = inCOrder(sample.volume('label'));
    expect(values.reduce((a, b) => a + b)).toBe(24);
    const hot = values.flatMap((value, at) => (value ? [[Math.floor(at / 24), Math.floor(at / 4) % 6, at % 4]] : []));
    const range = (d: number) => [Math.min(...hot.map((p) => p[d])), Math.max(...hot.map((p) => p[d]))];
    expect([0, 1, 2].map(range)).toEqual([[1, 3], [1, 4], [1, 2]]); // prettier-ignore
  });

  test('nearest in float32, and the mean of the area', async () => {
    expect([[4, 7], [7, 4]].map(([n, m]) => [...nearestFloat32Map(n, m)])).toEqual([[0, 0, 1, 1, 2, 2, 3], [0, 1, 3, 5]]); // prettier-ignore
    const area = async (values: number[], m: number) => {
      const sample = sampleWith({ image: volumeOf([1, 1, values.length], values, { axes: 'CXY' }) });
      await run(sample, 'Resized', { keys: 'image', spatial_size: [1, m], mode: 'area' });
      return inCOrder(sample.volume('image'));
    };
    expect(await area([1, 2, 3, 4, 5], 3)).toEqual([1.5, 3, 4.5]);
    expect(await area([1, 2, 3], 5)).toEqual([1, 1.5, 2, 2.5, 3]);
  });
});

// prettier-ignore
test.each([
  ['ScaleIntensityRange', { fields: 'image', a_min: -57, a_max: 164, b_min: 0, b_max: 1, clip: true }, [-1000, -57, 0, 53.5, 164, 400], [0, 0, 0.257919, 0.5, 1, 1]],
  ['ScaleIntensityRange', { fields: 'image', a_min: -57, a_max: 164, b_min: 0, b_max: 1 }, [-1000, -57, 0, 53.5, 164, 400], [-4.266968, 0, 0.257919, 0.5, 1, 2.067873]],
  ['NormalizeIntensityd', { keys: 'image', nonzero: true }, [0, 2, 4, 0, 6, 8, 1, 0, 0, 0, 0, 5], [0, -0.989949, -0.141421, 0, 0.707107, 1.555635, -1.414214, 0, 0, 0, 0, 0.282843]],
  ['NormalizeNonzeroIntensities', { fields: 'image' }, [0, 0, 7, 0], [0, 0, 0, 0]],
  ['RepeatChannel', { fields: 'image', repeats: 2 }, [1, 2, 3, 4], [1, 2, 1, 2, 3, 4, 3, 4]],
  ['KeepLargestCC', { fields: 'image' }, [1, 1, 0, 1, 1, 0, 1], [1, 1, 0, 0, 0, 0, 0]],
] as const)('%s %j', async (name, args, given, expected) => {
  const shape = { 4: [2, 2, 1], 12: [2, 2, 3] }[given.length as number] ?? [1, 1, given.length];
  const channels = name === 'NormalizeNonzeroIntensities' ? [1, 2, 2] : shape;
  const sample = sampleWith({ image: volumeOf(channels, given, { axes: 'CXY' }) });
  await run(sample, name, args);
  expectClose(inCOrder(sample.volume('image')), expected, 1e-6);
});

test('the heat of six points', async () => {
  const points = [[3, 4, 5], [8, 3, 6], [5, 2, 4], [6, 6, 7], [4, 5, 4], [7, 3, 7]]; // prettier-ignore
  const sample = sampleWith({ image: rampVolume([12, 10, 9]) }, { points });
  await run(sample, 'ConvertToChannelsFirst', { fields: 'image' });
  await run(sample, 'AddExtremePointsChannel', { image_field: 'image' });
  const { shape } = sample.volume('image');
  expect(shape).toEqual([2, 12, 10, 9]);
  const from = 12 * 10 * 9 + (5 * 10 + 4) * 9;
  const line = inCOrder(sample.volume('image')).slice(from, from + 9);
  expectClose(line, [-0.49394, -0.187008, 0.176964, 0.543877, 0.841047, 1, 0.981641, 0.791389, 0.4766], 1e-6);
});

test('one click into a volume', async () => {
  const sample = sampleWith({ image: rampVolume([40, 50, 6], [0.8, 0.8, 2.5]) }, { foreground: [[20, 30, 3]] });
  const clicks = () => (sample.values.get('guidance') as Guidance).positive;
  await run(sample, 'AsChannelFirstd', { keys: 'image' });
  await run(sample, 'Spacingd', { keys: 'image', pixdim: [1, 1] });
  await run(sample, 'AddGuidanceFromPointsd', { ref_image: 'image', dimensions: 3 });
  expect(clicks()).toEqual([[3, 16, 24]]);
  await run(sample, 'AddChanneld', { keys: 'image' });
  await run(sample, 'SpatialCropGuidanced', { keys: 'image', spatial_size: [128, 192, 192] });
  await run(sample, 'Resized', { keys: 'image', spatial_size: [8, 24, 24] });
  await run(sample, 'ResizeGuidanced', { ref_image: 'image' });
  expect(clicks()).toEqual([[4, 12, 14]]);
  await run(sample, 'AddGuidanceSignald', {});
  const signal = inCOrder(sample.volume('image')).slice(8 * 24 * 24, 2 * 8 * 24 * 24);
  expect(signal.reduce((a, b) => a + b)).toBeCloseTo(123.17846, 4);
});

test('the points of NVIDIA’s example within the crop', () => {
  const points = [[52, 181, 126], [137, 152, 171], [97, 113, 148], [78, 227, 115], [72, 178, 80], [97, 175, 188]]; // prettier-ignore
  const inCrop = [[20, 73, 57], [107, 49, 96], [66, 16, 76], [47, 111, 47], [40, 70, 17], [66, 68, 110]]; // prettier-ignore
  const shape = [250, 250, 220];
  const image: Volume = {
    data: new Uint8Array(250 * 250 * 220),
    shape,
    strides: firstAxisFastest(shape),
    axes: 'XYZ',
    properties: {},
  };
  const inference = { pointCrop: { roi: [128, 128, 128], padding: 20 }, inputs: [{ field: 'image' }] };
  const crop = cropToPoints({ inference } as unknown as ModelSpec, sampleWith({ image }, { points }))!;
  expect(crop.sample.params.points).toEqual(inCrop);
});
