import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseModelConfig } from '../../gateway/config/parse-model-config';
import { buildPackage as build } from '../../gateway/packages/build-package';
import type { ModelSpec } from '../../gateway/model-spec';
import { recognise } from '../../gateway/packages/inspect-model';
import type { BuildOptions } from '../../gateway/packages/repository-package';
import { describeWithData } from '../shared-data';
import { clara3, clara4, parse } from '../config/configs';
import { bytes, integer, message, onnx, value } from './protobuf';
import { torchScript } from './torchscript-builder';

let folder: string;
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'package-'))));
afterAll(() => rmSync(folder, { recursive: true }));

const buildPackage = async (spec: ModelSpec, file: { path: string; name: string }, options?: BuildOptions) =>
  build(spec, await recognise(file.path, file.name), options);

const upload = (content: Buffer, name: string) => {
  const path = join(folder, 'upload');
  writeFileSync(path, content);
  return { path, name };
};

const torchscript = torchScript('x: Tensor', 'Tensor');
const graph = (...nodes: [name: string, operator: string][]) =>
  Buffer.concat(nodes.map(([name, operator]) => message(1, bytes(1, name), bytes(2, operator))));
const network = (batch: number | string = 'b') =>
  onnx(value(11, 'INPUT__0', 1, [batch, 1, 96, 96, 96]), value(12, 'OUTPUT__0', 1, [batch, 2, 96, 96, 96]));

test.each([
  ['model.ts', torchscript, 'pytorch_libtorch', 'model.pt'],
  ['x.onnx', network(), 'onnxruntime_onnx', 'model.onnx'],
  ['x.trt.pb', graph(['INPUT__0', 'Placeholder'], ['OUTPUT__0', 'Softmax']), 'tensorflow_graphdef', 'model.graphdef'],
  ['x.plan', Buffer.from('ptrt\x00'), 'tensorrt_plan', 'model.plan'],
])('%s', async (name, content, platform, fileName) => {
  const built = await buildPackage(parse(clara4()), upload(content, name), { allowCode: platform === 'tensorrt_plan' });
  expect(built).toMatchObject({ platform, fileName, config: { platform, max_batch_size: 4 } });
  expect(built.spec.triton).toBe(built.config);
});

test('the file decides the platform; a contradiction is a warning', async () => {
  const spec = parse(clara4());
  const built = await buildPackage(spec, upload(network(), 'net.onnx'));
  expect(built.warnings).toEqual([
    'The config says pytorch_libtorch, but "net.onnx" is an ONNX model; it is served as onnxruntime_onnx',
  ]);
  expect(built.inputs).toEqual([{ name: 'INPUT__0', dataType: 'TYPE_FP32', dims: [-1, 1, 96, 96, 96] }]);
  expect((await buildPackage(spec, upload(torchscript, 'net.pt'))).warnings).toEqual([]);
});

test('backend and file name of the config give way to the ones of the format', async () => {
  const trtis = { backend: 'pytorch', default_model_filename: 'net.pt', max_batch_size: 1, ...tensors };
  const { config } = await buildPackage(parse(clara3({ trtis })), upload(torchscript, 'net.pt'));
  expect(config).toEqual({
    platform: 'pytorch_libtorch',
    instance_group: oneInstance,
    dynamic_batching: {},
    max_batch_size: 1,
    ...tensors,
  });
});

/** Where the config is silent: Triton's own default on a CPU would be two processes. */
const oneInstance = [{ count: 1, kind: 'KIND_AUTO' }];

const tensors = {
  input: [{ name: 'INPUT__0', data_type: 'TYPE_FP32', dims: [1, 96, 96, 96] }],
  output: [{ name: 'OUTPUT__0', data_type: 'TYPE_FP32', dims: [2, 96, 96, 96] }],
};

test('a graph optimised by TF-TRT, which nobody can look into, is taken with a warning where the operator allows code', async () => {
  const nodes = graph(['NV_MODEL_INPUT', 'Placeholder'], ['NV_MODEL_OUTPUT', 'TRTEngineOp']);
  const built = await buildPackage(parse(clara3()), upload(nodes, 'model.trt.pb'), { allowCode: true });
  expect(built.warnings).toEqual([expect.stringContaining('optimised by TF-TRT')]);
});

test.each<[string, Buffer, string]>([
  [
    'notes.onnx',
    Buffer.from('this is no model'),
    'The model file "notes.onnx" is not usable: it is a text file. Accepted are an ONNX model (.onnx), a TorchScript model (.pt, .ts), a frozen TensorFlow graph (.pb, .graphdef, .trt.pb), a TensorRT plan (.plan), a TensorFlow SavedModel (.zip with saved_model.pb)',
  ],
  ['x.onnx', Buffer.alloc(0), 'it is an empty file (0 bytes); was it still being written'],
  ['x.onnx', onnx(value(11, 'x', 1, [1])), 'not an ONNX model: its graph has no outputs'],
  [
    'x.onnx',
    onnx(message(5, bytes(8, 'w'), message(13, bytes(1, 'location'), bytes(2, 'w.bin'))), value(12, 'y', 1, [1])),
    'its weights lie in other files, which did not come with it: w.bin',
  ],
])('%s is refused', async (name, content, why) => {
  await expect(buildPackage(parse(clara4()), upload(content, name))).rejects.toMatchObject({
    code: 'BAD_MODEL_FILE',
    message: expect.stringContaining(why),
  });
});

test('a foreign domain that no node uses is nothing to tell', async () => {
  const custom = Buffer.concat([network(), message(8, bytes(1, 'my.ops'), integer(2, 1))]);
  const { warnings } = await buildPackage(parse(clara4()), upload(custom, 'x.onnx'));
  expect(warnings).toEqual([expect.stringContaining('it is served as onnxruntime_onnx')]);
});

test('tensors that do not fit are errors of the config, all of them', async () => {
  const other = onnx(value(11, 'x', 1, ['b', 1, 96, 96, 96]), value(12, 'y', 1, ['b', 2, 96, 96, 96]));
  const error = await buildPackage(parse(clara4()), upload(other, 'x.onnx')).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({
    code: 'BAD_CONFIG',
    message: expect.stringMatching(
      /does not fit "x\.onnx": the config names the input "INPUT__0", but the model file has the input "x"; write "x".*more, listed/,
    ),
  });
});

test('TorchScript without tensors in the config', async () => {
  const spec = parse(clara3({ trtis: { max_batch_size: 1 } }));
  await expect(buildPackage(spec, upload(torchscript, 'x.pt'))).rejects.toThrow(
    'it names no input tensors, and a TorchScript model does not tell them',
  );
});

test('a million instances are refused: each is a copy of the network in memory', async () => {
  const trtis = { max_batch_size: 1, ...tensors, instance_group: [{ count: 2, gpus: [0, 1] }, { count: 61 }] };
  await expect(buildPackage(parse(clara3({ trtis })), upload(torchscript, 'x.pt'))).rejects.toMatchObject({
    code: 'BAD_CONFIG',
    message: expect.stringContaining('instance_group asks for 65 instances of the network, at most 64 are loaded'),
  });
  trtis.instance_group[1].count = 60;
  expect((await buildPackage(parse(clara3({ trtis })), upload(torchscript, 'x.pt'))).config.instance_group).toEqual(
    trtis.instance_group,
  );
});

test('a pipeline takes no file', async () => {
  const part = { name: 'DeepgrowInferencePipeline', args: { models: ['a'] } };
  const spec = parse(clara4({ TRITON: part }));
  await expect(buildPackage(spec, upload(torchscript, 'x.pt'))).rejects.toThrow('has no network');
});

describeWithData('the sample of this repository', ['data/models/spleen_ct_unet2d.onnx'], (path) => {
  test('its config fits its model', async () => {
    const config: unknown = JSON.parse(
      readFileSync(join(__dirname, '../../samples/spleen_ct/config_aiaa.json'), 'utf8'),
    );
    const spec = parseModelConfig(config, 'spleen_ct');
    expect(spec.warnings).toEqual([]);
    const built = await buildPackage(spec, { path, name: 'spleen_ct_unet2d.onnx' });
    expect(built.warnings).toEqual([]);
    expect(built.config).toEqual({ ...spec.triton, dynamic_batching: {} });
  });
});

describeWithData(
  'a real model with a fixed batch and channels last',
  ['data/models/brain_extract_deepbrain.onnx'],
  (path) => {
    test('is served without batching', async () => {
      const trtis = { max_batch_size: 1, input: [{ name: 'img', data_type: 'TYPE_FP32', dims: [128, 128, 128, 1] }] };
      const spec = parse(clara3({ args: {}, node_mapping: { img: 'image', prob: 'model' }, trtis }));
      const { config } = await buildPackage(spec, { path, name: 'brain.onnx' });
      const dims = [1, 128, 128, 128, 1];
      expect(config).toMatchObject({
        max_batch_size: 0,
        input: [{ name: 'img', dims }],
        output: [{ name: 'prob', dims }],
      });
    });
  },
);

describeWithData('real models without tensors in the config', ['data/models/spleen_ct_unet2d.onnx'], (path) => {
  test('are completed from the file', async () => {
    const mapping = { INPUT: 'image', LOGITS: 'model' };
    const spec = parse(clara3({ node_mapping: mapping, trtis: { max_batch_size: 8 } }));
    const { config } = await buildPackage(spec, { path, name: 'spleen.onnx' });
    expect(config).toEqual({
      instance_group: oneInstance,
      dynamic_batching: {},
      platform: 'onnxruntime_onnx',
      max_batch_size: 8,
      input: [{ name: 'INPUT', data_type: 'TYPE_FP32', dims: [1, -1, -1] }],
      output: [{ name: 'LOGITS', data_type: 'TYPE_FP32', dims: [5, -1, -1] }],
    });
  });
});
