import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parseModelConfig } from '../../../gateway/config/parse-model-config';
import { buildPackage } from '../../../gateway/packages/build-package';
import { openUpload } from '../../../gateway/packages/open-upload';
import { brightConfig } from '../../system/onnx-builder';
import { onnx, value } from '../protobuf';
import { zipOf } from '../zip-builder';
import { foreignFunction, hostileGraphs, hostileTorch } from './hostile-models';

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'folders-'))));
afterEach(() => rmSync(folder, { recursive: true }));

const tensors = `input { name: "INPUT" data_type: TYPE_FP32 dims: [ 1, -1, -1, -1 ] }
  output { name: "OUTPUT" data_type: TYPE_FP32 dims: [ 1, -1, -1, -1 ] }`;
const network = onnx(value(11, 'INPUT', 1, ['n', 1, 'x', 'y', 'z']), value(12, 'OUTPUT', 1, ['n', 1, 'x', 'y', 'z']));

type Files = Record<string, string | Buffer>;

/** Uploads the folder of a Triton repository: its config.pbtxt, files, and a network where there is none. */
async function upload(config: string, files: Files, allowCode = false) {
  const path = join(mkdtempSync(join(folder, 'upload-')), 'm.zip');
  writeFileSync(path, zipOf({ 'config.pbtxt': `${config} ${tensors}`, '1/model.onnx': network, ...files }));
  const text = JSON.stringify(brightConfig());
  const { data } = await openUpload({ config: text, data: { path, name: 'm.zip' } }, dirname(path), { allowCode });
  const spec = parseModelConfig(JSON.parse(text), 'm', { tritonConfig: data.tritonConfig });
  return buildPackage(spec, data, { allowCode });
}

const ORT = 'backend: "onnxruntime" max_batch_size: 1';
const parameter = (key: string, text: string) =>
  `${ORT} parameters { key: "${key}" value { string_value: "${text}" } }`;
const accelerator = (key: string, text: string) =>
  `${ORT} optimization { execution_accelerators { gpu_execution_accelerator [ { name: "tensorrt" parameters { key: "${key}" value: "${text}" } } ] } }`;

/** Refused without `--allow_code_models`. */
const code: [what: string, config: string, named: string, files?: Files][] = [
  ['Python', 'backend: "python"', 'model.py', { '1/model.py': '' }],
  ['Python without its file', 'backend: "python"', 'backend "python"'],
  ['a program beside the network', ORT, '1/run.sh', { '1/run.sh': '' }],
  ['a backend of its own', ORT, 'libtriton_onnxruntime.so', { '1/libtriton_onnxruntime.so': '' }],
  ['a backend beside the version', ORT, 'libtriton_x.so.2', { 'libtriton_x.so.2': '' }],
  ['a stub of Python', ORT, 'triton_python_backend_stub', { '1/triton_python_backend_stub': '' }],
  ['compiled Python', ORT, 'a.pyc', { '1/a.pyc': '' }],
  ['DALI', 'backend: "dali"', 'backend "dali"'],
  ['vLLM', 'backend: "vllm"', 'backend "vllm"'],
  ['OpenVINO', 'backend: "openvino"', 'backend "openvino"'],
  ['an unknown backend', 'backend: "acme"', 'backend "acme"'],
  ['a backend by its path', 'backend: "../../acme"', 'backend "../../acme"'],
  ['a runtime', `${ORT} runtime: "model.py"`, 'runtime'],
  ['a library of operators', `${ORT} model_operations { op_library_filename: "x" }`, 'model_operations'],
  ['a file for one GPU', `${ORT} cc_model_filenames { key: "7.5" value: "other" }`, 'cc_model_filenames'],
  ['an environment of Python', parameter('EXECUTION_ENV_PATH', 'env.tar.gz'), 'EXECUTION_ENV_PATH'],
  ['operations at the start', parameter('TF_INIT_OPS_FILE', 'ops.txt'), 'TF_INIT_OPS_FILE'],
  ['a library as a parameter', parameter('DEFAULT', 'libacme.so'), 'DEFAULT'],
  ['a library among others', parameter('DEFAULT', 'a.txt;libacme.so.1'), 'DEFAULT'],
  ['a plugin', parameter('plugins', 'acme'), 'plugins'],
  ['a module', parameter('python_module', 'acme'), 'python_module'],
  ['a script', parameter('START', 'start.sh'), 'START'],
  ['plugins of an accelerator', accelerator('trt_extra_plugin_lib_paths', 'acme'), 'trt_extra_plugin_lib_paths'],
  ['a library of an accelerator', accelerator('extra', 'acme.dll'), 'extra'],
  ['a plan', 'backend: "tensorrt"', 'TensorRT plan', { '1/model.plan': 'ptrt\0' }],
  ['operators of ONNX', 'backend: "onnxruntime" max_batch_size: 1', 'acme::Shell', { '1/model.onnx': Buffer.concat([network, foreignFunction]) }],
  ['operators of TorchScript', 'backend: "pytorch"', 'aten::from_file', { '1/model.pt': hostileTorch[0].content }],
]; // prettier-ignore

/** Refused always: they reach other models, files or the server. */
const always: [what: string, config: string, named: string][] = [
  [
    'an ensemble with a Python model in it',
    'platform: "ensemble" ensemble_scheduling { step [ { model_name: "python_model" model_version: -1 } ] }',
    'ensemble_scheduling',
  ],
  ['an agent of the repository', `${ORT} model_repository_agents { agents [ { name: "acme" } ] }`, 'agents'],
  ['a model of another folder', `${ORT} default_model_filename: "../../other/1/model.onnx"`, 'default_model_filename'],
];

test('there are thirty', () => expect(code.length + always.length).toBe(30));

test.each(code)('%s needs the flag', async (_, config, named, files = {}) => {
  await expect(upload(config, files)).rejects.toMatchObject({
    code: 'CODE_NOT_ALLOWED',
    message: expect.stringContaining(named),
  });
});

test.each(always)('%s is refused with the flag too', async (_, config, named) => {
  for (const allowCode of [false, true])
    await expect(upload(config, {}, allowCode)).rejects.toMatchObject({
      code: 'BAD_CONFIG',
      message: expect.stringContaining(named),
    });
});

test('with the flag such folders are taken', async () => {
  await expect(upload('backend: "dali"', {}, true)).resolves.toMatchObject({ platform: 'dali' });
  await expect(upload(parameter('DEFAULT', 'libacme.so'), {}, true)).resolves.toBeDefined();
});

test('parameters of a computing model are no code', async () => {
  for (const [key, text] of [
    ['execution_mode', '0'],
    ['enable_mem_arena', '1'],
    ['trt_int8_calibration_table_name', 'a.table'],
  ])
    // prettier-ignore
    await expect(upload(parameter(key, text), {})).resolves.toBeDefined();
});

test('a graph beside the network is not looked into, for nothing loads it', async () => {
  await expect(upload(ORT, { '1/other.graphdef': hostileGraphs[0].content })).resolves.toBeDefined();
});
