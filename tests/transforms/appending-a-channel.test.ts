import { appendChannel } from '../../gateway/transforms/channels';
import { inCOrder, testVolume } from '../imaging/ops/volumes';

const channel = testVolume([3, 4], { memory: [1, 0] });

describe('appending a channel', () => {
  test.each([
    ['XY', [3, 4], [0, 1], 'CXY'],
    ['CXY', [2, 3, 4], [1, 2, 0], 'CXY'],
    ['CXY', [2, 3, 4], [2, 1, 0], 'CXY'],
    ['XYC', [3, 4, 3], [2, 1, 0], 'XYC'],
    ['XYC', [3, 4, 1], [0, 1, 2], 'XYC'],
  ] as const)('to %s %j (memory %j)', (axes, shape, memory, expectedAxes) => {
    const image = testVolume(shape, { axes, memory: [...memory] });
    const result = appendChannel(image, channel);
    expect(result.axes).toBe(expectedAxes);
    const [before, added] = [inCOrder(image), inCOrder(channel)];
    const count = before.length / 12;
    const expected =
      axes === 'XYC'
        ? added.flatMap((v, at) => [...before.slice(at * count, (at + 1) * count), v])
        : [...before, ...added];
    expect(inCOrder(result)).toEqual(expected);
  });
});
