import { expectClose, inCOrder, testVolume, volumeOf } from '../imaging/ops/volumes';
import { run, sampleWith } from './samples';

const line = (values: number[]) => volumeOf([values.length, 1, 1], values);

describe('resizes', () => {
  test.each([
    ['half-pixel', [5, 11.66667, 20, 28.33333, 35]],
    ['align-corners', [0, 10, 20, 30, 40]],
    ['monai', [0, 10, 20, 30, 40]],
  ] as const)('ScaleByFactor 1.25 of 4 voxels is 5, reading %s', async (resampling, expected) => {
    const sample = sampleWith({ image: line([0, 40 / 3, 80 / 3, 40]) });
    await run(sample, 'ScaleByFactor', { fields: 'image', factor: [1.25, 1, 1] }, resampling);
    // 4 -> 5: sources (j + 0.5) * 0.8 - 0.5 = -0.1, 0.7, 1.5, 2.3, 3.1
    const half = [-0.1, 0.7, 1.5, 2.3, 3.1].map((at) => (Math.min(Math.max(at, 0), 3) * 40) / 3);
    expectClose(inCOrder(sample.volume('image')), resampling === 'half-pixel' ? half : [...expected], 1e-6);
  });

  test.each([
    [0.5, [5, 7, 4], [2, 4, 2]],
    [
      [2, 1, 0.1],
      [5, 7, 4],
      [10, 7, 1],
    ],
  ])('ScaleByFactor %j: %j becomes %j, halves to even, never none', async (factor, shape, expected) => {
    const sample = sampleWith({ image: testVolume([2, ...shape], { axes: 'CXYZ' }) });
    await run(sample, 'ScaleByFactor', { fields: 'image', factor });
    expect(sample.volume('image').shape).toEqual([2, ...expected]);
  });

  test('ScaleToShape takes the nearest voxel of a label, wherever the channels are', async () => {
    const sample = sampleWith({ label: volumeOf([4, 1, 1], [1, 2, 3, 4], { axes: 'XYC' }) });
    await run(sample, 'ScaleToShape', { fields: 'label', shape: [7, 1], is_label: 'true' });
    expect(inCOrder(sample.volume('label'))).toEqual([1, 1, 2, 3, 3, 4, 4]);
    await expect(run(sample, 'ScaleToShape', { fields: 'label', target_shape: [7, 1, 1] })).rejects.toThrow('axes');
  });

  test('ScaleBySpacing is ScaleByResolution under other spellings', async () => {
    const affine = [2, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1];
    for (const spelling of ['target_spacing', 'spacing', 'target_resolution']) {
      const sample = sampleWith({ image: { ...line([0, 10, 20, 30]), affine } });
      await run(sample, 'ScaleBySpacing', { fields: 'image', [spelling]: [1, 1, 1] });
      expectClose(inCOrder(sample.volume('image')), [0, 2.5, 7.5, 12.5, 17.5, 22.5, 27.5, 30], 1e-6);
      expect(sample.volume('image').affine).toBe(affine);
    }
  });

  test('a list of factors for another number of axes is told', async () => {
    const sample = sampleWith({ image: testVolume([4, 4]) });
    await expect(run(sample, 'ScaleByFactor', { fields: 'image', factor: [1, 1, 1] })).rejects.toThrow(
      'factor has 3 numbers, the image has 2 spatial axes',
    );
  });

  test('NPResize3D goes back to the noted shape', async () => {
    const sample = sampleWith({ image: testVolume([4, 5, 6]), label: line([7, 8]) });
    await run(sample, 'LoadResolutionFromNifty', { applied_key: 'image', new_key: 'resolution' });
    await run(sample, 'Load3DShapeFromNumpy', { applied_key: 'image', new_key: 'image_shape' });
    await run(sample, 'ScaleByFactor', { fields: 'image', factor: 0.5 });
    await run(sample, 'NPResize3D', { applied_keys: 'label', output_shape_key: 'image_shape', nearest: true });
    expect(sample.volume('label').shape).toEqual([4, 5, 6]);
    expect(inCOrder(sample.volume('label')).slice(58, 62)).toEqual([7, 7, 8, 8]);
    await expect(run(sample, 'NPResize3D', { fields: 'label', output_shape_key: 'other' })).rejects.toThrow(
      'no shape was noted under "other"',
    );
  });
});

describe('crops and paddings', () => {
  test.each([
    [10, 4, [3, 4, 5, 6]],
    [9, 4, [2, 3, 4, 5]],
    [10, 5, [3, 4, 5, 6, 7]],
    [9, 5, [2, 3, 4, 5, 6]],
    [3, 5, [0, 1, 2]],
  ])('CropSubVolumeCenter of %i voxels to %i keeps %j', async (n, size, expected) => {
    const sample = sampleWith({ image: line(Array.from({ length: n }, (_, i) => i)) });
    await run(sample, 'CropSubVolumeCenter', { fields: 'image', size: [size, 1, 1] });
    expect(inCOrder(sample.volume('image'))).toEqual(expected);
  });

  test('SymmetricPadderDiv puts the odd voxel at the end', async () => {
    const sample = sampleWith({ image: volumeOf([3, 2], [1, 2, 3, 4, 5, 6]) });
    await run(sample, 'SymmetricPadderDiv', { fields: 'image', divisor: [6, 1] });
    expect(inCOrder(sample.volume('image'))).toEqual([0, 0, 1, 2, 3, 4, 5, 6, 0, 0, 0, 0]);
    const ten = sampleWith({ image: line(Array.from({ length: 10 }, (_, i) => i + 1)) });
    await run(ten, 'SymmetricPadderDiv', { fields: 'image', k: 8 });
    expect(ten.volume('image').shape).toEqual([16, 8, 8]);
  });

  test('CropForegroundObject takes the box over all channels, or over the chosen ones', async () => {
    const values = [0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0];
    const image = volumeOf([2, 6, 1], values, { axes: 'CXY' });
    for (const [args, first, length] of [
      [{}, 1, 4],
      [{ channel_indices: [1] }, 4, 1],
      [{ margin: [1, 0] }, 0, 6],
      [{ margin: 9, channel_indices: [0] }, 0, 6],
    ] as const) {
      const sample = sampleWith({ image });
      await run(sample, 'CropForegroundObject', { fields: 'image', ...args });
      expect(inCOrder(sample.volume('image'))).toEqual([
        ...values.slice(first, first + length),
        ...values.slice(6 + first, 6 + first + length),
      ]);
    }
  });

  test('CropForegroundObject crops other fields to the box of image_field', async () => {
    const sample = sampleWith({ image: line([0, 0, 5, 5, 0]), other: line([1, 2, 3, 4, 5]) });
    await run(sample, 'CropForegroundObject', { image_field: 'image', fields: 'other', label_field: 'label' });
    expect([inCOrder(sample.volume('image')), inCOrder(sample.volume('other'))]).toEqual([
      [5, 5],
      [3, 4],
    ]);
    sample.volumes.set('other', line([1]));
    await expect(run(sample, 'CropForegroundObject', { fields: ['image', 'other'] })).rejects.toThrow('has the shape');
    await expect(run(sample, 'CropForegroundObject', { fields: 'image', channel_indices: [1] })).rejects.toThrow(
      'names channel 1, "image" has 1',
    );
    await expect(
      run(sampleWith({ image: line([0, -1]) }), 'CropForegroundObject', { fields: 'image' }),
    ).rejects.toThrow('no value above zero');
  });

  test('a mask goes back by hand-checked numbers: cropped, padded, and resized between', async () => {
    const image = { ...line([0, 0, 1, 1, 1, 0]), properties: { originalShape: [6, 1, 1] } };
    const sample = sampleWith({ image });
    await run(sample, 'CropForegroundObject', { fields: 'image' }); // 2..4
    await run(sample, 'ScaleByFactor', { fields: 'image', factor: [2, 1, 1] }); // 6 voxels
    await run(sample, 'SymmetricPadderDiv', { fields: 'image', k: [4, 1, 1] }); // 8, one in front
    sample.volumes.set('model', line([9, 1, 1, 2, 2, 3, 3, 9]));
    await run(sample, 'FetchExtremePoints', { image_field: 'image', label_field: 'model' });
    expect(sample.result.points).toEqual([[1, 0, 0], [5, 0, 0], [1, 0, 0], [1, 0, 0], [1, 0, 0], [1, 0, 0]]); // prettier-ignore
    await run(sample, 'RestoreOriginalShape', { field: 'model', src_field: 'image', is_label: true });
    expect(inCOrder(sample.volume('model'))).toEqual([0, 0, 1, 2, 3, 0]);
  });

  test('points of the request are found in the crop', async () => {
    const sample = sampleWith(
      { image: { ...line([0, 0, 1, 1, 1, 0]), properties: { originalShape: [6, 1, 1] } } },
      { points: Array.from({ length: 6 }, () => [3, 0, 0]) },
    );
    await run(sample, 'CropForegroundObject', { fields: 'image' });
    await run(sample, 'AddExtremePointsChannel', { image_field: 'image' });
    const channel = inCOrder(sample.volume('image')).slice(3);
    expect(channel.indexOf(Math.max(...channel))).toBe(1);
  });
});
