import { findTransform } from '../../gateway/transforms/registry';

const window = { a_min: 0, a_max: 1, b_min: 0, b_max: 1 };

describe('bad arguments are refused when the config is read', () => {
  test.each<[string, object, RegExp]>([
    ['LoadNifti', {}, /fields/],
    ['LoadNifti', { fields: 3 }, /name of a field/],
    ['LoadNifti', { fields: [] }, /fields/],
    ['LoadNifti', { fields: 'image', as_closest_canonical: 'maybe' }, /true or false, got \\"maybe\\"/],
    ['LoadPng', { fields: 'image', gray: true }, /gray/],
    ['ConvertToChannelsFirst', { fields: 'image', axis: 0 }, /axis/],
    ['ConvertToChannelsLast', {}, /fields/],
    ['ScaleByResolution', { fields: 'image' }, /target_resolution/],
    ['ScaleByResolution', { fields: 'image', target_resolution: [1, 0, 1] }, />0/],
    ['ScaleByResolution', { fields: 'image', target_resolution: '1,1,1' }, /array/],
    ['ScaleIntensityRange', { fields: 'image', ...window, a_min: 'low' }, /number/],
    ['ScaleIntensityRange', { fields: 'image', a_min: 0, a_max: 1 }, /b_min/],
    ['NormalizeNonzeroIntensities', { fields: null }, /name of a field/],
    ['AddExtremePointsChannel', { image_field: 'image', sigma: 0 }, />0/],
    ['AddExtremePointsChannel', { image_field: 'image', permutation: 2 }, /training/],
    ['ArgmaxAcrossChannels', {}, /fields/],
    ['ThresholdValues', { fields: 'model' }, /threshold/],
    ['FetchExtremePoints', { image_field: 'image' }, /label_field/],
    ['CopyProperties', { fields: 'model', from_field: 'image' }, /properties/],
    ['RestoreOriginalShape', { fields: 'model', src_field: 'image' }, /field/],
    ['LoadImaged', { fields: 'image' }, /keys/],
    ['Spacingd', { keys: 'image' }, /pixdim/],
    ['Spacingd', { keys: 'image', pixdim: [1, 1, 1], mode: 'cubic' }, /mode/],
    ['Spacingd', { keys: 'image', pixdim: [1, 1, 1], padding_mode: 'wrap' }, /border, zeros, reflection/],
    ['Spacingd', { keys: 'image', pixdim: [1, 1, 1], diagonal: 'perhaps' }, /diagonal/],
    ['Resized', { keys: 'image', spatial_size: [64, 64, 64], mode: 'bicubic' }, /mode/],
    ['Zoomd', { keys: 'image', zoom: 0 }, />0/],
    ['Zoomd', { keys: 'image', zoom: 2, padding_mode: 'mean' }, /expected one of constant, edge/],
    ['Flipd', { keys: 'image', spatial_axis: 0.5 }, /spatial_axis/],
    ['Rotate90d', { keys: 'image', spatial_axes: [0, 1, 2] }, /spatial_axes/],
    ['Transposed', { keys: 'image', indices: 'xyz' }, /indices/],
    ['CropForegroundd', { keys: 'image' }, /source_key/],
    ['CropForegroundd', { keys: 'image', source_key: 'image', margin: -1 }, />=0/],
    ['CropForegroundd', { keys: 'image', source_key: 'image', select_fn: 'f' }, /foreground/],
    ['CenterSpatialCropd', { keys: 'image' }, /roi_size/],
    ['SpatialCropd', { keys: 'image', roi_start: [0, 0, 0] }, /roi_start and roi_end/],
    ['SpatialCropd', { keys: 'image', roi_slices: ['0:5'] }, /Python slices/],
    ['SpatialPadd', { keys: 'image', spatial_size: [9, 9, 9], method: 'start' }, /symmetric/],
    ['DivisiblePadd', { keys: 'image' }, /k/],
    ['BorderPadd', { keys: 'image', spatial_border: [-1] }, />=0/],
    ['ResizeWithPadOrCropd', { keys: 'image', spatial_size: 'all' }, /spatial_size/],
    ['ScaleIntensityd', { keys: 'image', minv: 'low' }, /minv/],
    ['ScaleIntensityRangePercentilesd', { keys: 'image', lower: 1, upper: 101 }, /<=100/],
    ['ScaleIntensityRangePercentilesd', { keys: 'image', lower: 1, upper: 99, clip: true }, /b_min and b_max/],
    ['ShiftIntensityd', { keys: 'image' }, /offset/],
    ['ThresholdIntensityd', { keys: 'image', threshold: null }, /threshold/],
    ['MaskIntensityd', { keys: 'image' }, /mask_key/],
    ['GaussianSmoothd', { keys: 'image', sigma: 1, approx: 'sampled' }, /erf/],
    ['AddExtremePointsChanneld', { keys: 'image', label_key: 'label', pert: 1 }, /training/],
    ['LabelToMaskd', { keys: 'label' }, /select_labels/],
    ['LabelFilterd', { keys: 'label', applied_labels: [1.5] }, /int/],
    ['KeepLargestConnectedComponentd', { keys: 'pred', connectivity: 4 }, /connectivity/],
    ['KeepLargestConnectedComponentd', { keys: 'pred', num_components: 2 }, /largest/],
    ['FillHolesd', { keys: 'pred', applied_labels: 'all' }, /applied_labels/],
    ['CopyItemsd', { keys: ['a', 'b'], times: 2, names: ['c', 'd'] }, /each copy/],
    ['ConcatItemsd', { keys: ['a', 'b'] }, /name/],
    ['ConcatItemsd', { keys: ['a', 'b'], name: 'c', dim: 1 }, /channels/],
    ['DeleteItemsd', { keys: 'a', use_re: true }, /regular/],
    ['RepeatChanneld', { keys: 'image', repeats: 0 }, />0/],
    ['SplitChanneld', { keys: 'image', channel_dim: 1 }, /channel axis/],
    ['MeanEnsembled', { keys: ['a', 'b'] }, /output_key/],
    ['Invertd', { keys: 'pred', post_func: 'f' }, /function/],
    ['Invertd', { keys: 'pred', transform: '@other' }, /pre-transforms/],
    ['RestoreLabeld', { keys: 'pred', ref_image: 'image', mode: 'cubic' }, /mode/],
    ['Orientationd', { keys: 'image', axcodes: 'RAR' }, /same axis/],
    ['ScaleIntensityRanged', { keys: 'image', a_min: 0, a_max: 1, clip: true }, /clip/],
    ['Activationsd', { keys: 'pred', sigmoid: true, softmax: true }, /either/],
    ['Activationsd', { keys: 'pred', other: 'tanh' }, /function/],
    ['AsDiscreted', { keys: 'pred', argmax: 'perhaps' }, /argmax/],
    ['CastToTyped', { keys: 'pred', dtype: 'complex64' }, /dtype/],
    ['Restored', { keys: 'pred' }, /ref_image/],
  ])('%s %j', (name, args, message) => {
    const { error } = findTransform(name)!.args.safeParse(args);
    expect(JSON.stringify(error?.issues ?? 'accepted')).toMatch(message);
  });

  test.each([[true], ['true'], ['True'], [1], ['1']])('%p is true', (value) => {
    expect(findTransform('LoadNifti')!.args.parse({ fields: 'image', as_closest_canonical: value })).toMatchObject({
      as_closest_canonical: true,
    });
  });

  test('names of Clara 1.x are read', () => {
    const args = findTransform('ResampleVolume')!.args.parse({
      applied_key: 'image',
      resolution: 'res',
      target_resolution: [1, 1, 1],
    });
    expect(args).toEqual({ fields: ['image'], target_resolution: [1, 1, 1], is_label: false });
  });
});
