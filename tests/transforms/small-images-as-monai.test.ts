import golden from '../golden/transforms_added.json';
import type { Affine, Axes, NumericArray, Volume } from '../../gateway/imaging/volume';
import { findTransform } from '../../gateway/transforms/registry';
import { inverses } from '../../gateway/transforms/definition';
import { checkedArgs, sampleWith } from './samples';

interface Field {
  shape: number[];
  type: string;
  values: (number | string | null)[];
}

interface Case {
  name: string;
  args: Record<string, unknown>;
  spacing: number[];
  fields: Record<string, Field>;
  out: Field;
}

const arrays: Record<string, { from(values: readonly number[]): NumericArray }> = {
  uint8: Uint8Array,
  int16: Int16Array,
  float32: Float32Array,
};

function volumeOf({ shape, type, values }: Field, spacing: readonly number[]): Volume {
  const strides = shape.map((_, d) => shape.slice(d + 1).reduce((a, b) => a * b, 1));
  const affine: Affine = Array.from({ length: 16 }, (_, i) => (i % 5 === 0 ? (spacing[i / 5] ?? 1) : 0));
  const axes = 'CXYZ'.slice(0, shape.length) as Axes;
  return { data: arrays[type].from(values as number[]), shape, strides, axes, affine, properties: {} };
}

const numberOf = (value: Field['values'][number]) =>
  value === null ? NaN : value === 'inf' ? Infinity : value === '-inf' ? -Infinity : Number(value);

/** The numbers in C order. */
function listed({ data, shape, strides }: Volume): number[] {
  const visit = (d: number, at: number): number[] =>
    d === shape.length ? [data[at]] : Array.from({ length: shape[d] }, (_, i) => visit(d + 1, at + i * strides[d])).flat();
  return visit(0, 0);
} // prettier-ignore

const cases = (golden.cases as unknown as Case[]).map((one) => [one.name, JSON.stringify(one.args), one] as const);

test.each(cases)('%s %s as MONAI 1.5.2', async (name, _, { args, fields, spacing, out }) => {
  const sample = sampleWith(
    Object.fromEntries(Object.entries(fields).map(([key, field]) => [key, volumeOf(field, spacing)])),
  );
  await findTransform(name)!.apply(sample, checkedArgs(name, { keys: 'image', ...args }), {
    resampling: 'half-pixel',
    monai: '1.5.2',
    bundle: true,
  });
  const volume = sample.volume((args.output_key as string | undefined) ?? 'image');
  expect(volume.shape).toEqual(out.shape);
  const wanted = out.values.map(numberOf);
  const tolerance = Math.max(1e-5, 2e-6 * Math.max(...wanted.map((value) => (Number.isFinite(value) ? Math.abs(value) : 0)))); // prettier-ignore
  listed(volume).forEach((value, i) => {
    if (Number.isFinite(wanted[i])) expect(Math.abs(value - wanted[i])).toBeLessThanOrEqual(tolerance);
    else expect(value).toBe(wanted[i]);
  });
});

test('a scaled crop is put back, with zeros around it', async () => {
  const shape = [1, 4, 5];
  const image: Volume = {
    data: Float32Array.from({ length: 20 }, (_, i) => i + 1),
    shape,
    strides: [20, 5, 1],
    axes: 'CXY',
    affine: [2, 0, 0, 7, 0, 3, 0, -1, 0, 0, 1, 0, 0, 0, 0, 1],
    properties: {},
  };
  const sample = sampleWith({ image });
  await findTransform('CenterScaleCropd')!.apply(
    sample,
    checkedArgs('CenterScaleCropd', { keys: 'image', roi_scale: [0.5, 0.3] }),
    { resampling: 'half-pixel' },
  );
  const cropped = sample.volume('image');
  expect(listed(cropped)).toEqual([7, 8, 12, 13]);
  expect(cropped.affine?.[3]).toBe(7 + 2 * 1);
  const back = inverses.get('CenterScaleCropd')!(cropped, sample.history[0].state, true);
  expect(listed(back)).toEqual([0, 0, 0, 0, 0, 0, 7, 8, 0, 0, 0, 12, 13, 0, 0, 0, 0, 0, 0, 0]);
  expect(back.affine).toEqual(image.affine);
});
