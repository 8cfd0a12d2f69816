import { argmax } from '../../../gateway/imaging/ops/labels/label-maps';
import { arrayOf, TYPES } from './arrays';
import { Placed, PLACES } from './places';

/** As the definition has it. */
function largest(data: ArrayLike<number>, channels: number): number[] {
  const size = data.length / channels;
  return Array.from({ length: size }, (_, i) => {
    let label = 0;
    for (let c = 1; c < channels; c++) if (data[c * size + i] > data[label * size + i]) label = c;
    return label;
  });
}

const SIZES: [channels: number, length: number][] = [[1, 9], [2, 1], [2, 8], [2, 37], [2, 9001], [3, 7], [8, 2049], [256, 33], [300, 27]]; // prettier-ignore
const kinds = TYPES.flatMap((type) => SIZES.map(([channels, length]) => [channels, length, type.name, type] as const));

describe.each(PLACES)('channels %s', (place) => {
  describe.each(PLACES)('labels %s', (other) => {
    test.each(kinds)('the largest of %s channels of %s voxels, %s', (channels, length, _, type) => {
      const values = arrayOf(type, channels * length).map((x) => (x > 90 ? 90 : x)) as InstanceType<typeof type>;
      const data = new Placed(place, values, 1);
      const labels = new Placed(other, channels > 256 ? new Uint16Array(length) : new Uint8Array(length), 1);
      expect(argmax(data.array, channels, labels.array)).toBe(labels.array);
      expect([...labels.array]).toEqual(largest(values, channels));
      labels.expectGuarded();
      data.expectGuarded();
    });
  });
});

test('what is not a number is neither larger nor smaller, zeros are equal', () => {
  const few = [NaN, 1, 1, -0, 0, -Infinity, 5, 1, 2,  1, NaN, 1, 0, -0, Infinity, NaN, 2, 2,  2, 2, NaN, 0, 0, Infinity, 6, NaN, 1]; // prettier-ignore
  for (const type of [Float32Array, Float64Array])
    for (const place of PLACES)
      expect([...argmax(new Placed(place, type.from(few)).array, 3)]).toEqual(largest(few, 3));
  expect(largest(few, 3)).toEqual([0, 2, 0, 0, 0, 1, 2, 1, 0]);
});

test('labels above 255 are of 16 bits', () => {
  const data = Float32Array.from({ length: 300 * 20 }, (_, at) => Number(Math.floor(at / 20) === 299 - (at % 20)));
  expect(argmax(data, 300)).toEqual(Uint16Array.from({ length: 20 }, (_, i) => 299 - i));
});
