import { lastAxisFastest, type Axes, type Volume } from '../../gateway/imaging/volume';
import golden from '../golden/transforms_deepgrow.json';
import { run, sampleWith } from './samples';

const volumeOf = (data: number[], shape: number[]): Volume => ({
  data: Float32Array.from(data),
  shape,
  strides: lastAxisFastest(shape),
  axes: (shape.length === 4 ? 'CXYZ' : 'CXY') as Axes,
  properties: {},
});

/** Values in C order, whatever the order in memory. */
function inC({ data, shape, strides }: Volume): number[] {
  const cStrides = lastAxisFastest(shape);
  const size = shape.reduce((a, b) => a * b, 1);
  return Array.from({ length: size }, (_, at) =>
    shape.reduce((sum, n, d) => sum + (Math.floor(at / cStrides[d]) % n) * strides[d], 0),
  ).map((at) => data[at]);
}

function expectClose(actual: number[], expected: number[]): void {
  expect(actual).toHaveLength(expected.length);
  actual.forEach((value, at) => expect(Math.abs(value - expected[at])).toBeLessThan(2e-5));
}

test.each(golden.resizes)('Resized $mode $shape to $size, longest: $longest', async (expected) => {
  const sample = sampleWith({ image: volumeOf(expected.x, expected.shape) });
  await run(sample, 'Resized', {
    keys: 'image',
    spatial_size: expected.size,
    mode: expected.mode,
    size_mode: expected.longest ? 'longest' : 'all',
    align_corners: expected.align_corners,
  });
  expect(sample.volume('image').shape).toEqual(expected.outShape);
  expectClose(inC(sample.volume('image')), expected.y);
});

test.each(golden.normalizations)('NormalizeIntensityd $args', async ({ args, y }) => {
  const sample = sampleWith({ x: volumeOf([0, 2, 4, 0, 6, 8, 1, 0, 0, 0, 0, 5], [2, 2, 3]) });
  await run(sample, 'NormalizeIntensityd', { keys: 'x', ...args });
  expectClose(inC(sample.volume('x')), y);
});

test('a constant image divides by 1, an image of zeros stays', async () => {
  const sample = sampleWith({ a: volumeOf([7, 7, 7, 7], [1, 2, 2]), b: volumeOf([0, 0, 0, 0], [1, 2, 2]) });
  await run(sample, 'NormalizeIntensityd', { keys: ['a', 'b'], nonzero: true });
  expect([...sample.volume('a').data]).toEqual([0, 0, 0, 0]);
  expect([...sample.volume('b').data]).toEqual([0, 0, 0, 0]);
});
