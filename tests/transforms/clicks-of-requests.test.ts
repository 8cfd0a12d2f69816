import { RequestError, type RequestParams } from '../../gateway/transforms/sample';
import type { Guidance } from '../../gateway/transforms/points/deepgrow';
import { rampVolume } from './deepgrow-samples';
import { run, sampleWith } from './samples';

async function guidanceFor(params: unknown, dimensions = 2): Promise<Guidance> {
  const sample = sampleWith({ image: rampVolume([20, 16, 8]) }, params as RequestParams);
  await run(sample, 'AsChannelFirstd', { keys: 'image' });
  await run(sample, 'AddGuidanceFromPointsd', { ref_image: 'image', dimensions });
  return sample.values.get('guidance') as Guidance;
}

const foreground = [[1, 2, 3], [4, 5, 6]]; // prettier-ignore
const background = [[7, 8, 5]];

describe('the slice of a 2-D model', () => {
  test.each([
    ['the parameter slice', { foreground, background, slice: 3, current_point: [[4, 5, 6]] }, 3],
    ['slice as a text', { foreground, slice: '3' }, 3],
    ['current_point as a list', { foreground, background, current_point: [[7, 8, 5]] }, 5],
    ['current_point flat', { foreground, current_point: [1, 2, 3] }, 3],
    ['current_point as a string', { foreground, current_point: '[[1,2,3]]' }, 3],
    ['an empty current_point: the last foreground click', { foreground, background, current_point: [] }, 6],
    ['the last foreground click', { foreground, background }, 6],
    ['the last background click', { foreground: [], background }, 5],
    ['clicks as strings of JSON, fractional (OHIF)', { foreground: '[[4.7, 5.2, 6]]' }, 6],
  ])('%s', async (_, params, slice) => {
    expect((await guidanceFor(params)).slice).toBe(slice);
  });

  test('only the clicks of that slice count', async () => {
    expect(await guidanceFor({ foreground, background, slice: 5 })).toEqual({
      positive: [],
      negative: [[7, 8]],
      slice: 5,
    });
  });
});

test('a 3-D model takes all clicks, depth first, whatever the current point', async () => {
  const guidance = await guidanceFor({ foreground, background, current_point: [[1, 2, 3]] }, 3);
  expect(guidance).toEqual({ positive: [[3, 1, 2], [6, 4, 5]], negative: [[5, 7, 8]] }); // prettier-ignore
});

test.each([
  ['none', {}, /needs clicks/],
  ['empty', { foreground: [], background: [] }, /needs clicks/],
  [
    'outside',
    { foreground: [[20, 2, 3]] },
    /\[20, 2, 3\] of "foreground" lies outside the image, whose size is \[20, 16, 8\]/,
  ],
  ['negative', { background: [[1, -2, 3]] }, /outside/],
  ['two numbers', { foreground: [[1, 2]] }, /3 numbers each/],
  ['texts', { foreground: [['1', '2', '3']] }, /3 numbers each/],
  ['a slice without clicks', { foreground, slice: 4 }, /no click lies on slice 4; the clicks sent are on slice 3, 6/],
  ['a slice that is none', { foreground, slice: 'top' }, /number of a slice/],
])('wrong clicks: %s', async (_, params, message) => {
  const failing = guidanceFor(params);
  await expect(failing).rejects.toThrow(RequestError);
  await expect(failing).rejects.toThrow(message);
});

describe('spatial_size of the request', () => {
  async function croppedBy(spatial_size: unknown) {
    const sample = sampleWith({ image: rampVolume([200, 200, 4]) }, {
      foreground: [[100, 100, 1]],
      spatial_size,
    } as RequestParams);
    await run(sample, 'AsChannelFirstd', { keys: 'image' });
    await run(sample, 'AddGuidanceFromPointsd', { ref_image: 'image', dimensions: 2 });
    await run(sample, 'Fetch2DSliced', { keys: 'image' });
    await run(sample, 'AddChanneld', { keys: 'image' });
    await run(sample, 'SpatialCropGuidanced', { keys: 'image', spatial_size: [64, 64] });
    return sample.volume('image').shape;
  }
  test.each([
    [undefined, [1, 64, 64]],
    [[], [1, 64, 64]],
    [
      [100, 80],
      [1, 100, 80],
    ],
    [
      [32, 100, 80],
      [1, 100, 80],
    ],
    ['[100, 80]', [1, 100, 80]],
  ])('%j', async (size, shape) => {
    expect(await croppedBy(size)).toEqual(shape);
  });
  test.each([['wide'], [[0, 5]], [[1.5, 2]], [[9]], [7]])('wrong: %j', async (size) => {
    await expect(croppedBy(size)).rejects.toThrow(RequestError);
  });
});
