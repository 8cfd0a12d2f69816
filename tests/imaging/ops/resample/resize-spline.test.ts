import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { resampleLabelsToShape, resampleToShape } from '../../../../gateway/imaging/ops/resample/resample-to-shape';
import { resizeSpline, type SplineOptions } from '../../../../gateway/imaging/ops/resample/resize-spline';
import { copyBox } from '../../../../gateway/imaging/simd/copy';
import type { SplineOrder } from '../../../../gateway/imaging/ops/resample/spline-axis';
import { lastAxisFastest, sizeOf, type NumericArray, type Volume } from '../../../../gateway/imaging/volume';
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
(folder ? test : test.skip)('cases of SPLINE_CASES: at most the last bit of few voxels differs', () => {
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
    if (worst.steps > 0) console.log(name(one), worst, made[worst.at], expected[worst.at]);
    most = Math.max(most, worst.steps);
  }
  console.log(`${different} of ${all} voxels differ, by at most ${most} steps of their type`);
  expect(most).toBeLessThanOrEqual(1);
});
