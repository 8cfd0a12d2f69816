import { erf, gaussianKernel } from '../../../../gateway/imaging/ops/intensity/gaussian';
import { heatMap } from '../../../../gateway/imaging/ops/labels/heat-map';
import { firstAxisFastest } from '../../../../gateway/imaging/volume';
import golden from '../../../golden/kernels_goldens.json';
import { expectClose, inCOrder } from '../volumes';

const asVolume = (shape: number[], data: Float32Array) => ({
  data,
  shape,
  strides: firstAxisFastest(shape),
  axes: 'XYZ' as const,
  properties: {},
});

describe('heat map', () => {
  test.each(golden.erf)('erf(%d)', (x, expected) => {
    expect(Math.abs(erf(x) - expected)).toBeLessThan(1e-15);
    expect(erf(-x) + erf(x)).toBe(0);
  });

  test.each([
    [3, [0.1323677, 0.1252786, 0.1062092, 0.0806559, 0.0548653, 0.0334307, 0.0182464, 0.0089205, 0.0039064, 0.0015323, 0.0005383, 0.0001694, 0.0000477]],
    [2, [0.1974127, 0.1746663, 0.1209776, 0.0655906, 0.0278347, 0.0092447, 0.0024027, 0.0004886, 0.0000777]],
  ])('gaussian of sigma %d', (sigma, half) => {
    const kernel = [...gaussianKernel(sigma)];
    expect(kernel.length).toBe(2 * half.length - 1);
    kernel.slice(half.length - 1).forEach((value, x) => expect(Math.abs(value - half[x])).toBeLessThan(1e-7));
  }); // prettier-ignore

  test.each([['heat'], ['heat2d']] as const)('%s as scipy filters the impulses', (name) => {
    const { points, sigma, low, high, shape, values } = golden[name];
    expectClose(inCOrder(asVolume(shape, heatMap(shape, points, { sigma, low, high }))), values, 2e-6);
  });

  test('a point given twice counts once, points outside are moved to the edge', () => {
    const options = { sigma: 1, low: 0, high: 1 };
    const twice = heatMap([9, 9], [[2, 2], [2, 2], [-3, 40]], options); // prettier-ignore
    expect(twice).toEqual(heatMap([9, 9], [[2, 2], [0, 8]], options)); // prettier-ignore
  });

  test('no points: cold everywhere', () => {
    expect([...heatMap([2, 2], [], { sigma: 3, low: -1, high: 1 })]).toEqual([-1, -1, -1, -1]);
  });
});
