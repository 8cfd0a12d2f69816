import { clara2, findingsOf, parse } from '../configs';

test('Triton’s config follows from window, channels and nodes', () => {
  const spec = parse(clara2());
  expect(spec).toMatchObject({ dialect: 'clara-2', version: '2', type: 'segmentation', labels: ['spleen'], info: {} });
  expect(spec.triton).toEqual({
    platform: 'tensorflow_graphdef',
    max_batch_size: 8,
    input: [{ name: 'NV_MODEL_INPUT', data_type: 'TYPE_FP32', dims: [2, 160, 96, 32] }],
    output: [{ name: 'NV_MODEL_OUTPUT', data_type: 'TYPE_FP32', dims: [3, 160, 96, 32] }],
    instance_group: [{ count: 1 }],
  });
  expect(spec.inference).toEqual({
    inferer: {
      kind: 'scanning-window',
      rule: 'clara',
      roi: [160, 96, 32],
      batchSize: 3,
      overlap: 0.25,
      mode: 'constant',
      sigmaScale: 0.125,
      paddingMode: 'constant',
      cval: 0,
    },
    inputs: [{ tensor: 'NV_MODEL_INPUT', field: 'image' }],
    outputs: [{ tensor: 'NV_MODEL_OUTPUT', field: 'model' }],
  });
});

test('channels come last after ConvertToChannelsLast', () => {
  const load = { name: 'LoadPng', args: { fields: 'image' } };
  const last = { name: 'ConvertToChannelsLast', args: { fields: 'image' } };
  const scale = { name: 'ScaleIntensityRange', args: { fields: 'image', a_min: 0, a_max: 255 } };
  const { triton } = parse(clara2({ roi: [384, 384] }, { pre_transforms: [load, last, scale] }));
  expect(triton?.input[0].dims).toEqual([384, 384, 2]);
  expect(triton?.output[0].dims).toEqual([384, 384, 3]);
});

test('without a window the axes are free and the whole image is one request', () => {
  const { triton, inference } = parse(clara2({ scanning_window: 'false', roi: null, trtis: null, tf: null }));
  expect(inference.inferer).toEqual({ kind: 'simple' });
  expect(triton?.input).toEqual([{ name: 'NV_MODEL_INPUT', data_type: 'TYPE_FP32', dims: [-1, -1, -1, -1] }]);
});

test('padding and roi of an annotation model are for its clients, null is not', () => {
  const top = { type: 'annotation' };
  expect(parse(clara2({ padding: 20, roi: [128, 128, 128] }, top)).info).toEqual({ padding: 20, roi: [128, 128, 128] });
  expect(parse(clara2({ padding: null, roi: [128, 128, 128] }, top)).info).toEqual({ roi: [128, 128, 128] });
  expect(parse(clara2({ padding: 20 })).info).toEqual({});
});

test('numbers and booleans in quotes are read, as NVIDIA’s documentation writes them', () => {
  const quoted = clara2({ scanning_window: 'True', batch_size: '3', image_format: 'cdhw' });
  quoted.pre_transforms = [
    { name: 'LoadNifti', args: { fields: 'image', as_closest_canonical: 'false' }, disabled: 'false' },
  ];
  const spec = parse(quoted);
  expect(spec.inference.inferer).toMatchObject({ kind: 'scanning-window', batchSize: 3 });
  expect(spec.inference.imageFormat).toBe('CDHW');
  expect(spec.pre).toEqual([{ name: 'LoadNifti', args: { fields: ['image'], as_closest_canonical: false } }]);
});

test('more windows per call than the model takes are lowered with a warning', () => {
  const spec = parse(clara2({ batch_size: 16 }));
  expect(spec.inference.inferer).toMatchObject({ batchSize: 8 });
  expect(spec.warnings).toEqual([expect.stringContaining('lowered from 16 to 8')]);
});

test('a window without size is a finding', () => {
  expect(findingsOf(clara2({ roi: undefined })).findings).toMatchObject([{ path: 'inference.roi' }]);
});
