import { inCOrder, testVolume, volumeOf } from '../imaging/ops/volumes';
import { run, sampleWith } from './samples';

test('RepeatChannel: a, b twice is a, a, b, b', async () => {
  for (const memory of [
    [0, 1, 2],
    [2, 1, 0],
  ]) {
    const image = volumeOf([2, 2, 1], [1, 2, 3, 4], { axes: 'CXY', memory });
    const sample = sampleWith({ image });
    await run(sample, 'RepeatChannel', { fields: 'image', repeats: 2 });
    expect(inCOrder(sample.volume('image'))).toEqual([1, 2, 1, 2, 3, 4, 3, 4]);
  }
  const last = sampleWith({ image: volumeOf([2, 1, 2], [1, 2, 3, 4], { axes: 'XYC' }) });
  await run(last, 'RepeatChannel', { fields: 'image', repeat_times: 2 });
  expect(inCOrder(last.volume('image'))).toEqual([1, 1, 2, 2, 3, 3, 4, 4]);
  await expect(
    run(sampleWith({ image: testVolume([2, 2]) }), 'RepeatChannel', { fields: 'image', repeats: 2 }),
  ).rejects.toThrow('ConvertToChannelsFirst');
});

test('CenterData: with numbers, by the whole image, and of an image that is the same everywhere', async () => {
  const values = [0, 2, 4, 10];
  const sample = sampleWith({ a: volumeOf([2, 2], values), b: volumeOf([2, 2], values), c: volumeOf([2, 1], [7, 7]) });
  await run(sample, 'CenterData', { fields: 'a', subtrahend: 2, divisor: 4 });
  await run(sample, 'CenterData', { fields: ['b', 'c'] });
  expect(inCOrder(sample.volume('a'))).toEqual([-0.5, 0, 0.5, 2]);
  const deviation = Math.sqrt((16 + 4 + 0 + 36) / 4);
  expect(inCOrder(sample.volume('b'))).toEqual([-4, -2, 0, 6].map((x) => Math.fround(x / deviation)));
  expect(inCOrder(sample.volume('c'))).toEqual([0, 0]);
});

test('SplitAcrossChannels makes an image of each channel, wherever the channels lie', async () => {
  for (const axes of ['CXY', 'XYC'] as const) {
    const values = axes === 'CXY' ? [1, 2, 3, 4] : [1, 3, 2, 4];
    const sample = sampleWith({ model: volumeOf(axes === 'CXY' ? [2, 2, 1] : [2, 1, 2], values, { axes }) });
    await run(sample, 'SplitAcrossChannels', { field: 'model', channel_names: ['one', 'two'] });
    expect(inCOrder(sample.volume('one'))).toEqual([1, 2]);
    expect(inCOrder(sample.volume('two'))).toEqual([3, 4]);
    expect(sample.volume('two').axes).toBe(axes);
    await expect(run(sample, 'SplitAcrossChannels', { field: 'model', channel_names: ['one'] })).rejects.toThrow(
      '"model" has 2 channels, channel_names has 1: one',
    );
  }
});

const labels = volumeOf([1, 5, 1], [0, 1, 2, 4, 3], { axes: 'CXY' });

test('SplitBasedOnLabel: the first name is the background', async () => {
  const sample = sampleWith({ model: labels });
  await run(sample, 'SplitBasedOnLabel', { field: 'model', label_names: ['none', 'liver', 'spleen'] });
  expect(['none', 'liver', 'spleen'].map((name) => inCOrder(sample.volume(name)))).toEqual([
    [1, 0, 0, 0, 0],
    [0, 1, 0, 0, 0],
    [0, 0, 1, 0, 0],
  ]);
});

test('ConvertToMultiChannelBasedOnLabel: as many channels as names, or as labels', async () => {
  const sample = sampleWith({ named: labels, open: labels });
  await run(sample, 'ConvertToMultiChannelBasedOnLabel', { fields: 'named', label_names: ['a', 'b'] });
  await run(sample, 'ConvertToMultiChannelBasedOnLabel', { fields: 'open' });
  expect(inCOrder(sample.volume('named'))).toEqual([1, 0, 0, 0, 0, 0, 1, 0, 0, 0]);
  expect(sample.volume('open').shape).toEqual([5, 5, 1]);
  expect(inCOrder(sample.volume('open')).slice(20)).toEqual([0, 0, 0, 1, 0]);
  const fractions = sampleWith({ image: volumeOf([2, 1], [0, 0.5]) });
  await expect(run(fractions, 'ConvertToMultiChannelBasedOnLabel', { fields: 'image' })).rejects.toThrow(
    'no label map: a voxel is 0.5',
  );
  await expect(run(sample, 'ConvertToMultiChannelBasedOnLabel', { fields: 'open' })).rejects.toThrow('5 channels');
});

test('BraTS: tumour core 1 and 4, whole tumour 1, 2 and 4, enhancing 4', async () => {
  const expected = [
    [0, 1, 0, 1, 0],
    [0, 1, 1, 1, 0],
    [0, 0, 0, 1, 0],
  ];
  const sample = sampleWith({ model: labels, split: labels });
  await run(sample, 'ConvertToMultiChannelBasedOnBratsClasses', { fields: 'model' });
  expect(inCOrder(sample.volume('model'))).toEqual(expected.flat());
  await run(sample, 'SplitBasedOnBratsClasses', { field: 'split', label_names: ['core', 'whole', 'enhancing'] });
  expect(['core', 'whole', 'enhancing'].map((name) => inCOrder(sample.volume(name)))).toEqual(expected);
});

describe('KeepLargestCC', () => {
  const keep = async (values: number[], args: object = {}, shape = [values.length, 1]) => {
    const sample = sampleWith({ model: volumeOf(shape, values) });
    await run(sample, 'KeepLargestCC', { fields: 'model', ...args });
    return inCOrder(sample.volume('model'));
  };

  test('of components of one size the first in C order stays', async () => {
    expect(await keep([1, 1, 0, 1, 1, 0, 1])).toEqual([1, 1, 0, 0, 0, 0, 0]);
  });

  test('corners connect', async () => {
    const mask = new Array<number>(36).fill(0);
    for (const [i, j] of [[0, 0], [0, 1], [1, 2], [3, 3], [4, 4], [4, 5]]) mask[6 * i + j] = 1; // prettier-ignore
    const kept = await keep(mask, {}, [6, 6]);
    expect(kept.flatMap((value, at) => (value ? [at] : []))).toEqual([0, 1, 8]);
  });

  test('each label by itself, chosen ones, or all together', async () => {
    const values = [1, 2, 2, 0, 2, 1, 1, 3, 0, 3];
    expect(await keep(values)).toEqual([0, 2, 2, 0, 0, 1, 1, 3, 0, 0]);
    expect(await keep(values, { applied_labels: 2 })).toEqual([1, 2, 2, 0, 0, 1, 1, 3, 0, 3]);
    expect(await keep(values, { is_independent: false })).toEqual([0, 0, 0, 0, 2, 1, 1, 3, 0, 0]);
    expect(await keep(values, { applied_labels: [1, 2], independent: 'false' })).toEqual([
      1, 2, 2, 0, 0, 0, 0, 3, 0, 3,
    ]);
  });

  test('every channel by itself; the image that went in is not changed', async () => {
    const model = volumeOf([2, 3, 1], [1, 0, 1, 0, 0, 1], { axes: 'CXY', memory: [2, 0, 1] });
    const sample = sampleWith({ model });
    await run(sample, 'KeepLargestCC', { fields: 'model' });
    expect(inCOrder(sample.volume('model'))).toEqual([1, 0, 0, 0, 0, 1]);
    expect(inCOrder(model)).toEqual([1, 0, 1, 0, 0, 1]);
  });

  test('scores are no labels; nothing stays of nothing', async () => {
    await expect(keep([0, 0.5])).rejects.toThrow('a voxel is 0.5');
    expect(await keep([0, 0], { is_independent: false })).toEqual([0, 0]);
  });
});
