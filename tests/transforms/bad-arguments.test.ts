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
  });
});
