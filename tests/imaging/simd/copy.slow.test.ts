import { copyStrided } from '../../../gateway/imaging/ops/copy/blocks';
import { gather, type Padding } from '../../../gateway/imaging/ops/copy/windows';
import { repeatBlocks } from '../../../gateway/imaging/ops/copy/blocks';
import { clearBox, copyBox, copyElements, fillElements } from '../../../gateway/imaging/simd/copy';
import { lastAxisFastest, sizeOf, type NumericArray, type Volume } from '../../../gateway/imaging/volume';
import { arrayOf, expectSame, TYPES } from './arrays';
import { Placed, PLACES } from './places';

const firstFastest = (shape: readonly number[]) => shape.map((_, d) => sizeOf(shape.slice(0, d)));
const middleFastest = ([x, y, z]: readonly number[]) => [y, 1, x * y].slice(0, z === undefined ? 2 : 3);

/** Offsets of all elements of a box, last axis fastest. */
function offsets(shape: readonly number[], strides: readonly number[], first = 0): number[] {
  return shape.reduce((list, n, d) => list.flatMap((at) => Array.from({ length: n }, (_, i) => at + i * strides[d])), [first]); // prettier-ignore
}

const SHAPES = [[1, 1, 1], [3, 2, 5], [64, 3, 65], [1, 40, 33], [16, 16, 16], [5, 1, 200]]; // prettier-ignore
const ORDERS = { 'last axis fastest': lastAxisFastest, 'first axis fastest': firstFastest, 'middle axis fastest': middleFastest }; // prettier-ignore
type Order = keyof typeof ORDERS;
const orders = Object.keys(ORDERS) as Order[];
const pairs = orders.flatMap((from) => orders.map((to) => [from, to] as const));

describe.each(PLACES)('from an array %s', (place) => {
  describe.each(PLACES)('to one %s', (other) => {
    test.each(TYPES.map((type) => [type.name, type] as const))('elements of a box, in any order, %s', (_, type) => {
      for (const shape of SHAPES) {
        for (const [from, to] of pairs) {
          const source = new Placed(place, arrayOf(type, sizeOf(shape)) as NumericArray, 1);
          const target = new Placed(other, arrayOf(type, sizeOf(shape), 8) as NumericArray);
          const [strides, put] = [ORDERS[from](shape), ORDERS[to](shape)];
          copyBox(shape, { data: source.array, at: 0, strides }, { data: target.array, at: 0, strides: put });
          const expected = target.array.slice();
          const read = offsets(shape, strides);
          offsets(shape, put).forEach((at, n) => (expected[at] = source.array[read[n]]));
          expectSame(target.array, expected);
          target.expectGuarded();
        }
      }
    });

    test.each(TYPES.map((type) => [type.name, type] as const))('backwards, apart, and one for many, %s', (_, type) => {
      const source = new Placed(place, arrayOf(type, 60 * 70) as NumericArray);
      for (const [first, shape, strides] of [
        [60 * 70 - 1, [70, 60], [-60, -1]],
        [59, [60, 70], [-1, 60]],
        [60 * 69, [60, 70], [1, -60]],
        [60 * 69, [70, 60], [-60, 1]],
        [1, [20, 35], [3, 120]],
        [7, [33, 4], [0, 5]],
        [7, [33, 40], [1, 0]],
      ] as const) {
        const target = new Placed(other, arrayOf(type, sizeOf(shape), 8) as NumericArray, 1);
        for (const put of [lastAxisFastest(shape), firstFastest(shape)]) {
          copyBox(shape, { data: source.array, at: first, strides }, { data: target.array, at: 0, strides: put });
          const read = offsets(shape, strides, first);
          expect(offsets(shape, put).map((at) => target.array[at])).toEqual(read.map((at) => source.array[at]));
          target.expectGuarded();
        }
        expect([...copyStrided(source.array, first, shape, strides)]).toEqual(
          offsets(shape.toReversed(), strides.toReversed(), first).map((at) => source.array[at]),
        );
      }
    });

    test('runs of elements', () => {
      for (const type of TYPES) {
        for (const length of [0, 1, 3, 15, 16, 17, 70, 5000]) {
          const source = new Placed(place, arrayOf(type, length) as NumericArray, 1);
          const target = new Placed(other, new type(length + 9) as NumericArray);
          copyElements(source.array, target.array, 5);
          expect([...target.array]).toEqual([0, 0, 0, 0, 0, ...source.array, 0, 0, 0, 0]);
          target.expectGuarded();
          expect(() => copyElements(source.array, target.array, 10)).toThrow();
        }
      }
    });

    test('a box that does not lie in its array is refused', () => {
      const [source, target] = [new Placed(place, new Float32Array(20)).array, new Placed(other, new Float32Array(20)).array]; // prettier-ignore
      const copy = (from: number, strides: number[], to: number, put: number[]) => () =>
        copyBox([4, 5], { data: source, at: from, strides }, { data: target, at: to, strides: put });
      expect(copy(0, [5, 1], 0, [1, 4])).not.toThrow();
      expect(copy(19, [-5, -1], 0, [1, 4])).not.toThrow();
      expect(copy(1, [5, 1], 0, [1, 4])).toThrow('not inside');
      expect(copy(0, [5, 1], 0, [1, 5])).toThrow('not inside');
      expect(copy(14, [-5, 1], 0, [5, 1])).toThrow('not inside');
    });

    test.each(TYPES.map((type) => [type.name, type] as const))('float32 of %s', (_, type) => {
      const source = new Placed(place, arrayOf(type, 35 * 50) as NumericArray, 1);
      const values = Float32Array.from(source.array);
      const target = new Placed(other, new Float32Array(35 * 50), 1);
      copyElements(source.array, target.array);
      expect(target.array).toEqual(values);
      for (const [from, to] of pairs) {
        const [strides, put] = [ORDERS[from]([35, 50]), ORDERS[to]([35, 50])];
        copyBox([35, 50], { data: source.array, at: 0, strides }, { data: target.array, at: 0, strides: put });
        const read = offsets([35, 50], strides);
        expect(offsets([35, 50], put).map((at) => target.array[at])).toEqual(read.map((at) => values[at]));
        target.expectGuarded();
      }
    });

    test('bytes of float32', () => {
      const source = new Placed(place, arrayOf(Float32Array, 35 * 50).map(Math.abs));
      const target = new Placed(other, new Uint8Array(35 * 50));
      copyElements(source.array, target.array);
      expect([...target.array]).toEqual([...source.array].map(Math.floor));
      copyBox(
        [35, 50],
        { data: source.array, at: 0, strides: [1, 35] },
        { data: target.array, at: 0, strides: [50, 1] },
      );
      expect([...target.array]).toEqual(offsets([35, 50], [1, 35]).map((at) => Math.floor(source.array[at])));
    });

    const modes: Padding['mode'][] = ['constant', 'reflect', 'replicate', 'symmetric', 'wrap'];
    test.each(modes)('a box that leaves the image on all sides, borders: %s', (mode) => {
      const inside = (i: number, n: number) => {
        const mirror = mode === 'reflect' ? 2 * n - 2 || 1 : 2 * n;
        const at = (period: number) => ((i % period) + period) % period;
        if (mode === 'replicate') return Math.min(Math.max(i, 0), n - 1);
        if (mode === 'wrap') return at(n);
        return at(mirror) < n ? at(mirror) : (mode === 'reflect' ? mirror : mirror - 1) - at(mirror);
      };
      for (const [shape, start, size] of [
        [
          [20, 5, 33],
          [-3, -2, -4],
          [30, 9, 45],
        ],
        [
          [20, 5, 33],
          [3, 4, 30],
          [30, 9, 45],
        ],
        [
          [2, 1, 3],
          [-9, -2, -4],
          [20, 4, 11],
        ],
        [
          [4, 4, 4],
          [1, 0, 2],
          [2, 4, 1],
        ],
        [
          [4, 4, 4],
          [4, 0, 0],
          [2, 2, 2],
        ],
      ]) {
        const source = new Placed(place, arrayOf(Int16Array, sizeOf(shape)));
        const volume: Volume = { data: source.array, shape, strides: firstFastest(shape), axes: 'XYZ', properties: {} };
        const out = new Placed(other, new Int16Array(sizeOf(size) + 3));
        gather(volume, start, size, out.array, 3, { mode, value: -5 });
        const expected = offsets(size, lastAxisFastest(size)).map((_, n) => {
          const index = size.map((__, d) => start[d] + (Math.floor(n / sizeOf(size.slice(d + 1))) % size[d]));
          if (mode === 'constant' && index.some((i, d) => i < 0 || i >= shape[d])) return -5;
          const voxel = index.map((i, d) => inside(i, shape[d]));
          return source.array[voxel.reduce((at, i, d) => at + i * volume.strides[d], 0)];
        });
        expect([...out.array]).toEqual([0, 0, 0, ...expected]);
        out.expectGuarded();
      }
    });
  });

  test('filled, cleared and repeated', () => {
    for (const type of TYPES) {
      const placed = new Placed(place, arrayOf(type, 40_000) as NumericArray, 1);
      const expected = placed.array.slice();
      for (const [from, to] of [[3, 3], [5, 6], [7, 30], [1001, 39_990]]) {
        fillElements(placed.array, 42, from, to);
        expectSame(placed.array, expected.fill(42, from, to));
      } // prettier-ignore
      for (const [shape, strides, at] of [[[3, 5, 7], [100, 10, 1], 2], [[30, 2], [1, 40], 1], [[9, 8], [20, 2], 0], [[2, 0], [3, 1], 0], [[9, 3000], [4000, 1], 11]] as const) {
        clearBox(shape, { data: placed.array, at, strides });
        for (const index of offsets(shape, strides, at)) expected[index] = 0;
        expectSame(placed.array, expected);
      } // prettier-ignore
      placed.expectGuarded();
      const few = new Placed(place, arrayOf(type, 6) as NumericArray).array;
      const [a, b, c, d, e, f] = few;
      expect([...repeatBlocks(few, 2, 3)]).toEqual([a, b, c, a, b, c, a, b, c, d, e, f, d, e, f, d, e, f]);
    }
  });
});
