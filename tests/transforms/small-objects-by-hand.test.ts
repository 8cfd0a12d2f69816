import type { Volume } from '../../gateway/imaging/volume';
import { run, sampleWith } from './samples';

/** Channels of rows, one after the other. */
function image(...channels: number[][][]): Volume {
  const [rows, columns] = [channels[0].length, channels[0][0].length];
  const data = Uint8Array.from(channels.flat(2));
  return { data, shape: [channels.length, rows, columns], strides: [rows * columns, columns, 1], axes: 'CXY', properties: {} };
} // prettier-ignore

async function left(volume: Volume, args: object): Promise<number[][][]> {
  const sample = sampleWith({ pred: volume });
  await run(sample, 'RemoveSmallObjectsd', { keys: 'pred', ...args });
  const { data, shape, strides } = sample.volume('pred');
  const each = (n: number) => Array.from({ length: n }, (_, i) => i);
  return each(shape[0]).map((c) => each(shape[1]).map((x) => each(shape[2]).map((y) => data[c * strides[0] + x * strides[1] + y * strides[2]]))); // prettier-ignore
}

test('a component of exactly min_size stays, a smaller one goes', async () => {
  const mask = image([[1, 1, 0, 1], [1, 0, 0, 1]]); // prettier-ignore
  expect(await left(mask, { min_size: 2 })).toEqual([[[1, 1, 0, 1], [1, 0, 0, 1]]]); // prettier-ignore
  expect(await left(mask, { min_size: 3 })).toEqual([[[1, 1, 0, 0], [1, 0, 0, 0]]]); // prettier-ignore
  expect(await left(mask, { min_size: 4 })).toEqual([[[0, 0, 0, 0], [0, 0, 0, 0]]]); // prettier-ignore
});

test('voxels that share a corner belong together where connectivity says so', async () => {
  const mask = image([[1, 0, 0], [0, 1, 0], [0, 0, 0]]); // prettier-ignore
  expect(await left(mask, { min_size: 2, connectivity: 1 })).toEqual([[[0, 0, 0], [0, 0, 0], [0, 0, 0]]]); // prettier-ignore
  expect(await left(mask, { min_size: 2, connectivity: 2 })).toEqual([[[1, 0, 0], [0, 1, 0], [0, 0, 0]]]); // prettier-ignore
  expect(await left(mask, { min_size: 2, connectivity: null })).toEqual([[[1, 0, 0], [0, 1, 0], [0, 0, 0]]]); // prettier-ignore
});

test('each component of each label counts by itself (MONAI counts all voxels of a label as soon as one is above 1)', async () => {
  const labels = image([[1, 1, 2, 0, 1], [1, 0, 2, 0, 0], [0, 2, 0, 0, 3]]); // prettier-ignore
  expect(await left(labels, { min_size: 2 })).toEqual([[[1, 1, 2, 0, 0], [1, 0, 2, 0, 0], [0, 0, 0, 0, 0]]]); // prettier-ignore
});

test('each channel counts by itself, or with independent_channels off what any of them has', async () => {
  const channels = image([[1, 0, 0], [0, 0, 1]], [[0, 1, 0], [0, 0, 0]]); // prettier-ignore
  expect(await left(channels, { min_size: 2 })).toEqual([[[0, 0, 0], [0, 0, 0]], [[0, 0, 0], [0, 0, 0]]]); // prettier-ignore
  expect(await left(channels, { min_size: 2, independent_channels: false })).toEqual([[[1, 0, 0], [0, 0, 0]], [[0, 1, 0], [0, 0, 0]]]); // prettier-ignore
});

test('by_measure counts mm³: 5 mm³ are three voxels of 2 mm³', async () => {
  const mask = image([[1, 1, 0, 1], [1, 0, 0, 1]]); // prettier-ignore
  expect(await left(mask, { min_size: 5, by_measure: true, pixdim: [1, 2] })).toEqual([[[1, 1, 0, 0], [1, 0, 0, 0]]]); // prettier-ignore
  const affine = [2, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1];
  expect(await left({ ...mask, affine }, { min_size: 5, by_measure: true })).toEqual([[[1, 1, 0, 0], [1, 0, 0, 0]]]); // prettier-ignore
});
