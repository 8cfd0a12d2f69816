import { largestComponents } from '../../../../gateway/imaging/ops/labels/components';
import golden from '../../../golden/kernels_goldens.json';
import { firstAxisFastest } from '../../../../gateway/imaging/volume';
import { inCOrder, volumeOf } from '../volumes';

/** Voxels set in a 6 x 6 mask. */
const SPOTS = [[0, 0], [0, 1], [1, 2], [3, 3], [4, 4], [4, 5]]; // prettier-ignore

function maskOf(shape: number[], spots: number[][]) {
  const values = new Uint8Array(shape[0] * shape[1]);
  for (const [i, j] of spots) values[i * shape[1] + j] = 1;
  return volumeOf(shape, values, { type: Uint8Array });
}

function spotsOf(shape: number[], labels: Uint8Array): number[][] {
  const values = inCOrder({ data: labels, shape, strides: firstAxisFastest(shape), axes: 'XY', properties: {} });
  return values.flatMap((value, at) => (value ? [[Math.floor(at / shape[1]), at % shape[1]]] : []));
}

describe('largest connected component', () => {
  test.each([
    ['faces', SPOTS.slice(0, 2)],
    ['full', SPOTS.slice(0, 3)],
  ] as const)('%s: of equal ones the first in C order', (connectivity, expected) => {
    expect(spotsOf([6, 6], largestComponents(maskOf([6, 6], SPOTS), connectivity))).toEqual(expected);
  });

  test('the first in C order, not in file order', () => {
    const spots = [[0, 3], [0, 4], [3, 0], [4, 0]]; // prettier-ignore
    expect(spotsOf([5, 5], largestComponents(maskOf([5, 5], spots), 'faces'))).toEqual(spots.slice(0, 2));
  });

  test('a spiral is one', () => {
    const spiral = [[0, 0], [0, 1], [0, 2], [1, 2], [2, 2], [2, 1], [2, 0]]; // prettier-ignore
    expect(spotsOf([4, 4], largestComponents(maskOf([4, 4], [...spiral, [0, 3], [3, 3]]), 'faces'))).toHaveLength(8);
  });

  // Three voxels in a line across a cube: the first two share an edge, the last two a corner; a fourth lies apart.
  test.each([
    ['faces', 1],
    ['edges', 2],
    ['full', 3],
  ] as const)('%s joins %d', (connectivity, size) => {
    const values = new Uint8Array(4 * 4 * 4);
    for (const [i, j, k] of [[0, 0, 0], [1, 1, 0], [2, 2, 1], [0, 3, 3]]) values[(i * 4 + j) * 4 + k] = 1; // prettier-ignore
    const labels = largestComponents(volumeOf([4, 4, 4], values, { type: Uint8Array }), connectivity);
    expect(labels.reduce((a, b) => a + b, 0)).toBe(size);
  });

  test('nothing stays nothing', () => {
    expect([...largestComponents(maskOf([2, 2], []), 'full')]).toEqual([0, 0, 0, 0]);
  });

  test.each(golden.components)(
    'noise of $shape at $density, $connectivity, as scipy',
    ({ shape, threshold, connectivity, size, checksum }) => {
      const values = Uint8Array.from({ length: shape[0] * shape[1] * shape[2] }, (_, n) =>
        (n * 7919) % 1009 < threshold ? 1 : 0,
      );
      const labels = largestComponents(volumeOf(shape, values, { type: Uint8Array }), connectivity as 'faces' | 'full');
      const result = inCOrder({ data: labels, shape, strides: firstAxisFastest(shape), axes: 'XYZ', properties: {} });
      expect(result.reduce((a, b) => a + b, 0)).toBe(size);
      expect(result.reduce((sum, value, at) => (sum + value * at) % 1000003, 0)).toBe(checksum);
    },
  );
});
