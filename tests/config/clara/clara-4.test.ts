import { clara4, findingsOf, parse } from '../configs';
import type { Config } from '../configs';

const triton = (clara4().inference as Config).TRITON as Config;
const withArgs = (args: Config) => clara4({ TRITON: { ...triton, args } });

test('the TRITON part counts, its windows follow MONAI 0.x', () => {
  const AIAA = {
    name: 'aiaa.inference.PyTorchInference',
    args: { scanning_window: true, roi: [8, 8, 8], overlap: 0.1 },
  };
  const spec = parse(clara4({ AIAA }));
  expect(spec.inference.inferer).toMatchObject({ rule: 'monai-0', roi: [96, 96, 96], overlap: 0.5, batchSize: 1 });
  expect(spec.triton).toMatchObject({ platform: 'pytorch_libtorch', max_batch_size: 4 });
  expect(spec).toMatchObject({ dialect: 'clara-4', version: '1', warnings: [] });
});

test('window arguments of MONAI go through; devices are ignored without a word', () => {
  const args = {
    scanning_window: true,
    roi: [96, 96, -1],
    sw_batch_size: 2,
    mode: 'gaussian',
    sigma_scale: 0.2,
    padding_mode: 'reflect',
    cval: -1,
    device: 'cpu',
    sw_device: 'cuda',
  };
  const spec = parse(withArgs(args));
  expect(spec.inference.inferer).toEqual({
    kind: 'scanning-window',
    rule: 'monai-0',
    roi: [96, 96, -1],
    batchSize: 2,
    overlap: 0.25,
    mode: 'gaussian',
    sigmaScale: 0.2,
    paddingMode: 'reflect',
    cval: -1,
  });
  expect(spec.warnings).toEqual([]);
});

test('without scanning_window the image is one request', () => {
  expect(parse(withArgs({ roi: [96, 96, 96] })).inference.inferer).toEqual({ kind: 'simple' });
});

test('an AIAA part alone gives a TorchScript config with free channels', () => {
  const AIAA = { name: 'aiaa.inference.PyTorchInference', args: { scanning_window: true, roi: [96, 96, 64] } };
  const spec = parse(clara4({ TRITON: undefined, AIAA, meta_data: { deepgrow: '3D' } }));
  expect(spec.triton).toEqual({
    platform: 'pytorch_libtorch',
    max_batch_size: 1,
    input: [{ name: 'INPUT__0', data_type: 'TYPE_FP32', dims: [-1, 96, 96, 64] }],
    output: [{ name: 'OUTPUT__0', data_type: 'TYPE_FP32', dims: [-1, 96, 96, 64] }],
  });
  expect(spec.info).toEqual({ deepgrow: '3D' });
  expect(spec.warnings).toEqual([expect.stringContaining('was assumed')]);
});

test('fields default to image and model', () => {
  const spec = parse(clara4({ input: undefined, output: undefined }));
  expect([spec.inference.inputs[0].field, spec.inference.outputs[0].field]).toEqual(['image', 'model']);
});

test.each([
  [true, 'true'],
  [{ kind: '2D' }, '{"kind":"2D"}'],
])('deepgrow must be a text, not %j', (deepgrow, shown) => {
  const { message } = findingsOf(clara4({ meta_data: { deepgrow } }));
  expect(message).toContain(`inference.meta_data.deepgrow is ${shown}, but must be "2D" or "3D", as a text`);
});

test('neither TRITON nor AIAA', () => {
  expect(findingsOf(clara4({ TRITON: undefined, AIAA: null })).message).toContain('inference.TRITON is missing');
});

test('early access has one flat inference and Triton’s config at the top', () => {
  const { triton_model_config, ...engine } = triton;
  const config = { ...clara4(), inference: { ...engine, input: 'image', output: 'pred' }, triton: triton_model_config };
  const spec = parse(config);
  expect(spec).toMatchObject({ dialect: 'clara-4-ea', warnings: [] });
  expect(spec.triton).toEqual(parse(clara4()).triton);
});

test('a pipeline has models in place of a network', () => {
  const part = { name: 'aiaa.apps.deepgrow.DeepgrowInferencePipeline', args: { models: ['a', 'b'], batch_size: 32 } };
  const spec = parse(clara4({ TRITON: part, output: undefined }, { type: 'pipeline' }));
  expect(spec.triton).toBeUndefined();
  expect(spec.inference.inferer).toEqual({
    kind: 'pipeline',
    name: 'DeepgrowInferencePipeline',
    models: ['a', 'b'],
    batchSize: 32,
    input: 'image',
    output: 'pred',
  });
});

test('a pipeline of one’s own cannot run', () => {
  const part = { name: 'mylib.MyPipeline', args: { models: ['a'] } };
  expect(findingsOf(clara4({ TRITON: part })).message).toContain(
    'other pipelines are Python classes, which cannot run here',
  );
});
