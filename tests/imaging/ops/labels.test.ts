import fc from 'fast-check';
import { keepLargestComponent, labelBoxes, largestComponents } from '../../../gateway/imaging/ops/labels/components';
import { labelGroups } from '../../../gateway/imaging/ops/labels/label-maps';
import { repeatBlocks } from '../../../gateway/imaging/ops/copy/blocks';
import { sizeOf, type Volume } from '../../../gateway/imaging/volume';
import { inCOrder, volumeOf } from './volumes';

/** Label maps of two or three axes with labels 0 to 3, in any order of memory. */
const labelMap: fc.Arbitrary<Volume> = fc
  .array(fc.integer({ min: 1, max: 5 }), { minLength: 2, maxLength: 3 })
  .chain((shape) =>
    fc
      .tuple(
        fc.array(fc.constantFrom(0, 0, 1, 2, 3), { minLength: sizeOf(shape), maxLength: sizeOf(shape) }),
        fc.shuffledSubarray(shape.map((_, d) => d), { minLength: shape.length }), // prettier-ignore
      )
      .map(([values, memory]) => volumeOf(shape, values, { memory, type: Uint8Array })),
  );

const check = (property: fc.IProperty<[Volume]>) => fc.assert(property, { seed: 7, numRuns: 80 });

describe('keepLargestComponent', () => {
  for (const connectivity of ['faces', 'full'] as const) {
    test(`each label keeps what is its largest component in the whole map, ${connectivity}`, () =>
      check(
        fc.property(labelMap, (map) => {
          const kept = inCOrder(keepLargestComponent(map, { independent: 'each', connectivity }));
          const strides = keepLargestComponent(map, { independent: 'each', connectivity }).strides;
          const expected = inCOrder(map).map(() => 0);
          for (const label of [1, 2, 3]) {
            const mask = { ...map, data: map.data.map((value) => (value === label ? 1 : 0)) };
            const largest = { ...map, data: largestComponents(mask, connectivity), strides };
            inCOrder(largest).forEach((value, at) => (expected[at] += value * label));
          }
          expect(kept).toEqual(expected);
        }),
      ));

    test(`together, labels keep the largest component of their union, ${connectivity}`, () =>
      check(
        fc.property(labelMap, (map) => {
          const options = { labels: [1, 3], independent: 'together', connectivity } as const;
          const result = keepLargestComponent(map, options);
          const mask = { ...map, data: map.data.map((value) => (value === 1 || value === 3 ? 1 : 0)) };
          const largest = inCOrder({ ...map, data: largestComponents(mask, connectivity), strides: result.strides });
          expect(inCOrder(result)).toEqual(inCOrder(map).map((value, at) => (value === 2 || largest[at] ? value : 0)));
        }),
      ));
  }
});

test('boxes hold the first and last index of each label', () => {
  const map = volumeOf([3, 2, 4], [0, 5, 0, 0, 0, 0, 0, 7, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0]);
  expect(labelBoxes(map.data, map.shape)).toEqual([
    { label: 5, first: [0, 0, 0], last: [2, 1, 3] },
    { label: 7, first: [0, 1, 3], last: [0, 1, 3] },
  ]);
  expect(labelBoxes(Uint16Array.of(65535, 0), [2, 1])).toEqual([{ label: 65535, first: [0, 0], last: [0, 0] }]);
  for (const bad of [-1, 0.5, 65536, NaN])
    expect(() => labelBoxes(Float32Array.of(bad), [1, 1])).toThrow(`a voxel is ${bad}`);
});

test('a voxel is in every group that has its label', () => {
  expect([...labelGroups(Float32Array.of(0, 1, 4, 2, 300, 0.5), [[1, 4], [4, 0]])]).toEqual([
    0, 1, 1, 0, 0, 0,
    1, 0, 1, 0, 0, 0,
  ]); // prettier-ignore
});

test('blocks are repeated after themselves, in their own type', () => {
  expect(repeatBlocks(Int16Array.of(1, 2, 3, 4), 2, 3)).toEqual(Int16Array.of(1, 2, 1, 2, 1, 2, 3, 4, 3, 4, 3, 4));
});
