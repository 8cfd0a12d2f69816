import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { resampleLabelsToShape, resampleToShape } from '../../../../gateway/imaging/ops/resample/resample-to-shape';
import { resizeSpline, type SplineOptions } from '../../../../gateway/imaging/ops/resample/resize-spline';
import { copyBox } from '../../../../gateway/imaging/simd/copy';
import type { SplineOrder } from '../../../../gateway/imaging/ops/resample/spline-axis';
import { lastAxisFastest, sizeOf, type NumericArray, type Volume } from '../../../../gateway/imaging/volume';
import { planeResizer } from '../../../../gateway/imaging/ops/resample/linear-planes';
import { arrayOf, expectSame, inBothPlaces, TYPES } from '../../simd/arrays';
import { expectClose, inCOrder } from '../volumes';
import golden from '../../../golden/spline.json';

interface Case {
  seed: number;
  kind: string;
  shape: number[];
  to: number[];
  order: number;
  grid: string;
  separate?: number;
  sha256?: string;
}

/** Whole numbers below 2^32, as spline.py makes them. */
function numbers(seed: number, size: number): Uint32Array {
  return Uint32Array.from({ length: size }, (_, i) => {
    let h = Math.imul(i, 2654435761) + seed;
    for (const factor of [0x45d9f3b, 0x119de1f3]) h = Math.imul(h ^ (h >>> 16), factor);
    return h ^ (h >>> 16);
  });
}

function voxels({ kind, seed, shape }: Case): NumericArray {
  const all = numbers(seed, sizeOf(shape));
  if (kind === 'labels') return Int16Array.from(all, (h) => (h % 5) - 1);
  if (kind === 'int16') return Int16Array.from(all, (h) => (h % 4096) - 1024);
  if (kind === 'float16') return Float32Array.from(all, (h) => ((h % 2048) - 1024) * 2 ** (((h >>> 11) % 16) - 18));
  return Float32Array.from(all, (h) => (h - 2 ** 31) / 2 ** 20);
}

/** The volume lies as NumPy has it: the last axis fastest. */
function resized(one: Case): NumericArray {
  const { shape, kind, grid, separate } = one;
  const axes = shape.length === 3 ? 'XYZ' : 'XY';
  const volume: Volume = { data: voxels(one), shape, strides: lastAxisFastest(shape), axes, properties: {} };
  // Four times as thick as the slices are wide.
  const spacing = shape.map((_, d) => (d === separate ? 4 : 1));
  const options: SplineOptions = {
    order: one.order as SplineOrder,
    grid: grid as SplineOptions['grid'],
    clip: grid === 'half-pixel',
    half: kind === 'float16',
  };
  const made =
    kind === 'labels'
      ? resampleLabelsToShape(volume, one.to, spacing, spacing, { order: 1 })
      : separate === undefined
        ? resizeSpline(volume, one.to, options)
        : resampleToShape(volume, one.to, spacing, spacing, { order: one.order as SplineOrder, half: options.half });
  expect(made.shape).toEqual(one.to);
  const out = new (made.data.constructor as Float32ArrayConstructor)(sizeOf(one.to));
  copyBox(
    one.to,
    { data: made.data, at: 0, strides: made.strides },
    { data: out, at: 0, strides: lastAxisFastest(one.to) },
  );
  return out;
}

const name = ({ kind, shape, to, order, grid, separate }: Case) =>
  `${kind} ${shape.join('×')} to ${to.join('×')}, order ${order}, ${separate === undefined ? grid : 'slice by slice'}`;

describe('resized as scikit-image and SciPy do it, to the last bit', () => {
  const kindOf = ({ kind, order, grid, separate }: Case) => `${kind === 'labels' ? 'labels' : 'voxels'}, order ${order}, ${separate === undefined ? grid : 'slice by slice'}`; // prettier-ignore
  const kinds = [...new Set((golden as Case[]).map(kindOf))];
  test.each(kinds)('%s', (kind) => {
    for (const one of (golden as Case[]).filter((other) => kindOf(other) === kind)) {
      const data = resized(one);
      const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
      expect([name(one), createHash('sha256').update(bytes).digest('hex')]).toEqual([name(one), one.sha256]);
    }
  });
});

const folder = process.env.SPLINE_CASES;
(folder ? test : test.skip)(
  'random cases (needs files named by SPLINE_CASES): at most the last bit of few voxels differs',
  () => {
    const cases = JSON.parse(readFileSync(join(folder!, 'cases.json'), 'utf8')) as Case[];
    let [all, different, most] = [0, 0, 0];
    for (const [n, one] of cases.entries()) {
      const made = resized(one);
      const bytes = readFileSync(join(folder!, `${n}.raw`));
      const type = made.constructor as Float32ArrayConstructor;
      const expected = new type(bytes.buffer, bytes.byteOffset, bytes.byteLength / made.BYTES_PER_ELEMENT);
      expect([name(one), made.length]).toEqual([name(one), expected.length]);
      const worst = { steps: 0, at: -1 };
      for (let i = 0; i < made.length; i++, all++) {
        if (made[i] === expected[i]) continue;
        different++;
        const bits = one.kind === 'float16' ? 10 : 23;
        const steps = Math.abs(made[i] - expected[i]) / 2 ** (Math.floor(Math.log2(Math.abs(expected[i]))) - bits);
        if (!(steps <= worst.steps)) Object.assign(worst, { steps, at: i });
      }
      if (worst.steps > 0) process.stdout.write(`${name(one)}, voxel ${worst.at}: ${worst.steps} steps\n`);
      most = Math.max(most, worst.steps);
    }
    process.stdout.write(`${different} of ${all} voxels differ, by at most ${most} steps of their type\n`);
    expect(most).toBeLessThanOrEqual(1);
  },
);

const grids: [from: number[], to: number[]][] = [
  [[33, 21, 90], [20, 13, 70]],
  [[20, 13, 70], [33, 21, 90]],
  [[5, 4, 3], [1, 9, 1]],
]; // prettier-ignore

test.each(TYPES.map((type) => [type.name, type] as const))('%s in the memory of the SIMD code and elsewhere, in one block and with gaps', (_, type) => {
  for (const [shape, to] of grids) {
    const resized = (data: NumericArray, apart = 1, order: SplineOrder = 3) => {
      const volume: Volume = { data, shape, strides: lastAxisFastest(shape).map((step) => step * apart), axes: 'XYZ', properties: {} };
      return inCOrder(resizeSpline(volume, to, { order }));
    };
    const [plain, gaps] = [1, 3].map((apart) => arrayOf(type, apart * sizeOf(shape)) as NumericArray);
    const packed = plain.map((_, i) => gaps[3 * i]) as NumericArray;
    for (const order of [1, 3] as const) {
      const expected = resized(Float64Array.from(plain), 1, order);
      inBothPlaces((make) => expectSame(resized(arrayOf(type, plain.length, 1, make), 1, order), expected));
      inBothPlaces((make) => expectClose(resized(arrayOf(type, gaps.length, 1, make), 3, order), resized(packed, 1, order)));
    }
  }
}); // prettier-ignore

test('labels of the greatest scores, plane by plane, are those of the whole volumes', () => {
  const [from, to] = [[6, 7, 5], [9, 11, 13]]; // prettier-ignore
  const heads = [3, 1, 2].map((seed) => Float32Array.from(numbers(seed, sizeOf(from)), (h) => (h % 64) / 8 - 4));
  const resizer = planeResizer(from, to, [1, 1, 1], { rounded: 'half' });
  const size = from[1] * from[2];
  for (const labels of [new Uint8Array(11 * 13), new Uint16Array(11 * 13)]) {
    for (let k = 0; k < 9; k++) {
      const [first, last] = resizer.needs(k);
      resizer.label(k, 3, (head, z) => {
        expect(z).toBeGreaterThanOrEqual(first);
        expect(z).toBeLessThanOrEqual(last);
        return heads[head].subarray(z * size, (z + 1) * size);
      }, labels); // prettier-ignore
      const scores = heads.map((data) => {
        const volume: Volume = { data, shape: from, strides: lastAxisFastest(from), axes: 'XYZ', properties: {} };
        return resizeSpline(volume, to, { order: 1, half: true }).data.subarray(k * 143, (k + 1) * 143);
      });
      const expected = Array.from(labels, (_, i) => scores.map((s) => s[i])).map((all) =>
        all.indexOf(Math.max(...all)),
      );
      expect([...labels]).toEqual(expected);
    }
  }
});

test.each([[240, 250], [250, 240]])('planes that are made in several parts (%i to %i voxels wide) are those of one part', (from, to) => {
  const line = Float32Array.from(numbers(5, 200), (h) => (h % 1000) - 500);
  const across = (width: number, made: number) => {
    const shape = [200, width, width];
    const data = new Float32Array(sizeOf(shape));
    line.forEach((value, z) => data.fill(value, z * width * width, (z + 1) * width * width));
    const volume: Volume = { data, shape, strides: lastAxisFastest(shape), axes: 'XYZ', properties: {} };
    const out = resizeSpline(volume, [300, made, made], { order: 3 }).data;
    return Array.from({ length: 300 }, (_, z) => out[z * made * made + 7]);
  };
  expectClose(across(from, to), across(8, 9), 1e-7);
}); // prettier-ignore
