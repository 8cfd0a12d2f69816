import {
  coverage,
  divideByCoverage,
  divideByWeights,
  gather,
  scatterAdd,
  type Padding,
} from '../../../gateway/imaging/ops/copy/windows';
import { sizeOf, type Axes, type Volume } from '../../../gateway/imaging/volume';
import { expectClose, inCOrder, testVolume, volumeOf } from './volumes';

/** Every index of a shape, last axis fastest. */
function* indices(shape: readonly number[]): Generator<number[]> {
  for (let at = 0; at < sizeOf(shape); at++) {
    let rest = at;
    yield shape.map((_, d) => {
      const step = sizeOf(shape.slice(d + 1));
      const index = Math.floor(rest / step);
      rest %= step;
      return index;
    });
  }
}

function valueAt(volume: Volume, index: readonly number[], { mode, value = 0 }: Padding): number {
  const inside = index.map((i, d) => {
    const n = volume.shape[d];
    if (i >= 0 && i < n) return i;
    if (mode === 'replicate') return i < 0 ? 0 : n - 1;
    if (mode === 'reflect') return i < 0 ? -i : 2 * (n - 1) - i;
    return -1;
  });
  return inside.includes(-1) ? value : volume.data[inside.reduce((sum, i, d) => sum + i * volume.strides[d], 0)];
}

const LAYOUTS: [Axes, number[], number[]][] = [
  ['XYZ', [37, 5, 34], [0, 1, 2]],
  ['XYZ', [6, 5, 7], [2, 1, 0]],
  ['CXYZ', [2, 34, 6, 5], [1, 2, 3, 0]],
  ['XYC', [33, 9, 3], [2, 0, 1]],
  ['XY', [35, 34], [0, 1]],
];
const BOXES: [string, number, number][] = [
  ['inside', 1, 0.6],
  ['over the end', 4, 1],
  ['over both ends', -2, 1.2],
];

describe('cutting windows', () => {
  const cases = LAYOUTS.flatMap(([axes, shape, memory]) =>
    BOXES.map(([name, offset, part]) => ({ axes, shape, memory, name, offset, part })),
  );

  test.each(cases)(
    '$axes $shape, memory $memory, window $name: as read voxel by voxel',
    ({ axes, shape, memory, offset, part }) => {
      const volume = testVolume(shape, { axes, memory });
      const start = [...axes].map((axis) => (axis === 'C' ? 0 : offset));
      const size = [...axes].map((axis, d) => (axis === 'C' ? shape[d] : Math.ceil(shape[d] * part)));
      for (const padding of [
        { mode: 'constant' },
        { mode: 'constant', value: -3 },
        { mode: 'replicate' },
        { mode: 'reflect' },
      ] as Padding[]) {
        const out = new Float32Array(sizeOf(size) + 2).fill(99);
        gather(volume, start, size, out, 1, padding);
        const expected = [...indices(size)].map((index) => valueAt(volume, index.map((i, d) => i + start[d]), padding)); // prettier-ignore
        expect([...out]).toEqual([99, ...expected, 99]);
      }
    },
  );

  test.each(cases)(
    '$axes $shape, memory $memory, window $name: added back to its place',
    ({ axes, shape, memory, offset, part }) => {
      const start = [...axes].map((axis) => (axis === 'C' ? 0 : offset));
      const size = [...axes].map((axis, d) => (axis === 'C' ? shape[d] : Math.ceil(shape[d] * part)));
      const target = volumeOf(shape, new Float32Array(sizeOf(shape)).fill(1), { axes, memory }) as Volume<Float32Array>;
      const window = Float32Array.from({ length: sizeOf(size) }, (_, i) => (i * 53) % 97);
      scatterAdd(target, start, size, window);
      const expected = [...indices(shape)].map((index) => {
        const local = index.map((i, d) => i - start[d]);
        return local.every((i, d) => i >= 0 && i < size[d])
          ? 1 + window[local.reduce((at, i, d) => at * size[d] + i, 0)]
          : 1;
      });
      expect(inCOrder(target)).toEqual(expected);
    },
  );

  test('a window wholly outside is padding, and adds nothing', () => {
    const out = new Float32Array(4).fill(9);
    gather(testVolume([3, 3]), [5, 5], [2, 2], out);
    expect([...out]).toEqual([0, 0, 0, 0]);
    const target = testVolume([3, 3]) as Volume<Float32Array>;
    scatterAdd(target, [5, -4], [2, 2], new Float32Array(4).fill(1));
    expect(inCOrder(target)).toEqual(inCOrder(testVolume([3, 3])));
  });

  test('overlapping windows averaged by their counts give the image back', () => {
    const image = testVolume([2, 10, 7], { axes: 'CXY', memory: [1, 2, 0] });
    const sum = volumeOf([2, 10, 7], new Float32Array(140), { axes: 'CXY', memory: [1, 2, 0] }) as Volume<Float32Array>;
    const starts = [[0, 3, 6, 6], [0, 3]]; // prettier-ignore
    const window = new Float32Array(2 * 4 * 4);
    for (const i of starts[0]) {
      for (const j of starts[1]) {
        gather(image, [0, i, j], [2, 4, 4], window);
        scatterAdd(sum, [0, i, j], [2, 4, 4], window);
      }
    }
    expect([...coverage(10, starts[0], 4)]).toEqual([1, 1, 1, 2, 1, 1, 3, 2, 2, 2]);
    divideByCoverage(sum, [coverage(10, starts[0], 4), coverage(7, starts[1], 4)]);
    expectClose(inCOrder(sum), inCOrder(image), 1e-6);
  });

  test('weighted windows divided by their weights give the image back', () => {
    const image = testVolume([2, 6, 5], { axes: 'CXY', memory: [1, 2, 0] });
    const sum = volumeOf([2, 6, 5], new Float32Array(60), { axes: 'CXY', memory: [1, 2, 0] }) as Volume<Float32Array>;
    const total = volumeOf([6, 5], new Float32Array(30)) as Volume<Float32Array>;
    const weights = Float32Array.from({ length: 20 }, (_, i) => 0.1 + (i % 7));
    const window = new Float32Array(40);
    for (const i of [0, 2]) {
      gather(image, [0, i, 0], [2, 4, 5], window);
      scatterAdd(sum, [0, i, 0], [2, 4, 5], window, 0, weights);
      scatterAdd(total, [i, 0], [4, 5], weights);
    }
    divideByWeights(sum, total);
    expectClose(inCOrder(sum), inCOrder(image), 1e-6);
  });
});
