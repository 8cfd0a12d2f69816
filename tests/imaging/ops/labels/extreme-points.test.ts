import { extremePoints, foregroundBox } from '../../../../gateway/imaging/ops/labels/foreground';
import { volumeOf } from '../volumes';

function mask(shape: number[], inside: (...index: number[]) => boolean, memory?: number[]) {
  const values: number[] = [];
  const walk = (index: number[]): void => {
    if (index.length === shape.length) values.push(inside(...index) ? 2 : 0);
    else for (let i = 0; i < shape[index.length]; i++) walk([...index, i]);
  };
  walk([]);
  return volumeOf(shape, values, { type: Uint8Array, memory });
}

describe('extreme points', () => {
  test.each([[[0, 1, 2]], [[2, 1, 0]]])('a box: the first voxel of each face in C order (memory %j)', (memory) => {
    const box = mask([6, 8, 7], (i, j, k) => i >= 2 && i < 5 && j >= 3 && j < 7 && k >= 4 && k < 6, memory);
    expect(extremePoints(box)).toEqual([[2, 3, 4], [4, 3, 4], [2, 3, 4], [2, 6, 4], [2, 3, 4], [2, 3, 5]]); // prettier-ignore
    expect(foregroundBox(box)).toEqual({ first: [2, 3, 4], last: [4, 6, 5] });
  });

  test('single voxels at the corners', () => {
    const two = mask([3, 4, 5], (i, j, k) => (i === 2 && j === 0 && k === 1) || (i === 0 && j === 3 && k === 4));
    expect(extremePoints(two)).toEqual([[0, 3, 4], [2, 0, 1], [2, 0, 1], [0, 3, 4], [2, 0, 1], [0, 3, 4]]); // prettier-ignore
  });

  test('two dimensions, and nothing', () => {
    expect(extremePoints(mask([3, 3], (i, j) => i === 1 && j > 0))).toEqual([[1, 1], [1, 1], [1, 1], [1, 2]]); // prettier-ignore
    expect(extremePoints(mask([3, 3], () => false))).toEqual([]);
  });
});
