import type { Volume } from '../../gateway/imaging/volume';
import { inverses } from '../../gateway/transforms/definition';
import { run, sampleWith } from './samples';

/** A channel-first picture written as rows; `[[[…]]]` are channels. The first axis of the array is the outer list. */
function image(rows: number[][] | number[][][]): Volume {
  const channels = (Array.isArray(rows[0][0]) ? rows : [rows]) as number[][][];
  const shape = [channels.length, channels[0].length, channels[0][0].length];
  const data = Float32Array.from(channels.flat(2));
  return { data, shape, strides: [shape[1] * shape[2], shape[2], 1], axes: 'CXY', properties: {} };
}

function rowsOf({ data, shape, strides }: Volume): number[][][] {
  const list = (n: number) => Array.from({ length: n }, (_, i) => i);
  const [sc, sx, sy] = strides;
  return list(shape[0]).map((c) =>
    list(shape[1]).map((x) => list(shape[2]).map((y) => Number(data[c * sc + x * sx + y * sy].toFixed(5)))),
  );
}

const two = [[1, 2, 3], [4, 5, 6]]; // prettier-ignore
const steps = [[0, 1, 2, 3, 4, 5]];

// prettier-ignore
const table: [name: string, args: object, given: number[][] | number[][][], expected: number[][] | number[][][]][] = [
  ['ScaleIntensityd', {}, [[0, 5, 10]], [[0, 0.5, 1]]],
  ['ScaleIntensityd', { minv: -1, maxv: 1 }, [[0, 5, 10]], [[-1, 0, 1]]],
  ['ScaleIntensityd', { minv: null, maxv: null, factor: 0.5 }, [[2, 4]], [[3, 6]]],
  ['ScaleIntensityd', { minv: 2 }, [[7, 7]], [[14, 14]]],
  ['ScaleIntensityd', { channel_wise: true }, [[[0, 4]], [[10, 20]]], [[[0, 1]], [[0, 1]]]],
  ['ScaleIntensityRangePercentilesd', { lower: 25, upper: 75, b_min: 0, b_max: 1 }, [[0, 4, 8, 12, 16]], [[-0.5, 0, 0.5, 1, 1.5]]],
  ['ScaleIntensityRangePercentilesd', { lower: 10, upper: 90, b_min: 0, b_max: 10, clip: true }, [[0, 5, 10]], [[0, 5, 10]]],
  ['ShiftIntensityd', { offset: -3 }, [[1, 2]], [[-2, -1]]],
  ['ThresholdIntensityd', { threshold: 2 }, two, [[0, 0, 3], [4, 5, 6]]],
  ['ThresholdIntensityd', { threshold: 3, above: false, cval: 9 }, two, [[1, 2, 9], [9, 9, 9]]],
  ['MaskIntensityd', { mask_key: 'image' }, [[-2, 0, 3]], [[0, 0, 3]]],
  ['GaussianSmoothd', { sigma: [0, 2] }, [[0, 0, 1, 0]], [[0.12098, 0.17467, 0.19741, 0.17467]]],
  ['LabelToMaskd', { select_labels: [1, 3] }, [[0, 1, 2, 3]], [[0, 1, 0, 1]]],
  ['LabelToMaskd', { select_labels: [0, 2], merge_channels: true }, [[[1, 0]], [[1, 1]], [[0, 0]]], [[1, 0]]],
  ['LabelFilterd', { applied_labels: 2 }, [[0, 1, 2, 3]], [[0, 0, 2, 0]]],
  ['ConvertToMultiChannelBasedOnBratsClassesd', {}, [[0, 1, 2, 4]], [[[0, 1, 0, 1]], [[0, 1, 1, 1]], [[0, 0, 0, 1]]]],
  ['KeepLargestConnectedComponentd', {}, [[1, 1, 0, 1], [0, 2, 0, 0], [2, 2, 0, 2]], [[1, 1, 0, 0], [0, 2, 0, 0], [2, 2, 0, 0]]],
  ['KeepLargestConnectedComponentd', { independent: false }, [[1, 1, 0, 1], [0, 2, 0, 0]], [[1, 1, 0, 0], [0, 2, 0, 0]]],
  ['KeepLargestConnectedComponentd', { connectivity: 1 }, [[1, 0], [0, 1], [0, 1]], [[0, 0], [0, 1], [0, 1]]],
  ['KeepLargestConnectedComponentd', {}, [[[1, 0, 1]], [[1, 0, 1]]], [[[1, 0, 1]], [[1, 0, 0]]]],
  // What is enclosed takes the label, other labels included.
  ['FillHolesd', {}, [[1, 1, 1, 1, 1], [1, 0, 1, 2, 1], [1, 1, 1, 1, 1]], [[1, 1, 1, 1, 1], [1, 1, 1, 1, 1], [1, 1, 1, 1, 1]]],
  ['FillHolesd', { applied_labels: 3 }, [[0, 3, 0], [3, 0, 3], [0, 3, 0]], [[0, 3, 0], [3, 0, 3], [0, 3, 0]]],
  ['FillHolesd', { connectivity: 1 }, [[0, 3, 0], [3, 0, 3], [0, 3, 0]], [[0, 3, 0], [3, 3, 3], [0, 3, 0]]],
  ['RepeatChanneld', { repeats: 2 }, [[[1, 2]], [[3, 4]]], [[[1, 2]], [[1, 2]], [[3, 4]], [[3, 4]]]],
];

test.each(table)('%s %j of %j', async (name, args, given, expected) => {
  const sample = sampleWith({ image: image(given) });
  await run(sample, name, { keys: 'image', ...args });
  expect(rowsOf(sample.volume('image'))).toEqual(Array.isArray(expected[0][0]) ? expected : [expected]);
});

// With what comes back: pads are cut off again, what was cropped is zero.
// prettier-ignore
const invertible: [name: string, args: object, given: number[][], expected: number[][], back?: number[][]][] = [
  ['Flipd', { spatial_axis: 1 }, two, [[3, 2, 1], [6, 5, 4]]],
  ['Flipd', {}, two, [[6, 5, 4], [3, 2, 1]]],
  ['Flipd', { spatial_axis: [-2] }, two, [[4, 5, 6], [1, 2, 3]]],
  ['Rotate90d', {}, two, [[3, 6], [2, 5], [1, 4]]],
  ['Rotate90d', { k: -1 }, two, [[4, 1], [5, 2], [6, 3]]],
  ['Rotate90d', { k: 2 }, two, [[6, 5, 4], [3, 2, 1]]],
  ['Transposed', { indices: [0, 2, 1] }, two, [[1, 4], [2, 5], [3, 6]]],
  ['CropForegroundd', { source_key: 'image' }, [[0, 0, 0], [0, 7, 8], [0, 0, 0]], [[7, 8]], [[0, 0, 0], [0, 7, 8], [0, 0, 0]]],
  ['CropForegroundd', { source_key: 'image', margin: 1 }, [[0, 7], [0, 1]], [[0, 7, 0], [0, 1, 0], [0, 0, 0]]],
  ['CropForegroundd', { source_key: 'image', margin: 1, allow_smaller: true }, [[0, 7], [0, 1]], [[0, 7], [0, 1]]],
  ['CropForegroundd', { source_key: 'image', margin: [0, 1], allow_smaller: false }, [[5, 7]], [[0, 5, 7, 0]]],
  ['CropForegroundd', { source_key: 'image', k_divisible: [1, 4] }, [[5, 7, 1]], [[5, 7, 1, 0]]],
  ['CenterSpatialCropd', { roi_size: [0, 3] }, steps, [[2, 3, 4]], [[0, 0, 2, 3, 4, 0]]],
  ['SpatialCropd', { roi_start: [0, 1], roi_end: [1, 3] }, steps, [[1, 2]], [[0, 1, 2, 0, 0, 0]]],
  ['SpatialCropd', { roi_center: [0, 1], roi_size: [1, 5] }, steps, [[0, 1, 2, 3, 4]], [[0, 1, 2, 3, 4, 0]]],
  ['SpatialPadd', { spatial_size: [1, 9] }, [[1, 2, 3, 4]], [[0, 0, 1, 2, 3, 4, 0, 0, 0]]],
  ['SpatialPadd', { spatial_size: [1, 6], method: 'end', mode: 'edge' }, [[1, 2, 3, 4]], [[1, 2, 3, 4, 4, 4]]],
  ['SpatialPadd', { spatial_size: [1, 8], mode: 'reflect' }, [[1, 2, 3, 4]], [[3, 2, 1, 2, 3, 4, 3, 2]]],
  ['SpatialPadd', { spatial_size: [1, 8], mode: 'symmetric' }, [[1, 2, 3, 4]], [[2, 1, 1, 2, 3, 4, 4, 3]]],
  ['SpatialPadd', { spatial_size: [1, 8], mode: 'circular' }, [[1, 2, 3, 4]], [[3, 4, 1, 2, 3, 4, 1, 2]]],
  ['SpatialPadd', { spatial_size: [1, 5], constant_values: 9 }, [[1, 2, 3, 4]], [[1, 2, 3, 4, 9]]],
  ['DivisiblePadd', { k: [1, 4] }, steps, [[0, 0, 1, 2, 3, 4, 5, 0]]],
  ['BorderPadd', { spatial_border: [0, 0, 1, 2] }, [[7, 8]], [[0, 7, 8, 0, 0]]],
  ['ResizeWithPadOrCropd', { spatial_size: [2, 3] }, steps, [[2, 3, 4], [0, 0, 0]], [[0, 0, 2, 3, 4, 0]]],
  ['Resized', { spatial_size: [1, 3] }, steps, [[0.5, 2.5, 4.5]], [[0.5, 0.5, 2.5, 2.5, 4.5, 4.5]]],
  ['Zoomd', { zoom: [1, 0.5], keep_size: false }, steps, [[0.5, 2.5, 4.5]], [[0.5, 0.5, 2.5, 2.5, 4.5, 4.5]]],
  ['Zoomd', { zoom: [1, 0.5], padding_mode: 'constant' }, steps, [[0, 0.5, 2.5, 4.5, 0, 0]], [[0.5, 0.5, 2.5, 2.5, 4.5, 4.5]]],
];

test.each(invertible)('%s %j of %j, and back', async (name, args, given, expected, back = given) => {
  const sample = sampleWith({ image: image(given) });
  await run(sample, name, { keys: 'image', ...args });
  const result = sample.volume('image');
  expect(rowsOf(result)).toEqual([expected]);
  const [{ transform, state }] = sample.history;
  expect(rowsOf(inverses.get(transform)!(result, state, false))).toEqual([back]);
});

test('fields are copied, put together, taken apart, averaged, kept and forgotten', async () => {
  const sample = sampleWith({ a: image([[1, 2]]), b: image([[3, 4]]) });
  const rows = (field: string) => rowsOf(sample.volume(field));
  await run(sample, 'CopyItemsd', { keys: ['a', 'b'], times: 2, names: ['a1', 'b1', 'a2', 'b2'] });
  expect([rows('a2'), rows('b1')]).toEqual([[[[1, 2]]], [[[3, 4]]]]);
  await run(sample, 'ConcatItemsd', { keys: ['b', 'a'], name: 'both' });
  expect(rows('both')).toEqual([[[3, 4]], [[1, 2]]]);
  await run(sample, 'SplitChanneld', { keys: 'both', output_postfixes: ['x', 'y'] });
  expect([rows('both_x'), rows('both_y')]).toEqual([[[[3, 4]]], [[[1, 2]]]]);
  await run(sample, 'MeanEnsembled', { keys: ['a', 'b'], output_key: 'mean', weights: [3, 1] });
  expect(rows('mean')).toEqual([[[1.5, 2.5]]]);
  await run(sample, 'DeleteItemsd', { keys: ['a1', 'b1', 'a2'] });
  expect(sample.volumes.has('a1')).toBe(false);
  await run(sample, 'SelectItemsd', { keys: ['mean', 'a'] });
  expect([...sample.volumes.keys()].sort()).toEqual(['a', 'mean']);
});

test('Invertd undoes the steps of the image on a copy of it, the last first', async () => {
  const sample = sampleWith({ image: image(two) });
  await run(sample, 'Rotate90d', { keys: 'image' });
  await run(sample, 'SpatialPadd', { keys: 'image', spatial_size: [4, 4] });
  sample.volumes.set('pred', sample.volume('image'));
  await run(sample, 'Invertd', { keys: 'pred', orig_keys: 'image' });
  expect(rowsOf(sample.volume('pred'))).toEqual([two]);
});

test.each<[string, string, object, RegExp]>([
  ['a prediction of another shape', 'Invertd', { keys: 'other', orig_keys: 'image' }, /spatial shape \[1, 2\], but "image".*\[2, 3\]/],
  ['an image without foreground', 'CropForegroundd', { keys: 'image', source_key: 'empty' }, /no voxel above 0/],
  ['a crop that leaves nothing', 'SpatialCropd', { keys: 'image', roi_start: [0, 9], roi_end: [1, 12] }, /nothing is left/],
  ['an axis there is not', 'Flipd', { keys: 'image', spatial_axis: 2 }, /2 spatial axes, there is no axis 2/],
  ['channels between spatial axes', 'Transposed', { keys: 'image', indices: [1, 0, 2] }, /between spatial axes/],
  ['sizes for another number of axes', 'SpatialPadd', { keys: 'image', spatial_size: [4, 4, 4] }, /3 numbers.*2 spatial axes/],
  ['a channel there is not', 'LabelToMaskd', { keys: 'two', select_labels: [2] }, /channel 2, the image has 2/],
  ['images that do not fit together', 'ConcatItemsd', { keys: ['image', 'other'], name: 'x' }, /do not lie on one grid/],
])('%s is an error that says so', async (_, name, args, message) => {
  const sample = sampleWith({ image: image(two), other: image([[1, 2]]), empty: image([[0, 0, 0], [0, 0, 0]]), two: image([[[1]], [[2]]]) });
  await expect(run(sample, name, args)).rejects.toThrow(message);
}); // prettier-ignore

// Voxels 1 2 (z = 0) and 3 4 (z = 1) whose z axis leans by one voxel along x: upright, the second row stands one to the right.
test.each<[object, number[], number[]]>([
  [{}, [1, 2, 2], [3, 3, 4]],
  [{ padding_mode: 'zeros' }, [1, 2, 0], [0, 3, 4]],
  [{ padding_mode: 'reflection' }, [1, 2, 2], [3, 3, 4]],
  [{ padding_mode: 'reflection', align_corners: true }, [1, 2, 1], [4, 3, 4]],
  [{ padding_mode: 'zeros', mode: 'nearest' }, [1, 2, 0], [0, 3, 4]],
])('Spacingd %j of a sheared grid', async (args, first, second) => {
  const sheared: Volume = {
    data: Float32Array.of(1, 2, 3, 4),
    shape: [1, 2, 1, 2],
    strides: [4, 1, 2, 2],
    axes: 'CXYZ',
    affine: [1, 0, 1, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1],
    properties: {},
  };
  const sample = sampleWith({ image: sheared });
  await run(sample, 'Spacingd', { keys: 'image', pixdim: [1, 1, 1], ...args });
  expect([...sample.volume('image').data]).toEqual([...first, ...second]);
});
