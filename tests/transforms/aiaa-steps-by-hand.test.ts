import { inCOrder, volumeOf } from '../imaging/ops/volumes';
import { run, sampleWith } from './samples';

// Rows are the first axis: an L of four voxels, and one that touches it with a corner only.
const mask = [0, 1, 0, 0, 0, 1, 1, 1, 1, 0, 0, 0]; // prettier-ignore
const given = (values: number[]) => ({ pred: volumeOf([1, 3, 4], values, { axes: 'CXY' }) });

test.each([
  [mask, [[0, 1], [2, 0], [2, 0], [1, 3]], [[0, 0], [3, 4]]],
  [mask.map((value, at) => (at === 6 ? 5 * value : 0)), [[1, 2], [1, 2], [1, 2], [1, 2]], [[1, 2], [2, 3]]],
  [mask.map(() => 0), [], []],
])('extreme points and box of %j', async (values, points, bbox) => {
  const sample = sampleWith(given(values));
  await run(sample, 'ExtremePointsd', { keys: 'pred', points: 'found' });
  await run(sample, 'BoundingBoxd', { keys: 'pred', bbox: 'box' });
  expect(sample.result).toEqual({ found: points, box: bbox });
}); // prettier-ignore

test.each([
  [mask, [0, 1, 0, 0, 0, 1, 1, 1, 0, 0, 0, 0]],
  [[3, 3, 0, 0, 0, 0, 7, 0, 0, 0, 0, 0], [1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]],
  [mask.map(() => 0), mask.map(() => 0)],
])('LargestCCd of %j', async (values, expected) => {
  const sample = sampleWith(given(values));
  await run(sample, 'LargestCCd', { keys: 'pred' });
  expect(inCOrder(sample.volume('pred'))).toEqual(expected);
}); // prettier-ignore

test('Restored brings a prediction to the shape and affine of the file, nearest voxel', async () => {
  const originalAffine = [2, 0, 0, 5, 0, 2, 0, 6, 0, 0, 2, 7, 0, 0, 0, 1];
  const properties = { originalShape: [1, 3, 5], originalAffine };
  const image = { ...volumeOf([1, 2, 2], [0, 0, 0, 0], { axes: 'XYZ' }), properties };
  const sample = sampleWith({ image, pred: volumeOf([1, 1, 2, 2], [1, 2, 3, 4], { axes: 'CXYZ' }) });
  await run(sample, 'Restored', { keys: 'pred', ref_image: 'image' });
  expect(sample.volume('pred')).toMatchObject({ axes: 'XYZ', shape: [1, 3, 5], affine: originalAffine });
  expect(inCOrder(sample.volume('pred'))).toEqual([1, 1, 1, 2, 2, 1, 1, 1, 2, 2, 3, 3, 3, 4, 4]); // prettier-ignore
});
