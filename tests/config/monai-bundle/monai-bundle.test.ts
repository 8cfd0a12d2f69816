import { bundle, findingsOf, parse } from '../configs';

const metadata = {
  version: '0.5.4',
  description: 'spleen in CT',
  network_data_format: {
    inputs: { image: { num_channels: 1, spatial_shape: [96, 96, 96] } },
    outputs: {
      pred: { num_channels: 2, spatial_shape: ['16*n', '*', 96], channel_def: { '1': 'spleen', '0': 'background' } },
    },
  },
};

test('windows follow MONAI 1.x, tensors have TorchScript’s names and free axes', () => {
  const spec = parse(bundle());
  expect(spec).toMatchObject({ dialect: 'monai-bundle', type: 'segmentation', labels: [], version: '1', warnings: [] });
  expect(spec.pre).toEqual([{ name: 'LoadImaged', args: { keys: ['image'] } }]);
  expect(spec.inference).toMatchObject({
    inferer: { rule: 'monai-1', roi: [96, 96, 96], batchSize: 4, overlap: 0.5 },
    inputs: [{ tensor: 'INPUT__0', field: 'image' }],
    outputs: [{ tensor: 'OUTPUT__0', field: 'pred' }],
  });
  expect(spec.triton).toEqual({
    platform: 'pytorch_libtorch',
    max_batch_size: 4,
    input: [{ name: 'INPUT__0', data_type: 'TYPE_FP32', dims: [-1, -1, -1, -1] }],
    output: [{ name: 'OUTPUT__0', data_type: 'TYPE_FP32', dims: [-1, -1, -1, -1] }],
  });
  expect(spec.writer).toEqual({ name: 'Writer', args: { image: 'pred' } });
});

test('metadata.json gives labels, description, version and shapes', () => {
  const spec = parse(bundle(), { bundleMetadata: metadata });
  expect(spec).toMatchObject({ labels: ['spleen'], version: '0.5.4', description: 'spleen in CT' });
  expect(spec.triton?.input[0].dims).toEqual([1, 96, 96, 96]);
  expect(spec.triton?.output[0].dims).toEqual([2, -1, -1, 96]);
});

test('channel 0 is no background where channels are classes of their own', () => {
  const tumour = structuredClone(metadata) as typeof metadata & {
    network_data_format: { outputs: { pred: { channel_def: object } } };
  };
  tumour.network_data_format.outputs.pred.channel_def = { '0': 'core', '1': 'whole' } as never;
  const sigmoid = bundle({ postprocessing: { _target_: 'Compose', transforms: [] } });
  expect(parse(sigmoid, { bundleMetadata: tumour }).labels).toEqual(['core', 'whole']);
  expect(parse(bundle(), { bundleMetadata: tumour }).labels).toEqual(['whole']);
});

test('nested chains are joined, disabled steps left out, references to lists followed', () => {
  const spec = parse(
    bundle({
      use: false,
      first: [{ _target_: 'LoadImaged', keys: '@image_key' }],
      preprocessing: {
        _target_: 'Compose',
        transforms: [
          { _target_: 'Compose', transforms: '$@first + @second' },
          { _target_: 'monai.transforms.AsDiscreted', _disabled_: '$not @use', keys: 'image' },
        ],
      },
      second: [{ _target_: 'LoadImaged', keys: 'label', _disabled_: '@use' }],
    }),
  );
  expect(spec.pre.map((step) => step.args.keys)).toEqual([['image'], ['label']]);
});

test('SimpleInferer, and a window size for all axes', () => {
  expect(parse(bundle({ inferer: { _target_: 'monai.inferers.SimpleInferer' } })).inference.inferer).toEqual({
    kind: 'simple',
  });
  const inferer = { _target_: 'SlidingWindowInferer', roi_size: 64, device: '$torch.device("cpu")', progress: true };
  expect(parse(bundle({ inferer })).inference.inferer).toMatchObject({
    roi: [64, 64, 64],
    overlap: 0.25,
    batchSize: 1,
  });
});

test('an expression that is code is refused and shown', () => {
  const keys = '$[k for k in @image_key]';
  const { findings, message } = findingsOf(
    bundle({ preprocessing: { _target_: 'Compose', transforms: [{ _target_: 'LoadImaged', keys }] } }),
  );
  expect(findings[0]).toMatchObject({ kind: 'expression', path: 'preprocessing.transforms[0].keys', value: keys });
  expect(message).toContain(`preprocessing.transforms[0].keys: the expression "${keys}" cannot be used`);
});

test('code in parts that only Python needs is not looked at', () => {
  const config = bundle({
    imports: ['$import glob'],
    device: "$torch.device('cuda')",
    evaluator: { _target_: 'X', y: '@nowhere' },
    run: ['$@evaluator.run()'],
  });
  expect(parse(config).warnings).toEqual([]);
});

test('SliceInferer: windows of one slice for a network of two axes', () => {
  const inferer = { _target_: 'SliceInferer', roi_size: [64, 96], spatial_dim: 2, sw_batch_size: 8 };
  const spec = parse(bundle({ inferer }));
  expect(spec.inference.inferer).toMatchObject({ roi: [64, 96, 1], batchSize: 8 });
  expect(spec.triton?.input[0].dims).toEqual([-1, -1, -1]);
});

test('another inferer is refused by name', () => {
  const { message } = findingsOf(bundle({ inferer: { _target_: 'SaliencyInferer' } }));
  expect(message).toContain(
    'inferer._target_ is "SaliencyInferer" (a string), but must be SlidingWindowInferer, SliceInferer or SimpleInferer',
  );
});
