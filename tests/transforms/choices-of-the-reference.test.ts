import { firstAxisFastest, type Volume } from '../../gateway/imaging/volume';
import { makeNifti1 } from '../imaging/formats/nifti/make-nifti';
import { temporaryFile } from '../imaging/formats/temporary-file';
import { inCOrder, testVolume } from '../imaging/ops/volumes';
import { run, sampleWith } from './samples';

// The choices of docs/reference/transforms.md that no other test holds, through the transforms that a config names.

/** 2 x 3 x 4 voxels, 0 to 23 in file order; x runs to the back, y to the feet, z to the right. */
const turned = [0, 0, 2, 0, -2, 0, 0, 0, 0, -2, 0, 0];

function fileOf(dim: number[], rows = turned): string {
  const voxels = Uint8Array.from({ length: dim.reduce((a, b) => a * b) }, (_, at) => at);
  return temporaryFile('image.nii', makeNifti1({ dim, datatype: 2, voxels, sform: { code: 1, rows } }));
}

test('A4: the original shape is that of the loaded axes', async () => {
  const sample = sampleWith({}, {}, fileOf([2, 3, 4]));
  await run(sample, 'LoadNifti', { fields: 'image', as_closest_canonical: 'True' });
  expect(sample.volume('image')).toMatchObject({ shape: [4, 2, 3], properties: { originalShape: [4, 2, 3] } });
  await run(sample, 'ScaleByResolution', { fields: 'image', target_resolution: [1, 1, 1] });
  sample.volumes.set('model', sample.volume('image'));
  await run(sample, 'RestoreOriginalShape', { field: 'model', src_field: 'image', is_label: true });
  expect(sample.volume('model').shape).toEqual([4, 2, 3]);
});

test('A11: all labels together, as indices of a file whose axes were permuted and flipped', async () => {
  const sample = sampleWith({}, {}, fileOf([2, 3, 4]));
  await run(sample, 'LoadNifti', { fields: 'image', as_closest_canonical: true });
  const model: Volume = {
    data: new Uint8Array(24),
    shape: [4, 2, 3],
    strides: firstAxisFastest([4, 2, 3]),
    axes: 'XYZ',
    properties: {},
  };
  // Voxel [i, j, k] of the canonical axes is [1 - j, 2 - k, i] of the file.
  for (const [i, j, k, label] of [[0, 1, 2, 1], [3, 0, 1, 2]]) model.data[i + 4 * (j + 2 * k)] = label; // prettier-ignore
  sample.volumes.set('model', model);
  await run(sample, 'FetchExtremePoints', { image_field: 'image', label_field: 'model' });
  const [first, second] = [[0, 0, 0], [1, 1, 3]]; // prettier-ignore
  expect(sample.result.points).toEqual([first, second, second, first, second, first]);
});

test('A12: of three axes all are resized, or all but the channels', async () => {
  const sample = sampleWith({ volume: testVolume([4, 4, 4]), picture: testVolume([4, 4, 4], { axes: 'CXY' }) });
  for (const fields of ['volume', 'picture']) {
    await run(sample, 'ScaleByFactor', { fields, factor: 0.5 });
    await run(sample, 'CropSubVolumeCenter', { fields, size: 1 });
  }
  expect([sample.volume('volume').shape, sample.volume('picture').shape]).toEqual([[1, 1, 1], [4, 1, 1]]); // prettier-ignore
});

test.each([
  ['LoadNifti', { fields: 'image' }, 'ConvertToChannelsFirst', { fields: 'image' }],
  ['LoadImaged', { keys: 'image' }, 'AddChanneld', { keys: 'image' }],
  ['LoadImaged', { keys: 'image' }, 'EnsureChannelFirstd', { keys: 'image' }],
])('A17: a 4-D file with one channel through %s %j and %s', async (load, given, channel, args) => {
  const sample = sampleWith({}, {}, fileOf([2, 3, 4, 1]));
  await run(sample, load, given);
  await run(sample, channel, args);
  expect(sample.volume('image')).toMatchObject({ axes: 'CXYZ', shape: [1, 2, 3, 4] });
  const values = [0, 1].flatMap((i) => [0, 1, 2].flatMap((j) => [0, 1, 2, 3].map((k) => i + 2 * j + 6 * k)));
  expect(inCOrder(sample.volume('image'))).toEqual(values);
});
