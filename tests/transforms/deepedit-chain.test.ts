import golden from '../golden/transforms_monai_bundle.json';
import { RequestError, type RequestParams } from '../../gateway/transforms/sample';
import type { Volume } from '../../gateway/imaging/volume';
import { describeWithData } from '../shared-data';
import { expectSampled, hashOf, type Sampled } from './golden';
import { run, sampleWith } from './samples';

const { deepedit } = golden;
const names = Object.fromEntries(Object.keys(deepedit.clicks).map((name, at) => [name, at]));
const clicks = deepedit.clicks as RequestParams;

/** The chain of the zoo's DeepEdit bundle, up to the network. */
async function prepared(file: string, params: RequestParams, size: number[] = deepedit.size) {
  const sample = sampleWith({}, params, file);
  await run(sample, 'LoadImaged', { keys: 'image', reader: 'ITKReader' });
  await run(sample, 'EnsureChannelFirstd', { keys: 'image' });
  await run(sample, 'Orientationd', { keys: 'image', axcodes: 'RAS' });
  await run(sample, 'ScaleIntensityRanged', { keys: 'image', a_min: 0, a_max: 250, b_min: 0, b_max: 1, clip: true });
  await run(sample, 'scripts.transforms.OrientationGuidanceMultipleLabelDeepEditd', { ref_image: 'image', label_names: names });
  await run(sample, 'AddGuidanceFromPointsDeepEditd', { ref_image: 'image', guidance: 'guidance', label_names: names });
  await run(sample, 'Resized', { keys: 'image', spatial_size: size, mode: 'area' });
  await run(sample, 'ResizeGuidanceMultipleLabelDeepEditd', { guidance: 'guidance', ref_image: 'image' });
  await run(sample, 'AddGuidanceSignalDeepEditd', { keys: 'image', guidance: 'guidance', number_intensity_ch: 1 });
  await run(sample, 'EnsureTyped', { keys: 'image' });
  return sample;
} // prettier-ignore

/** The golden program's stand-in: 0.3, and the mean of image and first click channel. */
function scores(image: Volume): Volume {
  const size = image.data.length / image.shape[0];
  const data = new Float32Array(2 * size).fill(0.3, 0, size);
  for (let i = 0; i < size; i++) data[size + i] = Math.fround(image.data[i] + image.data[size + i]) / 2;
  return { ...image, data, shape: image.shape.with(0, 2), properties: {} };
}

describeWithData('a DeepEdit bundle', [`data/${deepedit.file}`, 'data/odd/orient_PIR.nii.gz'], (file, permuted) => {
  test('clicks of each label become channels, and the mask comes back, as MONAI 1.5.2', async () => {
    const sample = await prepared(file, clicks);
    expect(sample.values.get('guidance')).toEqual(deepedit.guidance);
    const image = sample.volume('image');
    expectSampled(image, deepedit.image as unknown as Sampled);
    sample.volumes.set('pred', scores(image));
    await run(sample, 'Activationsd', { keys: 'pred', softmax: true });
    await run(sample, 'Invertd', { keys: 'pred', orig_keys: 'image', nearest_interp: false });
    expectSampled(sample.volume('pred'), deepedit.back as unknown as Sampled);
    await run(sample, 'AsDiscreted', { keys: 'pred', argmax: true });
    const { data } = sample.volume('pred');
    const count = Array.from(data).reduce((sum, label) => sum + label, 0);
    expect(Math.abs(count - deepedit.labels)).toBeLessThanOrEqual(deepedit.nearTies);
    if (deepedit.nearTies === 0) expect(hashOf(sample.volume('pred'))).toBe(deepedit.sha256);
  });

  test('a click stays on its voxel, whatever the order of the axes in the file', async () => {
    const [i, j, k] = [70, 5, 60];
    const shape = [64, 79, 67];
    const sample = await prepared(permuted, { spleen: [[i, j, k]] }, shape);
    // P, I, R of the file are the second, third and first axis of RAS, the first two backwards.
    const turned = [k, 79 - 1 - i, 67 - 1 - j];
    expect(sample.values.get('guidance')).toEqual({ spleen: [turned], 'left kidney': [], background: [] });
    const image = sample.volume('image');
    const at = turned.reduce((sum, index, d) => sum + index * image.strides[d + 1], image.strides[0]);
    expect(image.data[at]).toBe(1);
    expect(image.shape).toEqual([4, ...shape]);
  });

  test.each<[string, RequestParams, number[][]]>([
    ['AIAA’s foreground is the label that the request names', { label: 'left kidney', foreground: [[1, 2, 3]] }, [[], [[1, 2, 3]], []]],
    ['a label’s own clicks count before foreground', { label: 'spleen', foreground: [[9, 9, 9]], spleen: [[1, 2, 3]] }, [[[1, 2, 3]], [], []]],
    ['clicks sent as text', { background: '[[4, 5, 6]]' }, [[], [], [[4, 5, 6]]]],
    ['no clicks: all cold', {}, [[], [], []]],
  ] as never)('%s', async (_, params, expected) => {
    const sample = sampleWith({}, params, file);
    await run(sample, 'LoadImaged', { keys: 'image' });
    await run(sample, 'AddGuidanceFromPointsDeepEditd', { ref_image: 'image', label_names: names });
    expect(Object.values(sample.values.get('guidance') as object)).toEqual(expected);
    await run(sample, 'AddGuidanceSignalDeepEditd', { keys: 'image' });
    const { data } = sample.volume('image');
    const size = data.length / 4;
    const hottest = [1, 2, 3].map((c) => (data as Float32Array).subarray(c * size, (c + 1) * size).includes(1) ? 1 : 0);
    expect(hottest).toEqual(expected.map((points) => Math.min(points.length, 1)));
  });

  test.each<[RequestParams, RegExp]>([
    [{ foreground: [[1, 2, 3]] }, /"foreground" clicks do not say which label they are for: .*"spleen", "left kidney"/],
    [{ spleen: [[1, 2, 300]] }, /the point \[1, 2, 300\] of "spleen" lies outside the image, whose size is/],
    [{ background: [[1, 2]] }, /"background" must be a list of points/],
  ])('%j is the request’s fault', async (params, message) => {
    const sample = sampleWith({}, params, file);
    await run(sample, 'LoadImaged', { keys: 'image' });
    const failed = run(sample, 'AddGuidanceFromPointsDeepEditd', { ref_image: 'image', label_names: names });
    await expect(failed).rejects.toThrow(RequestError);
    await expect(failed).rejects.toThrow(message);
  });
}); // prettier-ignore

test('DiscardAddGuidanced adds cold channels, or cools those there are', async () => {
  const image: Volume = { data: Float32Array.of(5, 6, 7, 8), shape: [1, 4, 1, 1], strides: [4, 1, 4, 4], axes: 'CXYZ', properties: {} };
  const sample = sampleWith({ image });
  const args = { keys: 'image', label_names: { organ: 1, background: 0 } };
  await run(sample, 'DiscardAddGuidanced', args);
  expect([...sample.volume('image').data]).toEqual([5, 6, 7, 8, 0, 0, 0, 0, 0, 0, 0, 0]);
  sample.volume('image').data.fill(3, 4);
  await run(sample, 'DiscardAddGuidanced', args);
  expect([...sample.volume('image').data]).toEqual([5, 6, 7, 8, 0, 0, 0, 0, 0, 0, 0, 0]);
}); // prettier-ignore

test.each([
  ['ResizeGuidanceMultipleLabelDeepEditd', { guidance: 'guidance', ref_image: 'image' }],
  ['AddGuidanceSignalDeepEditd', { keys: 'image' }],
])('%s without guidance says which step is missing', async (name, args) => {
  const image: Volume = { data: new Float32Array(8), shape: [2, 2, 2], strides: [1, 2, 4], axes: 'XYZ', properties: { originalShape: [2, 2, 2] } };
  await expect(run(sampleWith({ image }), name, args)).rejects.toThrow('AddGuidanceFromPointsDeepEditd must come first');
}); // prettier-ignore
