import { spatialShape } from '../../gateway/imaging/volume';
import type { RequestParams } from '../../gateway/transforms/sample';
import type { Guidance } from '../../gateway/transforms/points/deepgrow';
import { expectClose } from '../imaging/ops/volumes';
import golden from '../golden/transforms_deepgrow.json';
import { rampVolume, stripes } from './deepgrow-samples';
import { expectSampled, hashOf, type Sampled } from './golden';
import { run, sampleWith } from './samples';

const inOrder = ({ positive, negative, slice }: Guidance) => [
  positive,
  negative,
  ...(slice === undefined ? [] : [slice]),
];

const sumOf = (data: ArrayLike<number>) => Array.from(data).reduce((sum, value) => sum + value, 0);

describe.each(golden.chains)('deepgrow chain, $name', (expected) => {
  test('every step as MONAI 0.8.1', async () => {
    const volume = rampVolume(expected.shape, expected.spacing);
    const sample = sampleWith({ image: volume }, expected.params as unknown as RequestParams);
    const guidance = () => inOrder(sample.values.get('guidance') as Guidance);
    const app = 'monai.apps.deepgrow.transforms';
    await run(sample, 'monai.transforms.AsChannelFirstd', { keys: 'image' });
    await run(sample, 'monai.transforms.Spacingd', { keys: 'image', pixdim: [1, 1, 1].slice(0, expected.dimensions) });
    expectSampled(sample.volume('image'), expected.spaced as Sampled);
    await run(sample, `${app}.AddGuidanceFromPointsd`, { ref_image: 'image', dimensions: expected.dimensions });
    expect(guidance()).toEqual(expected.guidance);
    if (expected.dimensions === 2) await run(sample, `${app}.Fetch2DSliced`, { keys: 'image', guidance: 'guidance' });
    await run(sample, 'monai.transforms.AddChanneld', { keys: 'image' });
    await run(sample, `${app}.SpatialCropGuidanced`, {
      keys: 'image',
      guidance: 'guidance',
      spatial_size: expected.crop,
    });
    expect([1, ...spatialShape(sample.volume('image'))]).toEqual(expected.cropped.shape);
    expect(guidance().slice(0, 2)).toEqual(expected.croppedGuidance);
    await run(sample, 'monai.transforms.Resized', { keys: 'image', spatial_size: expected.network, mode: 'area' });
    await run(sample, `${app}.ResizeGuidanced`, { guidance: 'guidance', ref_image: 'image' });
    expect(guidance().slice(0, 2)).toEqual(expected.resizedGuidance);
    await run(sample, 'monai.transforms.NormalizeIntensityd', { keys: 'image', subtrahend: 208, divisor: 388 });
    await run(sample, `${app}.AddGuidanceSignald`, { image: 'image', guidance: 'guidance' });
    const input = sample.volume('image');
    expect(input.shape).toEqual(expected.input.shape);
    expectSampled(input, expected.input as Sampled);

    sample.volumes.set('pred', stripes(expected.network));
    await run(sample, `${app}.RestoreLabeld`, { keys: 'pred', ref_image: 'image', mode: 'nearest' });
    await run(sample, 'monai.transforms.AsChannelLastd', { keys: 'pred' });
    const mask = sample.volume('pred');
    expect(mask.axes).toBe('XYZ');
    expect(mask.shape).toEqual(expected.restored.shape);
    expect(hashOf(mask)).toBe(expected.restored.sha256);
    expect(mask.affine).toEqual(volume.affine);
    expect('crop' in sample.result).toBe(expected.dimensions === 3);
  });
});

describe('one click in a volume', () => {
  const params = { foreground: [[20, 30, 3], [22, 33, 3], [10, 10, 1]], background: [[5, 44, 3]], slice: 3 }; // prettier-ignore

  test('every value it gives (MONAI 0.5.0)', async () => {
    const sample = sampleWith({ image: rampVolume([40, 50, 6], [0.8, 0.8, 2.5]) }, params);
    await run(sample, 'AsChannelFirstd', { keys: 'image' });
    await run(sample, 'Spacingd', { keys: 'image', pixdim: [1, 1] });
    await run(sample, 'AddGuidanceFromPointsd', { ref_image: 'image', dimensions: 2 });
    const guidance = () => inOrder(sample.values.get('guidance') as Guidance);
    expect(sample.volume('image').shape).toEqual([6, 32, 40]);
    expect(guidance()).toEqual([[[16, 24], [17, 26]], [[4, 35]], 3]); // prettier-ignore
    await run(sample, 'Fetch2DSliced', { keys: 'image' });
    await run(sample, 'AddChanneld', { keys: 'image' });
    await run(sample, 'SpatialCropGuidanced', { keys: 'image', spatial_size: [16, 16] });
    expect(sample.volume('image').shape).toEqual([1, 32, 36]);
    expect(guidance().slice(0, 2)).toEqual([[[16, 20], [17, 22]], [[4, 31]]]); // prettier-ignore
    await run(sample, 'Resized', { keys: 'image', spatial_size: [16, 16] });
    await run(sample, 'ResizeGuidanced', { ref_image: 'image' });
    expect(guidance().slice(0, 2)).toEqual([[[8, 8], [8, 9]], [[2, 13]]]); // prettier-ignore
    await run(sample, 'NormalizeIntensityd', { keys: 'image', subtrahend: 208, divisor: 388 });
    await run(sample, 'AddGuidanceSignald', {});
    const { data, strides } = sample.volume('image');
    const row = Array.from({ length: 16 }, (_, y) => data[strides[0] + 8 * strides[1] + y * strides[2]]);
    const rise = [0.000209, 0.001522, 0.007771, 0.031304, 0.099655, 0.25109, 0.501421, 0.794573, 1];
    expectClose(row, [...rise, ...rise.toReversed().slice(0, 7)], 1e-6);
    const first = Array.from({ length: 4 }, (_, y) => data[y * strides[2]]);
    expectClose(first, [-0.421177, -0.379081, -0.423754, -0.381658], 1e-6);
    const sums = [0, 1, 2].map((c) => sumOf(data.subarray(c * 256, (c + 1) * 256)));
    expect(sums[0]).toBeCloseTo(-104.0888, 3);
    expect(sums[1]).toBeCloseTo(27.21619, 4);
    expect(sums[2]).toBeCloseTo(20.523663, 4);

    const pred = new Uint8Array(256);
    for (let x = 4; x < 9; x++) pred.fill(1, x * 16 + 5, x * 16 + 12);
    sample.volumes.set('pred', { data: pred, shape: [1, 16, 16], strides: [256, 16, 1], axes: 'CXY', properties: {} });
    await run(sample, 'aiaa.apps.deepgrow.transforms.RestoreCroppedLabeld', {
      keys: 'pred',
      ref_image: 'image',
      mode: 'nearest',
    });
    await run(sample, 'AsChannelLastd', { keys: 'pred' });
    await run(sample, 'BoundingBoxd', { keys: 'pred' });
    expect(sample.result.bbox).toEqual([[10, 20, 3], [23, 39, 4]]); // prettier-ignore
    expect(sample.volume('pred').shape).toEqual([40, 50, 6]);
    expect(sumOf(sample.volume('pred').data)).toBe(247);
  });
});

test('the crop of a 3-D result is the box of file voxels that the network saw', async () => {
  const sample = sampleWith({ image: rampVolume([100, 80, 20], [0.5, 1, 2]) }, { foreground: [[80, 40, 3]] });
  await run(sample, 'AsChannelFirstd', { keys: 'image' });
  await run(sample, 'Spacingd', { keys: 'image', pixdim: [1, 1, 1] });
  await run(sample, 'AddGuidanceFromPointsd', { ref_image: 'image', dimensions: 3 });
  await run(sample, 'AddChanneld', { keys: 'image' });
  await run(sample, 'SpatialCropGuidanced', { keys: 'image', spatial_size: [20, 48, 48], margin: 5 });
  sample.volumes.set('pred', stripes([8, 8, 8]));
  await run(sample, 'RestoreLabeld', { keys: 'pred', ref_image: 'image' });
  // x: 50 voxels of 1 mm (51 by MONAI's rule: 50.5 -> 50), click at 40, box 16..50 -> file 32..100; y: 16..64; z: all.
  expect(sample.result.crop).toEqual([[32, 100], [16, 64], [0, 20]]); // prettier-ignore
});

test('two lengths for a volume mean all slices, also when there are more slices than columns', async () => {
  const sample = sampleWith({ image: rampVolume([30, 30, 90]) }, { foreground: [[15, 15, 80]] });
  await run(sample, 'AsChannelFirstd', { keys: 'image' });
  await run(sample, 'AddGuidanceFromPointsd', { ref_image: 'image', spatial_dims: 3 });
  await run(sample, 'AddChanneld', { keys: 'image' });
  await run(sample, 'SpatialCropGuidanced', { keys: 'image', spatial_size: [64, 64] });
  expect(sample.volume('image').shape).toEqual([1, 90, 30, 30]);
  expect(inOrder(sample.values.get('guidance') as Guidance)).toEqual([[[80, 15, 15]], []]);
});
