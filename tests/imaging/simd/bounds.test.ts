import { allocateUnset, withScratch } from '../../../gateway/arena';
import { foregroundBox } from '../../../gateway/imaging/ops/labels/foreground';
import type { NumericArray, Volume } from '../../../gateway/imaging/volume';
import { arrayOf, numbers, TYPES } from './arrays';

type Three = [number, number, number];

const SHAPES: Three[] = [
  [1, 1, 1],
  [40, 3, 2],
  [5, 33, 4],
  [17, 2, 70],
];
const ORDERS: Three[] = [
  [0, 1, 2],
  [2, 1, 0],
  [1, 2, 0],
];

/** Nothing but zeros and negative values, and some voxels above zero; NaN among floats. */
function fill(data: NumericArray, seed: number, found: number): void {
  const next = numbers(seed, 1000);
  const lowest = data instanceof Uint8Array || data instanceof Uint16Array || data instanceof Uint32Array ? 0 : -3;
  data.fill(lowest);
  if (data instanceof Float32Array || data instanceof Float64Array) data.fill(NaN, 0, data.length >> 1);
  for (let n = 0; n < found; n++) data[next.next().value % data.length] = 1 + (n % 100);
}

function expected({ data, shape, strides }: Volume) {
  const found: number[][] = [];
  for (let x = 0; x < shape[0]; x++)
    for (let y = 0; y < shape[1]; y++)
      for (let z = 0; z < shape[2]; z++)
        if (data[x * strides[0] + y * strides[1] + z * strides[2]] > 0) found.push([x, y, z]);
  if (found.length === 0) return undefined;
  const ends = (pick: (...values: number[]) => number) => [0, 1, 2].map((d) => pick(...found.map((place) => place[d])));
  return { first: ends(Math.min), last: ends(Math.max) };
}

function check(make: (length: number) => NumericArray): void {
  for (const shape of SHAPES)
    for (const order of ORDERS)
      for (const apart of [1, 3])
        for (const found of [0, 1, 4]) {
          const strides = [0, 0, 0];
          let step = apart;
          for (const d of order) {
            strides[d] = step;
            step *= shape[d];
          }
          const data = make(step);
          fill(data, step + found, found * apart);
          const volume: Volume = { data, shape, strides, axes: 'XYZ', properties: {} };
          expect(foregroundBox(volume)).toEqual(expected(volume));
        }
}

test.each(TYPES.map((type) => [type.name, type] as const))('the box around what is above zero, %s', (_, type) => {
  check((length) => arrayOf(type, length) as NumericArray);
  withScratch(() => check((length) => allocateUnset(type as Float32ArrayConstructor, length)));
});

test('the box of a plane', () => {
  const data = Int16Array.of(0, 0, 0, 0, -1, 7, 0, 3, 0, 0, 0, 0);
  const volume: Volume = { data, shape: [4, 3], strides: [1, 4], axes: 'XY', properties: {} };
  expect(foregroundBox(volume)).toEqual({ first: [1, 1], last: [3, 1] });
});
