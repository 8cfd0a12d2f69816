import { volumeOf, inCOrder, testVolume, expectClose } from '../imaging/ops/volumes';
import { run, sampleWith } from './samples';

describe('channel axes', () => {
  test.each([
    ['XYZ', [3, 4, 5], [1, 3, 4, 5], [3, 4, 5, 1]],
    ['CXYZ', [2, 3, 4, 5], [2, 3, 4, 5], [3, 4, 5, 2]],
    ['XYZC', [3, 4, 5, 2], [2, 3, 4, 5], [3, 4, 5, 2]],
    ['XY', [3, 4], [1, 3, 4], [3, 4, 1]],
    ['XYC', [3, 4, 3], [3, 3, 4], [3, 4, 3]],
  ] as const)('%s %j becomes %j first, %j last', async (axes, shape, first, last) => {
    const sample = sampleWith({ a: testVolume(shape, { axes }), b: testVolume(shape, { axes }) });
    await run(sample, 'ConvertToChannelsFirst', { fields: ['a'] });
    await run(sample, 'ConvertToChannelsLast', { fields: 'b' });
    expect([sample.volume('a').shape, sample.volume('b').shape]).toEqual([first, last]);
    expect(sample.volume('a').axes[0]).toBe('C');
    await run(sample, 'ConvertToChannelsLast', { fields: 'a' });
    expect(inCOrder(sample.volume('a'))).toEqual(inCOrder(sample.volume('b')));
  });
});

describe('ScaleByResolution', () => {
  const affine = [0, -2.5, 0, 7, 1, 0, 0, 8, 0, 0, 3, 9, 0, 0, 0, 1];

  test('takes sizes from the columns of the affine, wherever the channels are', async () => {
    const last = { ...testVolume([6, 8, 5, 2], { axes: 'XYZC' }), affine };
    const sample = sampleWith({ image: last });
    await run(sample, 'ScaleByResolution', { fields: 'image', target_resolution: [2, 2.5, 1] });
    expect(sample.volume('image')).toMatchObject({ axes: 'XYZC', shape: [3, 8, 15, 2], affine });
  });

  test.each([
    [0.5, 5, 2],
    [0.5, 7, 4],
    [0.001, 7, 1],
  ])('%d of %i voxels are %i: halves to even, never none', async (spacing, n, m) => {
    const small = { ...testVolume([n, 2, 2]), affine: [spacing, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1] };
    const sample = sampleWith({ image: small });
    await run(sample, 'ScaleByResolution', { fields: 'image', target_resolution: [1, 1, 1] });
    expect(sample.volume('image').shape).toEqual([m, 2, 2]);
  });

  test.each([
    ['half-pixel', 4, 8],
    ['align-corners', 4, 8],
    ['monai', 4, 8],
  ] as const)('reading %s', async (resampling, n, m) => {
    const line = { ...volumeOf([n, 1, 1], [0, 10, 20, 30]), affine: [2, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1] };
    const sample = sampleWith({ image: line });
    await run(sample, 'ScaleByResolution', { fields: 'image', target_resolution: [1, 1, 1] }, resampling);
    const expected = {
      'half-pixel': [0, 2.5, 7.5, 12.5, 17.5, 22.5, 27.5, 30],
      'align-corners': Array.from({ length: m }, (_, j) => (30 * j) / 7),
      monai: [0, 5, 10, 15, 20, 25, 30],
    }[resampling];
    expectClose(inCOrder(sample.volume('image')), expected, 1e-6);
  });

  test('an image without affine has no voxel size', async () => {
    await expect(
      run(sampleWith({ image: testVolume([2, 2, 2]) }), 'ScaleByResolution', {
        fields: 'image',
        target_resolution: [1, 1, 1],
      }),
    ).rejects.toThrow('no affine');
  });
});

describe('intensities', () => {
  test('NormalizeNonzeroIntensities takes each channel by itself', async () => {
    const values = [0, 2, 4, 0, 6, 8, 1, 0, 0, 0, 0, 5];
    const sample = sampleWith({ image: volumeOf([2, 2, 3], values, { axes: 'CXY', memory: [0, 1, 2] }) });
    await run(sample, 'NormalizeNonzeroIntensities', { fields: 'image' });
    const expected = [0, -1.341641, -0.447214, 0, 0.447214, 1.341641, -1, 0, 0, 0, 0, 1];
    expectClose(inCOrder(sample.volume('image')), expected, 1e-6);
  });

  test('ThresholdValues leaves the input image as it was', async () => {
    const scores = volumeOf([1, 3], [0.4, 0.5, 0.6]);
    const sample = sampleWith({ model: scores });
    await run(sample, 'ThresholdValues', { fields: 'model', threshold: 0.5 });
    expect(inCOrder(sample.volume('model'))).toEqual([0, 0, 1]);
    expectClose(inCOrder(scores), [0.4, 0.5, 0.6]);
  });

  test('ArgmaxAcrossChannels keeps the channel axis where it is', async () => {
    const sample = sampleWith({
      model: volumeOf([2, 2, 3], [0, 1, 0, 5, 5, 6, 1, 1, 0, 0, 0, 1], { axes: 'XYC', memory: [2, 1, 0] }),
    });
    await run(sample, 'ArgmaxAcrossChannels', { fields: 'model' });
    expect(sample.volume('model')).toMatchObject({ axes: 'XYC', shape: [2, 2, 1] });
    expect(inCOrder(sample.volume('model'))).toEqual([1, 2, 0, 2]);
    await expect(
      run(sampleWith({ model: testVolume([2, 2]) }), 'ArgmaxAcrossChannels', { fields: 'model' }),
    ).rejects.toThrow('no channel axis');
  });
});

describe('going back', () => {
  const shapes = { properties: { originalShape: [7, 5, 9] } };

  test('RestoreOriginalShape resizes to the loaded shape and keeps the channels', async () => {
    const sample = sampleWith({
      image: { ...testVolume([3, 3, 3]), ...shapes },
      model: testVolume([2, 3, 3, 3], { axes: 'CXYZ' }),
    });
    await run(sample, 'RestoreOriginalShape', { field: 'model', src_field: 'image' });
    expect(sample.volume('model').shape).toEqual([2, 7, 5, 9]);
  });

  test('an image that was not loaded has no original shape', async () => {
    const sample = sampleWith({ image: testVolume([3, 3, 3]), model: testVolume([3, 3, 3]) });
    await expect(run(sample, 'RestoreOriginalShape', { field: 'model', src_field: 'image' })).rejects.toThrow(
      'no original shape',
    );
  });

  test('CopyProperties copies what there is', async () => {
    const affine = [1, 0, 0, 5, 0, 1, 0, 6, 0, 0, 1, 7, 0, 0, 0, 1];
    const image = { ...testVolume([2, 2, 2]), affine, properties: { asCanonical: true, header: { units: 'mm' } } };
    const sample = sampleWith({ image, model: testVolume([2, 2, 2]) });
    await run(sample, 'CopyProperties', {
      fields: 'model',
      from_field: 'image',
      properties: ['affine', 'original_affine', 'as_canonical', 'spacing'],
    });
    expect(sample.volume('model')).toMatchObject({
      affine,
      properties: { asCanonical: true, header: { units: 'mm' } },
    });
    expect(sample.volume('model').properties).not.toHaveProperty('originalAffine');
  });

  test('a field that is not there is named, with those that are', async () => {
    const sample = sampleWith({ image: testVolume([2, 2, 2]) });
    await expect(run(sample, 'ArgmaxAcrossChannels', { fields: 'model' })).rejects.toThrow(
      '"model" (fields with an image: image)',
    );
  });
});

test('a loader without any file says so', async () => {
  await expect(run(sampleWith(), 'LoadNifti', { fields: 'image' })).rejects.toThrow('no file was sent for "image"');
});
