import {
  alignCornersMap,
  halfPixelMap,
  spacingMap,
  type LinearMap,
} from '../../../../gateway/imaging/ops/resample/axis-maps';
import { resampleLinear } from '../../../../gateway/imaging/ops/resample/resample-linear';
import golden from '../../../golden/kernels_goldens.json';
import { expectClose, inCOrder, testVolume, volumeOf } from '../volumes';

const MAPS: Record<string, (n: number, m: number, step: number) => LinearMap> = {
  'half-pixel': halfPixelMap,
  'align-corners': alignCornersMap,
  spacing: spacingMap,
};

const line = [0, 10, 20, 40, 80, 160];
const resizeLine = (map: LinearMap) => inCOrder(resampleLinear(volumeOf([6, 1], line), [map, undefined]));

describe('linear resampling', () => {
  test.each([
    ['half-pixel to 4', halfPixelMap(6, 4), [2.5, 17.5, 50, 140]],
    ['half-pixel to 9', halfPixelMap(6, 9), [0, 5, 35 / 3, 55 / 3, 30, 140 / 3, 220 / 3, 120, 160]],
    ['half-pixel to 15', halfPixelMap(6, 15), [0, 1, 5, 9, 13, 17, 22, 30, 38, 52, 68, 88, 120, 152, 160]],
    ['align corners to 4', alignCornersMap(6, 4), [0, 50 / 3, 160 / 3, 160]],
    ['align corners to 9', alignCornersMap(6, 9), [0, 6.25, 12.5, 18.75, 30, 45, 70, 110, 160]],
    ['2.5 mm to 1 mm, voxel 0 kept', spacingMap(6, 14, 0.4), [0, 4, 8, 12, 16, 20, 28, 36, 48, 64, 80, 112, 144, 160]],
  ])('a line of six, %s', (_, map, expected) => {
    expectClose(resizeLine(map), expected, 1e-6);
  });

  test.each(golden.linear.map((c) => [`${c.map}, ${c.from} to ${c.shape}`, c] as const))(
    '%s as the reference',
    (_, c) => {
      const maps = c.from.map((n, d) => MAPS[c.map](n, c.shape[d], c.steps?.[d] ?? 1));
      const result = resampleLinear(testVolume(c.from), maps);
      expect(result.shape).toEqual(c.shape);
      expectClose(inCOrder(result), c.values, 1e-6);
    },
  );

  const maps = [halfPixelMap(7, 11), undefined, halfPixelMap(9, 4)];
  const expected = golden.linear[1].values;

  test.each([[[0, 1, 2]], [[2, 1, 0]], [[1, 2, 0]]])('memory order %j gives the same values and is kept', (memory) => {
    const result = resampleLinear(testVolume([7, 5, 9], { memory }), maps);
    expect(result.strides[memory[0]]).toBe(1);
    expectClose(inCOrder(result), expected, 1e-6);
  });

  test.each([
    ['CXYZ', [0, 1, 2, 3]],
    ['CXYZ', [1, 2, 3, 0]],
    ['XYZC', [3, 0, 1, 2]],
  ] as const)('channels (%s, memory %j) are resized one by one', (axes, memory) => {
    const one = inCOrder(testVolume([7, 5, 9]));
    const first = axes === 'CXYZ';
    const values = first ? [...one, ...one.map((v) => -v)] : one.flatMap((v) => [v, -v]);
    const shape = first ? [2, 7, 5, 9] : [7, 5, 9, 2];
    const result = resampleLinear(volumeOf(shape, values, { axes, memory: [...memory] }), maps);
    const both = first ? [...expected, ...expected.map((v) => -v)] : expected.flatMap((v) => [v, -v]);
    expect(result.shape).toEqual(first ? [2, 11, 5, 4] : [11, 5, 4, 2]);
    expectClose(inCOrder(result), both, 1e-6);
  });

  test('an axis of one voxel and an unchanged length are exact', () => {
    expect(inCOrder(resampleLinear(volumeOf([1, 2], [3, 7]), [halfPixelMap(1, 3), halfPixelMap(2, 2)]))).toEqual([
      3, 7, 3, 7, 3, 7,
    ]);
  });

  test('integers are read as they are', () => {
    const result = resampleLinear(volumeOf([2, 1], [-1000, 3000], { type: Int16Array }), [
      halfPixelMap(2, 4),
      undefined,
    ]);
    expect(inCOrder(result)).toEqual([-1000, 0, 2000, 3000]);
  });
});
