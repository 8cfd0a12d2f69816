import type { Axes, Volume } from '../../gateway/imaging/volume';
import { inverses } from '../../gateway/transforms/definition';
import { findTransform } from '../../gateway/transforms/registry';
import golden from '../golden/transforms_splines.json';
import { checkedArgs, sampleWith } from './samples';

interface Made {
  shape: number[];
  values: number[];
}

const options = { resampling: 'half-pixel', monai: '1.5.2', bundle: true } as const;

function volumeOf(shape: readonly number[]): Volume {
  const size = shape.reduce((a, b) => a * b);
  const strides = shape.map((_, d) => shape.slice(d + 1).reduce((a, b) => a * b, 1));
  const data = Float32Array.from({ length: size }, (_, i) => (i * 37) % 101);
  return { data, shape, strides, axes: 'CXYZ'.slice(0, shape.length) as Axes, affine: [0.8, 0, 0, -30, 0, 0.9, 0, -30, 0, 0, 1.5, -30, 0, 0, 0, 1], properties: {} }; // prettier-ignore
}

function expectLike({ data, shape, strides }: Volume, expected: Made): void {
  expect(shape).toEqual(expected.shape);
  expected.values.forEach((value, at) => {
    const place = shape.map((n, d) => Math.floor(at / shape.slice(d + 1).reduce((a, b) => a * b, 1)) % n);
    const found = data[place.reduce((sum, index, d) => sum + index * strides[d], 0)];
    if (Math.abs(found - value) > 2e-3) throw new Error(`at ${place.join()}: ${found}, expected ${value}`);
  });
}

test.each(golden.map((one) => [one.name, JSON.stringify(one.args), one] as const))('%s %s as MONAI, and back', async (name, _, { args, shape, out, back }) => {
  const sample = sampleWith({ image: volumeOf(shape) });
  await findTransform(name)!.apply(sample, checkedArgs(name, { keys: 'image', ...args }), options);
  expectLike(sample.volume('image'), out);
  const { state } = sample.history.at(-1)!;
  expectLike(inverses.get(name)!(sample.volume('image'), state, false), back);
}); // prettier-ignore

test.each([
  ['Resized', { spatial_size: 4, mode: 'bicubic' }, /takes images of two axes.*trilinear/],
  ['Zoomd', { zoom: 1.5, mode: 3 }, /takes images of two axes/],
  ['Spacingd', { pixdim: 2, mode: 'bicubic' }, /takes images of two axes.*3 for cubic/],
] as const)('%s %j of a volume is refused, as torch refuses it', async (name, args, message) => {
  const sample = sampleWith({ image: volumeOf([1, 7, 6, 5]) });
  const run = async () => findTransform(name)!.apply(sample, checkedArgs(name, { keys: 'image', ...args }), options);
  await expect(run()).rejects.toThrow(message);
});

test('splines across a grid that is turned are refused, with what to use', async () => {
  const turned = volumeOf([1, 7, 6, 5]);
  const sample = sampleWith({ image: { ...turned, affine: [0.8, 0.3, 0, 0, -0.3, 0.9, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1] } });
  const args = checkedArgs('Spacingd', { keys: 'image', pixdim: [1, 1, 1], diagonal: true, mode: 3 });
  await expect(async () => findTransform('Spacingd')!.apply(sample, args, options)).rejects.toThrow(/turned or sheared/);
}); // prettier-ignore
