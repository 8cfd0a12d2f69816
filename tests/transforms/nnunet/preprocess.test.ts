import { firstAxisFastest, sizeOf, type Volume } from '../../../gateway/imaging/volume';
import { findTransform } from '../../../gateway/transforms/registry';
import { Sample } from '../../../gateway/transforms/sample';
import type { NnunetGrid } from '../../../gateway/transforms/nnunet/preprocess';

const definition = findTransform('NnunetPreprocessd')!;

/** @param values X fastest */
function prepared(values: readonly number[], shape: readonly number[], spacing: readonly number[], args: object) {
  const [sx, sy, sz] = spacing;
  const affine = [sx, 0, 0, 0, 0, sy, 0, 0, 0, 0, sz, 0, 0, 0, 0, 1];
  const isChannels = shape.length === 4;
  const image: Volume = { data: Float32Array.from(values), shape, strides: firstAxisFastest(shape), axes: isChannels ? 'XYZC' : 'XYZ', affine, properties: {} };
  const sample = new Sample(new Map(), {});
  sample.volumes.set('image', image);
  const given = definition.args.parse({ keys: ['image'], channels: ['CT'], spacing: [sz, sy, sx], ...args });
  void definition.apply(sample, given, { resampling: 'half-pixel' });
  const volume = sample.volume('image');
  return { volume, grid: sample.history.at(-1)!.state as NnunetGrid, values: [...volume.data.subarray(0, sizeOf(volume.shape))], warned: sample.warned.map(({ text }) => text) };
} // prettier-ignore

const plain = { normalization: [{ scheme: 'NoNormalization' }] };

test('axes are Z, Y, X, and the part around what is not zero is cut out', () => {
  // X 3, Y 2, Z 2: two voxels of the second slice are not zero.
  const values = [0, 0, 0, 0, 0, 0, 0, 5, -6, 0, 0, 0];
  const { volume, grid, values: cut } = prepared(values, [3, 2, 2], [1, 2, 3], plain);
  expect(volume).toMatchObject({ axes: 'CXYZ', shape: [1, 1, 1, 2] });
  expect(cut).toEqual([5, -6]);
  expect(grid).toMatchObject({ letters: ['Z', 'Y', 'X'], full: [2, 2, 3], box: { start: [1, 0, 1], size: [1, 1, 2] }, spacing: [3, 2, 1] }); // prettier-ignore
});

test('an image of zeros stays whole', () => {
  expect(prepared(Array(8).fill(0), [2, 2, 2], [1, 1, 1], plain).volume.shape).toEqual([1, 2, 2, 2]);
});

test('transpose_forward puts the axis of the thick slices first', () => {
  const { grid, values } = prepared([1, 2, 3, 4, 5, 6], [3, 2, 1], [5, 1, 1], { ...plain, transpose_forward: [2, 0, 1], spacing: [5, 1, 1] }); // prettier-ignore
  expect(grid).toMatchObject({ letters: ['X', 'Z', 'Y'], full: [3, 1, 2], spacing: [5, 1, 1] });
  expect(values).toEqual([1, 4, 2, 5, 3, 6]);
});

const f = Math.fround;
test.each<[string, object, number[]]>([
  ['CT: clipped, then mean and deviation of training', { scheme: 'CTNormalization', mean: 10, std: 4, low: -2, high: 3 }, [-3, -2.25, -1.75]],
  ['z-score of the image', { scheme: 'ZScoreNormalization' }, [-9, 1, 8].map((x) => f(x / f(Math.sqrt(146 / 3))))],
  ['between 0 and 1', { scheme: 'RescaleTo01Normalization' }, [0, f(10 / 17), 1]],
])('%s', (_what, scheme, expected) => {
  expect(prepared([-9, 1, 8], [3, 1, 1], [1, 1, 1], { normalization: [scheme] }).values).toEqual(expected);
}); // prettier-ignore

test('colours are divided by 255, and others refused', () => {
  const args = { normalization: [{ scheme: 'RGBTo01Normalization' }] };
  expect(prepared([51, 255], [2, 1, 1], [1, 1, 1], args).values).toEqual([f(0.2), 1]);
  expect(() => prepared([1, 256], [2, 1, 1], [1, 1, 1], args)).toThrow(/takes values from 0 to 255, and the image has 1 to 256/);
}); // prettier-ignore

test('with a mask, z-score counts what is inside of it: holes too, the outside stays 0', () => {
  // A ring in one slice of three, its hole enclosed from all sides.
  const shell = Array.from({ length: 27 }, (_, i) => (i === 13 || i === 0 ? 0 : 2));
  const { values } = prepared(shell, [3, 3, 3], [1, 1, 1], { normalization: [{ scheme: 'ZScoreNormalization', use_mask: true }] }); // prettier-ignore
  const mean = 50 / 26;
  const std = f(Math.sqrt((25 * (2 - mean) ** 2 + mean ** 2) / 26));
  expect(values[0]).toBe(0);
  expect(values[13]).toBeCloseTo(-mean / std, 5);
  expect(values[1]).toBeCloseTo((2 - mean) / std, 5);
});

test('an image of one value says that it says nothing', () => {
  expect(prepared([3, 3], [2, 1, 1], [1, 1, 1], { normalization: [{ scheme: 'ZScoreNormalization' }] }).warned).toEqual(['Channel 0 of "image" has one value everywhere, so that its normalized values say nothing.']); // prettier-ignore
});

test('another number of channels than the network takes', () => {
  const two = { ...plain, channels: ['T1', 'T2'] };
  expect(() => prepared([1, 2], [2, 1, 1], [1, 1, 1], two)).toThrow('the model takes 2 channel(s) (T1, T2), and the image has 1'); // prettier-ignore
});

test('new lengths are rounded half to even', () => {
  const args = { ...plain, spacing: [1, 1, 2], resampling: { order: 1 } };
  expect(prepared(Array(5).fill(1), [5, 1, 1], [1, 1, 1], args).volume.shape).toEqual([1, 1, 1, 2]);
  expect(prepared(Array(7).fill(1), [7, 1, 1], [1, 1, 1], args).volume.shape).toEqual([1, 1, 1, 4]);
});

test('slices of a 2-D network keep their distance', () => {
  const { grid, volume } = prepared(Array(16).fill(1), [4, 4, 1], [1, 1, 7], { ...plain, spacing: [2, 2], resampling: {} }); // prettier-ignore
  expect([grid.target, volume.shape]).toEqual([[7, 2, 2], [1, 1, 2, 2]]); // prettier-ignore
});
