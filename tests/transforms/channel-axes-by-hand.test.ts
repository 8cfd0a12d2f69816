import { testVolume } from '../imaging/ops/volumes';
import { run, sampleWith } from './samples';

test.each<[object, RegExp]>([
  [{ dim: 1 }, /length 3/],
  [{ dim: 5 }, /no axis 5.*axes CXY/],
  [{ dim: -4 }, /no axis -4.*axes CXY/],
])('SqueezeDimd %j of an image of 1 x 3 x 4 is an error that says so', async (args, message) => {
  const image = testVolume([1, 3, 4], { axes: 'CXY' });
  await expect(run(sampleWith({ image }), 'SqueezeDimd', { keys: 'image', ...args })).rejects.toThrow(message);
});

test.each<[object, 'CXY' | 'XYC' | 'XY', string]>([
  [{}, 'XY', 'CXY'],
  [{ channel_dim: 'no_channel' }, 'XY', 'CXY'],
  [{ channel_dim: -1 }, 'XYC', 'CXY'],
  [{ channel_dim: 0 }, 'CXY', 'CXY'],
  [{ channel_dim: null }, 'XYC', 'CXY'],
  [{ channel_dim: 'no_channel' }, 'XYC', '"image" has channels (axes XYC)'],
  [{ channel_dim: 0 }, 'XYC', "the image's axes are XYC, there is no channel axis at that place"],
  [{ channel_dim: -1 }, 'XY', 'CXY'],
  [{ channel_dim: 2 }, 'XY', 'CXY'],
  [{ channel_dim: 0 }, 'XY', "the image's axes are XY, there is no channel axis at that place"],
])('EnsureChannelFirstd %j of %s: %s', async (args, axes, expected) => {
  const sample = sampleWith({ image: testVolume([3, 4, 5].slice(0, axes.length), { axes }) });
  const outcome = run(sample, 'EnsureChannelFirstd', { keys: 'image', ...args });
  if (expected === 'CXY') expect((await outcome.then(() => sample.volume('image'))).axes).toBe(expected);
  else await expect(outcome).rejects.toThrow(expected);
});
