import { findTransform, findWriter } from '../../gateway/transforms/registry';

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
    ['LoadJpg', { fields: 'image', dtype: 8 }, /dtype/],
    ['RepeatChannel', { fields: 'image' }, /repeats/],
    ['RepeatChannel', { fields: 'image', repeats: 1.5 }, /int/],
    ['RepeatChannel', { fields: 'image', repeats: 2, repeat_times: 2 }, /repeat_times/],
    ['ScaleByFactor', { fields: 'image', factor: 0 }, />0/],
    ['ScaleByFactor', { fields: 'image', factor: [1] }, />=2/],
    ['ScaleBySpacing', { fields: 'image', spacing: 'fine' }, /array/],
    ['ScaleToShape', { fields: 'image', shape: [8, 8, -1] }, />0/],
    ['CropForegroundObject', { margin: 1 }, /fields or image_field/],
    ['CropForegroundObject', { fields: 'image', margin: -1 }, />=0/],
    ['CropSubVolumeCenter', { fields: 'image', size: 0 }, />0/],
    ['SymmetricPadderDiv', { fields: 'image', k: 2.5 }, /int/],
    ['CenterData', { fields: 'image', subtrahend: 1 }, /give both, or none/],
    ['CenterData', { fields: 'image', subtrahend: 1, divisor: 0 }, /other than 0/],
    ['SplitAcrossChannels', { field: 'image', channel_names: [] }, /channel_names/],
    ['SplitBasedOnLabel', { field: 'image' }, /label_names/],
    ['SplitBasedOnBratsClasses', { field: 'image', class_names: ['a', 'b'] }, /3/],
    ['ConvertToMultiChannelBasedOnLabel', { fields: 'image', label_names: [] }, /label_names/],
    ['ConvertToMultiChannelBasedOnBratsClasses', {}, /fields/],
    ['KeepLargestCC', { fields: 'image', applied_labels: [0] }, />0/],
    ['KeepLargestCC', { fields: 'image', is_independent: 'some' }, /true or false/],
    ['NPResize3D', { applied_keys: 'image' }, /output_shape_key/],
    ['Load3DShapeFromNumpy', { applied_key: 'image' }, /new_key/],
    ['LoadImaged', { fields: 'image' }, /keys/],
    ['Spacingd', { keys: 'image' }, /pixdim/],
    ['Spacingd', { keys: 'image', pixdim: [1, 1, 1], mode: 'cubic' }, /mode/],
    ['Spacingd', { keys: 'image', pixdim: [1, 1, 1], padding_mode: 'zeros' }, /border/],
    ['Spacingd', { keys: 'image', pixdim: [1, 1, 1], diagonal: true }, /diagonal/],
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
    expect(findWriter('NiftyWriter')!.args.parse({ applied_key: 'label' })).toMatchObject({ field: 'label' });
  });
});
