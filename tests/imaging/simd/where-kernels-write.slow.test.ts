import { addressOf } from '../../../gateway/arena';
import {
  maskValues,
  normalizeIntensity,
  replaceBeyond,
  scaleIntensityRange,
  shift,
  sigmoid,
  softmax,
  threshold,
} from '../../../gateway/imaging/ops/intensity/voxel-wise';
import { argmax, labelGroups, oneHot } from '../../../gateway/imaging/ops/labels/label-maps';
import { PIECE } from '../../../gateway/imaging/simd/in-pieces';
import type { NumericArray } from '../../../gateway/imaging/volume';
import { arrayOf, expectSame, inBothPlaces, TYPES, type Make } from './arrays';

// Less than a vector, some vectors and a rest, and around one and two pieces.
const LENGTHS = [1, 37, PIECE - 1, PIECE, PIECE + 5, 2 * PIECE, 2 * PIECE + 3];
const RANGE = { aMin: -20, aMax: 50, bMin: 0, bMax: 1, clip: true };

type Floats = Float32Array<ArrayBuffer>;
type Bytes = Uint8Array<ArrayBuffer>;
type Kernel<O> = (data: NumericArray, out?: O) => NumericArray;

/** Kernels that make as many float32 as they get voxels. */
const TO_FLOATS: [string, Kernel<Floats>][] = [
  ['scaleIntensityRange', (data, out) => scaleIntensityRange(data, RANGE, out)],
  ['shift', (data, out) => shift(data, 3, out)],
  ['replaceBeyond', (data, out) => replaceBeyond(data, 10, 'above', -1, out)],
  ['maskValues', (data, out) => maskValues(data, data, out)],
  ['normalizeIntensity', (data, out) => normalizeIntensity(data, { nonzero: false }, out)],
  ['normalizeIntensity without zeros', (data, out) => normalizeIntensity(data, { nonzero: true }, out)],
  ['sigmoid', (data, out) => sigmoid(data, out)],
  ['softmax of one channel', (data, out) => softmax(data, 1, out)],
];

/** Kernels that make bytes, so many for each voxel. */
const TO_BYTES: [string, number, Kernel<Bytes>][] = [
  ['threshold', 1, (data, out) => threshold(data, 12, true, out)],
  ['argmax of one channel', 1, (data, out) => argmax(data, 1, out)],
  ['oneHot', 3, (data, out) => oneHot(data, 3, out)],
  ['labelGroups', 2, (data, out) => labelGroups(data, [[1, 4], [0, 7]], out)],
]; // prettier-ignore

const AROUND = 40;
const SENTINEL = 77;

/** Part of a larger array, at an odd place; `check` looks at what lies around it. */
function partOf<T extends Bytes | Floats>(make: Make, type: new (n: number) => T, length: number) {
  const whole = make(type as never, length + 2 * AROUND) as T;
  whole.fill(SENTINEL);
  const check = (what: string) => {
    const untouched = new Array<number>(AROUND).fill(SENTINEL);
    expectSame(whole.subarray(0, AROUND), untouched, `${what}, before the result`);
    expectSame(whole.subarray(AROUND + length), untouched, `${what}, after the result`);
  };
  return { part: whole.subarray(AROUND, AROUND + length) as T, check };
}

describe('nothing is written but the result', () => {
  function expectWithin<O extends Bytes | Floats>(type: new (n: number) => O, times: number, kernel: Kernel<O>): void {
    for (const length of LENGTHS) {
      for (const voxels of TYPES) {
        inBothPlaces((make) => {
          const data = arrayOf(voxels, length, 1, make) as NumericArray;
          const given = Float64Array.from(data);
          const { part, check } = partOf(make, type, times * length);
          expect(kernel(data, part) === part).toBe(true);
          check(`${length} of ${voxels.name}`);
          expectSame(data, given, 'the input');
          expectSame(part, kernel(data), `${length} of ${voxels.name}`);
        });
      }
    }
  } // prettier-ignore

  test.each(TO_FLOATS)('by %s', (_, kernel) => expectWithin(Float32Array, 1, kernel));
  test.each(TO_BYTES)('by %s', (_, times, kernel) => expectWithin(Uint8Array, times, kernel));

  test('by softmax of several channels', () => {
    for (const length of LENGTHS)
      inBothPlaces((make) => {
        const data = arrayOf(Int16Array, 3 * length, 1, make);
        const { part, check } = partOf(make, Float32Array, 3 * length);
        softmax(data, 3, part);
        check(`${length}`);
        expectSame(part, softmax(data, 3), `${length}`);
      });
  });
});

test('results lie in the memory of the SIMD code in one of the places', () => {
  const places: boolean[] = [];
  inBothPlaces((make) => places.push(addressOf(shift(arrayOf(Int8Array, 9, 1, make), 1)) !== undefined));
  expect(places).toEqual([false, true]);
});

describe('the result may lie where the input does', () => {
  const FARTHEST = PIECE + 900;
  /** Elements from the begin of the input to that of the result. */
  const SHIFTS = [0, 1, 16, 5000, PIECE, FARTHEST].flatMap((shifted) => [shifted, -shifted]);

  test.each(TO_FLOATS.filter(([name]) => name !== 'maskValues'))('of %s', (_, kernel) => {
    for (const length of [37, PIECE, 3 * PIECE + 5]) {
      for (const shifted of SHIFTS) {
        inBothPlaces((make) => {
          const around = make(Float32Array, length + 2 * FARTHEST).fill(SENTINEL);
          const data = around.subarray(FARTHEST, FARTHEST + length);
          data.set(arrayOf(Float32Array, length, 1, make));
          const expected = kernel(new Float32Array(data));
          const out = around.subarray(FARTHEST + shifted, FARTHEST + shifted + length);
          expectSame(kernel(data, out), expected, `${length} voxels, ${shifted} apart`);
        });
      }
    }
  });

  test('also when its voxels are smaller or larger', () => {
    const length = 3 * PIECE + 5;
    for (const shifted of [0, 4, -4, 4 * PIECE, -4 * PIECE]) {
      inBothPlaces((make) => {
        const bytes = make(Uint8Array, 8 * length);
        const middle = bytes.byteOffset + 2 * length;
        const floats = () => new Float32Array(bytes.buffer, Math.ceil((middle + Math.max(-2 * length, shifted)) / 4) * 4, length); // prettier-ignore
        const small = () => new Uint8Array(bytes.buffer, middle, length);

        floats().set(arrayOf(Float32Array, length, 1, make));
        const marks = threshold(new Float32Array(floats()), 12, true);
        expectSame(threshold(floats(), 12, true, small()), marks, `float32 to bytes, ${shifted} apart`);

        small().set(arrayOf(Uint8Array, length, 1, make));
        const sums = shift(new Uint8Array(small()), 0.5);
        expectSame(shift(small(), 0.5, floats()), sums, `bytes to float32, ${shifted} apart`);
      });
    }
  });

  test('of softmax, oneHot and labelGroups, over several channels', () => {
    for (const length of [37, PIECE, 2 * PIECE + 5])
      for (const shifted of [0, 7, length])
        inBothPlaces((make) => {
          const around = make(Float32Array, 4 * length + 7);
          const data = around.subarray(0, 3 * length);
          data.set(arrayOf(Float32Array, 3 * length, 1, make));
          const chances = softmax(new Float32Array(data), 3);
          expectSame(softmax(data, 3, around.subarray(shifted, shifted + 3 * length)), chances, `${shifted} apart`);

          const labels = make(Uint8Array, 4 * length + 7);
          labels.set(arrayOf(Uint8Array, length, 1, make), shifted);
          const given = labels.subarray(shifted, shifted + length);
          const channels = oneHot(new Uint8Array(given), 3);
          expectSame(oneHot(given, 3, labels.subarray(0, 3 * length)), channels, `labels, ${shifted} apart`);

          labels.set(arrayOf(Uint8Array, length, 1, make), shifted);
          const groups = labelGroups(new Uint8Array(given), [[0, 1, 90], [4, 0]]); // prettier-ignore
          expectSame(labelGroups(given, [[0, 1, 90], [4, 0]], labels.subarray(0, 2 * length)), groups, `labels, ${shifted} apart`); // prettier-ignore
        });
  });
});
