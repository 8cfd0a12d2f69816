import { clear, copyInto } from '../../../gateway/imaging/ops/crop/boxes';
import { divideByCoverage, divideByWeights, scatterAdd } from '../../../gateway/imaging/ops/copy/windows';
import { lastAxisFastest, sizeOf, type Axes, type Volume } from '../../../gateway/imaging/volume';
import { arrayOf } from './arrays';
import { Placed, PLACES, type Place } from './places';

interface Case {
  axes: Axes;
  /** Of the volume; strides in C order unless told. */
  shape: number[];
  start: number[];
  size: number[];
  strides?: (shape: readonly number[]) => number[];
}

const firstFastest = (shape: readonly number[]) => shape.map((_, d) => sizeOf(shape.slice(0, d)));

const CASES: Case[] = [
  { axes: 'CXYZ', shape: [2, 5, 6, 37], start: [0, 1, 2, 3], size: [2, 3, 4, 30] },
  { axes: 'CXYZ', shape: [2, 5, 6, 37], start: [0, -1, -2, -3], size: [2, 3, 4, 30] },
  { axes: 'CXYZ', shape: [3, 5, 6, 7], start: [0, 3, 4, 5], size: [3, 4, 5, 6] },
  { axes: 'CXYZ', shape: [1, 4, 4, 4], start: [0, -2, -2, -2], size: [1, 9, 9, 9] },
  { axes: 'CXYZ', shape: [1, 1, 1, 1], start: [0, 0, 0, 0], size: [1, 1, 1, 1] },
  { axes: 'CXYZ', shape: [2, 4, 4, 4], start: [0, 4, 0, 0], size: [2, 3, 3, 3] },
  { axes: 'CXYZ', shape: [2, 40, 70, 1], start: [0, 8, 30, 0], size: [2, 32, 39, 1] },
  { axes: 'XYZC', shape: [5, 6, 7, 3], start: [1, -1, 3, 0], size: [3, 4, 9, 3] },
  { axes: 'XYC', shape: [65, 90, 2], start: [-1, 40, 0], size: [66, 60, 2] },
  { axes: 'CXY', shape: [2, 70, 91], start: [0, 3, -5], size: [2, 66, 96] },
  { axes: 'CXYZ', shape: [2, 9, 6, 7], start: [0, 3, -1, 2], size: [2, 8, 5, 9], strides: firstFastest },
];

const name = ({ axes, shape, start, size, strides }: Case) =>
  `${size} at ${start} of ${axes} ${shape}${strides ? ', first axis fastest' : ''}`;

const kinds = CASES.flatMap((one) =>
  PLACES.flatMap((place) => PLACES.map((other) => [name(one), place, other, one] as const)),
);

function volume({ axes, shape, strides = lastAxisFastest }: Case, data: Float32Array): Volume<Float32Array> {
  return { data, shape, strides: strides(shape), axes, properties: {} };
}

/** All indices of a shape, last axis fastest. */
function* indices(shape: readonly number[]): Generator<number[]> {
  for (let n = 0; n < sizeOf(shape); n++) {
    let rest = n;
    yield shape.map((_, d) => {
      const step = sizeOf(shape.slice(d + 1));
      const index = Math.floor(rest / step);
      rest %= step;
      return index;
    });
  }
}

const offset = (index: readonly number[], strides: readonly number[]) => index.reduce((sum, i, d) => sum + i * strides[d], 0); // prettier-ignore
/** Values whose sums and products float32 does not hold. */
const uneven = (length: number, seed: number) => arrayOf(Float32Array, length, seed).map((x) => x / 7 + 0.1);

describe.each(kinds)('a window of %s, the volume %s, the window %s', (_name, place, other, one) => {
  const channel = one.axes.indexOf('C');
  const spatial = one.size.filter((_, d) => d !== channel);
  const before = uneven(sizeOf(one.shape), 5);
  const values = uneven(sizeOf(one.size) + 11, 9);
  const weights = uneven(sizeOf(spatial), 3);

  test.each([false, true])('is added voxel by voxel, with weights: %s', (weighted) => {
    const [sum, window, factors] = [
      new Placed(place, before),
      new Placed(other, values, 1),
      new Placed(other, weights),
    ];
    const target = volume(one, sum.array);
    const expected = before.slice();
    for (const index of indices(one.size)) {
      const there = index.map((i, d) => one.start[d] + i);
      if (there.some((i, d) => i < 0 || i >= one.shape[d])) continue;
      const voxel = index.filter((_, d) => d !== channel);
      const weight = weighted ? weights[offset(voxel, lastAxisFastest(spatial))] : 1;
      expected[offset(there, target.strides)] += values[11 + offset(index, lastAxisFastest(one.size))] * weight;
    }
    scatterAdd(target, one.start, one.size, window.array, 11, weighted ? factors.array : undefined);
    expect(sum.array).toEqual(expected);
    for (const placed of [sum, window, factors]) placed.expectGuarded();
  });

  test('is divided, copied and cleared, and nothing else of its volume', () => {
    const start = one.start.map((first) => Math.max(first, 0));
    const shape = one.size.map((n, d) => Math.max(Math.min(one.start[d] + n, one.shape[d]) - start[d], 0));
    if (shape.includes(0)) return;
    const within = shape.filter((_, d) => d !== channel);
    const sum = new Placed(place, before);
    const whole = volume(one, sum.array);
    const view = { ...whole, data: sum.array.subarray(offset(start, whole.strides)), shape };
    const result = () => new Placed(other, new Float32Array(sizeOf(shape)), 1);
    const volumeLike = ({ array }: Placed<Float32Array>) => ({ ...view, data: array, strides: lastAxisFastest(shape) });
    const sums = uneven(sizeOf(within), 4).map((x, i) => (i % 5 === 0 ? 0 : x));
    const map: Volume<Float32Array> = { data: sums, shape: within, strides: lastAxisFastest(within), axes: one.axes.replace('C', '') as Axes, properties: {} }; // prettier-ignore
    const counts = within.map((n) => Float64Array.from({ length: n }, (_, i) => 1 + (i % 3)));
    const voxels = [...indices(shape)];
    const at = (index: readonly number[]) => before[offset(start, whole.strides) + offset(index, whole.strides)];
    const spatialOf = (index: readonly number[]) => index.filter((_, d) => d !== channel);

    const [copied, divided, averaged] = [result(), result(), result()];
    copyInto(view, volumeLike(copied));
    expect([...copied.array]).toEqual(voxels.map(at));
    divideByWeights(view, map, volumeLike(divided));
    expect([...divided.array]).toEqual(voxels.map((index) => {
      const by = sums[offset(spatialOf(index), map.strides)];
      return by === 0 ? 0 : Math.fround(at(index) / by);
    })); // prettier-ignore
    divideByCoverage(view, counts, volumeLike(averaged));
    expect([...averaged.array]).toEqual(voxels.map((index) =>
      Math.fround(at(index) / spatialOf(index).reduce((product, i, d) => product * counts[d][i], 1)))); // prettier-ignore
    expect(sum.array).toEqual(before);

    divideByCoverage(view, counts);
    const expected = before.slice();
    const put = (index: readonly number[], value: number) => (expected[offset(start, whole.strides) + offset(index, whole.strides)] = value); // prettier-ignore
    voxels.forEach((index, n) => put(index, averaged.array[n]));
    expect(sum.array).toEqual(expected);
    clear(view);
    for (const index of voxels) put(index, 0);
    expect(sum.array).toEqual(expected);
    for (const placed of [sum, copied, divided, averaged]) placed.expectGuarded();
  });
});

test.each(PLACES)('rows longer than what is copied at a time, %s', (place: Place) => {
  const length = 10_001;
  const [before, values] = [uneven(length, 1), uneven(length, 2)];
  const sum = new Placed(place, before);
  const target: Volume<Float32Array> = {
    data: sum.array,
    shape: [1, length],
    strides: [length, 1],
    axes: 'XY',
    properties: {},
  };
  scatterAdd(target, [0, 0], [1, length], new Placed(place, values).array, 0, new Placed(place, before).array);
  expect(sum.array).toEqual(before.map((x, i) => x + values[i] * x));
});

test('what is not a number stays so, and zero weights make zeros', () => {
  const data = new Placed('in the memory', Float32Array.of(NaN, 1, NaN, Infinity, 1, -1, 0));
  const sums = new Placed('in the memory', Float32Array.of(1, NaN, 0, 0, 2, 0, 3));
  const of = (array: Float32Array): Volume<Float32Array> => ({ data: array, shape: [1, 7], strides: [7, 1], axes: 'XY', properties: {} }); // prettier-ignore
  divideByWeights(of(data.array), of(sums.array));
  expect([...data.array]).toEqual([NaN, NaN, 0, 0, 0.5, 0, 0]);
});
