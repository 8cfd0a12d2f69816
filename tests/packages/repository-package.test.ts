import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parseModelConfig } from '../../gateway/config/parse-model-config';
import { buildPackage } from '../../gateway/packages/build-package';
import { readConfigText } from '../../gateway/triton/config-text';
import { brightConfig } from '../system/onnx-builder';
import { onnx, value } from './protobuf';
import { torchScript } from './torchscript-builder';

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'repository-'))));
afterEach(() => rmSync(folder, { recursive: true }));

const tensors = `input { name: "INPUT" data_type: TYPE_FP32 dims: [ 1, -1, -1, -1 ] }
  output { name: "OUTPUT" data_type: TYPE_FP32 dims: [ 1, -1, -1, -1 ] }`;
const network = onnx(value(11, 'INPUT', 1, ['n', 1, 'x', 'y', 'z']), value(12, 'OUTPUT', 1, ['n', 1, 'x', 'y', 'z']));

async function build(text: string, files: Record<string, string | Buffer>, allowCode = false) {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, 'version', name)), { recursive: true });
    writeFileSync(join(folder, 'version', name), content);
  }
  const tritonConfig = readConfigText(text);
  const config = brightConfig();
  // What the model's own config says of Triton does not count.
  (config.inference as { trtis: object }).trtis = { max_batch_size: 99 };
  const spec = parseModelConfig(config, 'm', { tritonConfig });
  return buildPackage(spec, { path: folder, name: 'm.zip', tritonConfig }, { allowCode });
}

test('its config is kept, but for the name and the version policy', async () => {
  const text = `name: "x" platform: "onnxruntime_onnx" max_batch_size: 2 ${tensors} instance_group { count: 3 kind: KIND_GPU }`;
  const { config, fileName, spec, warnings } = await build(`${text} version_policy { all { } }`, {
    'model.onnx': network,
  });
  const kept = readConfigText(text);
  delete kept.name;
  expect(config).toEqual(kept);
  expect([fileName, spec.triton]).toEqual(['repository', config]);
  expect(spec.inference).toMatchObject({
    inputs: [{ tensor: 'INPUT', field: 'image' }],
    outputs: [{ tensor: 'OUTPUT', field: 'model' }],
  });
  expect(warnings).toEqual([expect.stringContaining('version_policy of config.pbtxt was left out')]);
});

test('tensors it leaves out come from the file', async () => {
  const { config } = await build('backend: "onnxruntime" max_batch_size: 1', { 'model.onnx': network });
  expect(config.input).toEqual([{ name: 'INPUT', data_type: 'TYPE_FP32', dims: [1, -1, -1, -1] }]);
});

test.each<[string, string, Record<string, string | Buffer>, string, RegExp]>([
  ['no platform', tensors, { 'model.onnx': network }, 'BAD_CONFIG', /names neither platform nor backend/],
  [
    'another file',
    `backend: "onnxruntime" ${tensors}`,
    { 'net.onnx': network },
    'BAD_MODEL_FILE',
    /has no "model\.onnx" \(it has net\.onnx\)/,
  ],
  [
    'another format',
    `backend: "onnxruntime" ${tensors}`,
    { 'model.onnx': torchScript('x: Tensor', 'Tensor') },
    'BAD_MODEL_FILE',
    /is a TorchScript model, but config\.pbtxt says onnxruntime/,
  ],
  [
    'other tensors',
    `backend: "onnxruntime" max_batch_size: 1 ${tensors.replace('"INPUT"', '"IN"')}`,
    { 'model.onnx': network },
    'BAD_CONFIG',
    /must name a tensor of the model \(IN\)/,
  ],
  [
    'no tensors',
    'backend: "pytorch"',
    { 'model.pt': torchScript('x: Tensor', 'Tensor') },
    'BAD_CONFIG',
    /config\.pbtxt names no input tensors/,
  ],
  ['Python', `backend: "python" ${tensors}`, { 'model.py': 'x' }, 'CODE_NOT_ALLOWED', /backend "python"/],
  [
    'a library',
    `backend: "onnxruntime" ${tensors} model_operations { op_library_filename: "x.so" }`,
    { 'model.onnx': network },
    'CODE_NOT_ALLOWED',
    /load a library/,
  ],
  [
    'a path outside',
    `backend: "onnxruntime" ${tensors} default_model_filename: "../../x"`,
    { 'model.onnx': network },
    'BAD_CONFIG',
    /inside the model's own folder/,
  ],
])('%s is refused', async (_what, text, files, code, why) => {
  await expect(build(text, files)).rejects.toMatchObject({ code, message: expect.stringMatching(why) });
});

test('a Python model is taken where the operator allows code, but still no path outside', async () => {
  const text = `backend: "python" ${tensors}`;
  await expect(build(text, { 'model.py': 'x' }, true)).resolves.toMatchObject({
    platform: 'python',
    fileName: 'repository',
  });
  await expect(build(`${text} default_model_filename: "/etc/x.py"`, { 'model.py': 'x' }, true)).rejects.toThrow(
    'own folder',
  );
});
