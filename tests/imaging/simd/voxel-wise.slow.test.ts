import {
  anyChannel,
  keepLabels,
  normalizeIntensity,
  replaceBeyond,
  scaleIntensityRange,
  shift,
  sigmoid,
  softmax,
  threshold,
} from '../../../gateway/imaging/ops/intensity/voxel-wise';
import { choose, combine, type Operator } from '../../../gateway/imaging/ops/intensity/combine';
import { labelGroups, oneHot } from '../../../gateway/imaging/ops/labels/label-maps';
import { valueRange } from '../../../gateway/imaging/ops/intensity/measures';
import { PIECE } from '../../../gateway/imaging/simd/in-pieces';
import type { NumericArray } from '../../../gateway/imaging/volume';
import { expectClose } from '../ops/volumes';
import { arrayOf, expectSame, inBothPlaces, TYPES } from './arrays';

// Less than a vector, some vectors and a rest, a piece and a rest.
const LENGTHS = [1, 2, 3, 37, PIECE + 5];

const kinds = TYPES.flatMap((type) => LENGTHS.map((length) => [`${length} of ${type.name}`, type, length] as const));
const map = (data: NumericArray, change: (x: number) => number) => Array.from(data, change);
const floats = (data: NumericArray, change: (x: number) => number) => Array.from(data, (x) => Math.fround(change(x)));

describe.each(kinds)('%s, voxel by voxel as written out', (_, type, length) => {
  /** Runs a test on voxels in both places. */
  const onVoxels = (work: (data: NumericArray, voxels: (count: number, seed?: number) => NumericArray) => void) =>
    inBothPlaces((make) => {
      const voxels = (count: number, seed?: number) => arrayOf(type, count, seed, make) as NumericArray;
      work(voxels(length), voxels);
    });

  test('scaled, shifted, limited', () => {
    const range = { aMin: -20.3, aMax: 50, bMin: -1, bMax: 1.7 };
    const factor = (range.bMax - range.bMin) / (range.aMax - range.aMin);
    const scaled = (x: number) => (x - range.aMin) * factor + range.bMin;
    const clipped = (x: number) => Math.min(Math.max(scaled(x), range.bMin), range.bMax);
    onVoxels((data) => {
      expectSame(scaleIntensityRange(data, range), floats(data, scaled));
      expectSame(scaleIntensityRange(data, { ...range, clip: true }), floats(data, clipped));
      expectSame(
        shift(data, 0.1),
        floats(data, (x) => x + 0.1),
      );
      expectSame(
        replaceBeyond(data, 10, 'above', -3.5),
        floats(data, (x) => (x > 10 ? x : -3.5)),
      );
      expectSame(
        replaceBeyond(data, 10, 'below', -3.5),
        floats(data, (x) => (x < 10 ? x : -3.5)),
      );
    });
  });

  test('measured and normalized, with and without zeros', () => {
    onVoxels((data) => {
      for (const nonzero of [false, true]) {
        const used = Array.from(data).filter((x) => !nonzero || x !== 0);
        const mean = used.length ? used.reduce((a, b) => a + b, 0) / used.length : 0;
        const deviation = Math.sqrt(used.reduce((sum, x) => sum + (x - mean) ** 2, 0) / used.length) || 1;
        const normal = (x: number) => (nonzero && x === 0 ? 0 : (x - mean) / deviation);
        expectClose(normalizeIntensity(data, { nonzero }), map(data, normal), 1e-6);
        const given = normalizeIntensity(data, { nonzero, subtrahend: 3, divisor: 0.7 });
        expectSame(given, floats(data, (x) => (nonzero && x === 0 ? 0 : (x - 3) / 0.7))); // prettier-ignore
      }
      const ends = Array.from(data).reduce(([a, b], x) => [Math.min(a, x), Math.max(b, x)], [Infinity, -Infinity]);
      expect(valueRange(data)).toEqual(ends);
    });
  });

  test('compared and combined with a number and with an array', () => {
    const operations: Record<Operator, (a: number, b: number) => number> = {
      '+': (a, b) => Math.fround(a + b),
      '-': (a, b) => Math.fround(a - b),
      '*': (a, b) => Math.fround(a * b),
      '/': (a, b) => Math.fround(a / b),
      '>': (a, b) => Number(a > b),
      '>=': (a, b) => Number(a >= b),
      '<': (a, b) => Number(a < b),
      '<=': (a, b) => Number(a <= b),
      '==': (a, b) => Number(a === b),
      '!=': (a, b) => Number(a !== b),
      '&': (a, b) => Number(a !== 0 && b !== 0),
      '|': (a, b) => Number(a !== 0 || b !== 0),
    };
    onVoxels((data, voxels) => {
      const other = voxels(length, 7);
      for (const [operator, of] of Object.entries(operations) as [Operator, (a: number, b: number) => number][]) {
        expectSame(combine(operator, data, other, length), map(data, (x) => x).map((x, i) => of(x, other[i])), operator); // prettier-ignore
        expectSame(combine(operator, data, 12, length), map(data, (x) => of(x, 12)), `${operator} 12`); // prettier-ignore
        expectSame(combine(operator, 0.1, data, length), map(data, (x) => of(0.1, x)), `0.1 ${operator}`); // prettier-ignore
      }
      expectSame(choose(data, other, -1.5), floats(data, (x) => x).map((x, i) => (x !== 0 ? other[i] : -1.5))); // prettier-ignore
      expectSame(threshold(data, 12, true), map(data, (x) => Number(x >= 12))); // prettier-ignore
      expectSame(threshold(data, 12, false), map(data, (x) => Number(x > 12))); // prettier-ignore
    });
  });

  test('labels to channels and channels to labels', () => {
    onVoxels((data, voxels) => {
      const channels = oneHot(data, 3);
      for (const label of [0, 1, 2])
        expectSame(channels.subarray(label * length, (label + 1) * length), map(data, (x) => Number(x === label))); // prettier-ignore
      const groups = labelGroups(data, [[1, 4], [0, 7, 90]]); // prettier-ignore
      expectSame(groups.subarray(0, length), map(data, (x) => Number([1, 4].includes(x)))); // prettier-ignore
      expectSame(groups.subarray(length), map(data, (x) => Number([0, 7, 90].includes(x)))); // prettier-ignore
      const kept = keepLabels(data, [0, 3, 90]);
      expect(kept.constructor).toBe(type);
      expectSame(kept, map(data, (x) => ([3, 90].includes(x) ? x : 0))); // prettier-ignore
      const two = voxels(2 * length);
      expectSame(anyChannel(two, 2), Array.from({ length }, (_unused, i) => Number(two[i] > 0 || two[length + i] > 0))); // prettier-ignore
    });
  });

  test('sigmoid and softmax', () => {
    onVoxels((data, voxels) => {
      expectClose(sigmoid(data), map(data, (x) => 1 / (1 + Math.exp(-x))), 3e-7); // prettier-ignore
      const three = voxels(3 * length);
      const chances = softmax(three, 3);
      for (let i = 0; i < length; i++) {
        const logits = [0, 1, 2].map((c) => three[c * length + i]);
        const powers = logits.map((x) => Math.exp(x - Math.max(...logits)));
        const sum = powers.reduce((a, b) => a + b);
        for (const c of [0, 1, 2]) {
          const apart = Math.abs(chances[c * length + i] - powers[c] / sum);
          if (!(apart <= 3e-7)) throw new Error(`channel ${c} of ${logits.join(', ')}: ${chances[c * length + i]}`);
        }
      }
    });
  });
});

describe('what is not a number, and what is infinite', () => {
  const odd = Float32Array.of(NaN, Infinity, -Infinity, -0, 1, NaN, 200, -200, 88);

  test('stays where the reference leaves it', () => {
    const clipped = scaleIntensityRange(odd, { aMin: 0, aMax: 1, bMin: 0, bMax: 1, clip: true });
    expect([...clipped].map((x) => x + 0)).toEqual([NaN, 1, 0, 0, 1, NaN, 1, 0, 1]);
    expectClose([...sigmoid(odd)].slice(1, 5), [1, 0, 0.5, 1 / (1 + Math.exp(-1))], 1e-7);
    expect(sigmoid(odd)[0]).toBeNaN();
    expect([...sigmoid(odd)].slice(6)).toEqual([1, 0, 1]);
    expect([...threshold(odd, 0, true)]).toEqual([0, 1, 0, 1, 1, 0, 1, 0, 1]);
    expect([...anyChannel(Float32Array.of(NaN, 1, NaN, 1, NaN, NaN), 2)]).toEqual([1, 1, 0]);
    expect([...labelGroups(Float32Array.of(NaN, 1.5, 256, -1, 1), [[1]])]).toEqual([0, 0, 0, 0, 1]);
  });

  test('compared with a number, and as a condition, as exactly as it is given', () => {
    const tenth = Float32Array.of(0.1, 0.5);
    // 0.1 as float32 is a little more.
    expect([...threshold(tenth, 0.1, false)]).toEqual([1, 1]);
    expect([...combine('>', tenth, 0.1, 2)]).toEqual([1, 1]);
    expect([...combine('==', tenth, 0.1, 2)]).toEqual([0, 0]);
    expect([...choose(Float64Array.of(1e-300, 0), 1, 2)]).toEqual([1, 2]);
  });

  test('a class that is ruled out has no chance', () => {
    expect([...softmax(Float32Array.of(0, 3, -Infinity, -Infinity), 2)]).toEqual([1, 1, 0, 0]);
    expect([...softmax(Float32Array.of(NaN, 0), 2)]).toEqual([NaN, NaN]);
  });

  test('the range passes over what is not a number', () => {
    expect(valueRange(odd)).toEqual([-Infinity, Infinity]);
    expect(valueRange(Float32Array.of(NaN, 3, NaN, -2))).toEqual([-2, 3]);
    expect(valueRange(Float64Array.of(NaN))).toEqual([Infinity, -Infinity]);
    expect(valueRange(new Int16Array())).toEqual([Infinity, -Infinity]);
  });
});
