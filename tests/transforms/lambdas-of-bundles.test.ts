import type { Volume } from '../../gateway/imaging/volume';
import { findTransform } from '../../gateway/transforms/registry';
import { run, sampleWith } from './samples';

/** Channels of three pixels. */
const image = (...channels: number[][]): Volume => ({
  data: Float32Array.from(channels.flat()),
  shape: [channels.length, channels[0].length, 1],
  strides: [channels[0].length, 1, 1],
  axes: 'CXY',
  properties: {},
});

const brats = 'lambda x: torch.where(x[[2]] > 0, 4, torch.where(x[[0]] > 0, 1, torch.where(x[[1]] > 0, 2, 0)))';

test.each<[string, number[][], number[][]]>([
  [brats, [[1, 0, 1], [1, 1, 0], [0, 0, 1]], [[1, 2, 4]]],
  ['$lambda x : x[1:]', [[1, 2], [3, 4]], [[3, 4]]],
  ['lambda y: y[:-1]', [[1, 2], [3, 4], [5, 6]], [[1, 2], [3, 4]]],
  ['lambda x: x[[-1, 0]]', [[1, 2], [3, 4]], [[3, 4], [1, 2]]],
  ['lambda x: (x + 1) * 2 - 4 / x', [[1, 2, 4]], [[0, 4, 9]]],
  ['lambda x: -x', [[1, -2]], [[-1, 2]]],
  ['lambda x: (x > 1) & (x <= 3) | (x == 5)', [[1, 2, 3, 4, 5]], [[0, 1, 1, 0, 1]]],
  ['lambda x: x * x[[0]]', [[1, 0], [3, 4]], [[1, 0], [3, 0]]],
  ['lambda x: np.where(x != 0, x, -1)', [[0, 3]], [[-1, 3]]],
  ['lambda x: torch.nan_to_num(x, nan=255)', [[NaN, 3]], [[255, 3]]],
  ['lambda x: x.nan_to_num(0.0, posinf=9, neginf=-9)', [[NaN, Infinity, -Infinity, 2]], [[0, 9, -9, 2]]],
  ['lambda x: np.clip(x, 0, None)', [[-4, 3]], [[0, 3]]],
  ['lambda x: torch.clamp(x[1:], max=-1.5).abs()', [[0, 0], [-1, -7]], [[1.5, 7]]],
  ['lambda x: (x >= 2).astype(np.float32)', [[1, 2]], [[0, 1]]],
  ['lambda x: x.clip(-torch.inf, 3) + x.long()', [[1.5, 5.5]], [[2.5, 8]]],
])('%s', async (func, given, expected) => {
  const sample = sampleWith({ pred: image(...given) });
  await run(sample, 'Lambdad', { keys: 'pred', func });
  const { data, shape } = sample.volume('pred');
  expect([...data]).toEqual(expected.flat());
  expect(shape[0]).toBe(expected.length);
}); // prettier-ignore

test.each<[string, RegExp]>([
  ["lambda x: __import__('os').system('id')", /"__import__" is not known here; what can be run are x/],
  ['lambda x: x.__class__', /"x.__class__" is not known/],
  ['lambda x: x[0]', /would take the channel axis away; write \[\[0\]\]/],
  ['lambda x, y: x', /not a short lambda of one variable/],
  ['lambda x: x.clamp(0, y)', /clamp needs numbers, not y/],
  ['lambda x: x.clamp(0).tofile(1)', /".tofile" is not known/],
  ['lambda x: x.to(cuda)', /needs a type such as torch.float32/],
  ['lambda x: torch.load(x)', /"torch.load" is not known/],
  ['lambda x: x if x else 0', /"if" stands where it should end/],
  ['process.exit()', /not a short lambda/],
  [`lambda x: ${'('.repeat(2000)}x`, /not a short lambda/],
])('%s is refused and shown', (func, reason) => {
  const { error } = findTransform('Lambdad')!.args.safeParse({ keys: 'pred', func });
  expect(
    JSON.stringify(error?.issues ?? 'accepted')
      .replaceAll('\\\\\\"', '"')
      .replaceAll('\\"', '"'),
  ).toMatch(reason);
});

test('channels there are not, and numbers of channels that do not fit', async () => {
  const sample = sampleWith({ pred: image([1], [2], [3]) });
  await expect(run(sample, 'Lambdad', { keys: 'pred', func: 'lambda x: x[[5]]' })).rejects.toThrow(/no channel 5; the image has 3/);
  await expect(run(sample, 'Lambdad', { keys: 'pred', func: 'lambda x: x[1:] + x' })).rejects.toThrow(/2 and 3 channels/);
  await expect(run(sample, 'Lambdad', { keys: 'pred', func: 'lambda x: 3' })).rejects.toThrow(/gives a number/);
}); // prettier-ignore
