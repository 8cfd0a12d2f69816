import { execFile, execFileSync } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { request, type ClientRequest, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { createTriton } from '../../gateway/triton/triton';
import golden from '../golden/tf_checkpoints.json';
import { makeNifti1 } from '../imaging/formats/nifti/make-nifti';
import { zipOf } from '../packages/zip-builder';
import { describeWithData } from '../shared-data';
import { infer, remove } from './client';
import { flaggedGraph } from './models/annotation-graph';
import { brightConfig, identityModel } from './onnx-builder';
import { startRealTriton, type RealTriton } from './real-triton';
import { startGateway, untilReady, type RunningGateway } from './running-gateway';
import { until } from '../until';

let triton: RealTriton;
let gateway: RunningGateway;
let folder: string;

beforeAll(async () => {
  triton = await startRealTriton();
  gateway = await startGateway({ tritonUrl: triton.grpcUrl, repository: triton.repository });
  folder = mkdtempSync(join(tmpdir(), 'upload-forms-'));
  write('config_aiaa.json', JSON.stringify(brightConfig()));
  write('model.onnx', identityModel());
});

afterAll(async () => {
  await gateway?.stop();
  await triton?.stop();
  rmSync(folder, { recursive: true, force: true });
});

function write(name: string, content: string | Uint8Array): void {
  mkdirSync(dirname(join(folder, name)), { recursive: true });
  writeFileSync(join(folder, name), content);
}

/** Types a shell command in the folder with the files. */
const shell = (command: string) => execFileSync('sh', ['-c', command], { cwd: folder });

/** Uploads as AIAA's users do. */
async function curl(name: string, ...form: string[]) {
  const parts = form.flatMap((part) => ['-F', part]);
  const args = ['-s', '-X', 'PUT', `${gateway.url}/admin/model/${name}`, ...parts, '-w', '\n%{http_code}'];
  const { stdout } = await promisify(execFile)('curl', args, { cwd: folder });
  const [status, ...body] = stdout.split('\n').reverse();
  // oxlint-disable-next-line typescript/no-explicit-any
  return { status: Number(status), json: JSON.parse(body.reverse().join('\n')) as any };
}

const image = makeNifti1({ dim: [4, 4, 4], datatype: 2, voxels: Uint8Array.from({ length: 64 }, (_, i) => i) });
/** Voxels above 50. */
const BRIGHT = 13;

async function brightVoxels(name: string): Promise<number> {
  const answer = await infer(gateway.url, name, image);
  expect({ status: answer.status, error: answer.json?.error }).toMatchObject({ status: 200 });
  return gunzipSync(answer.image!)
    .subarray(352)
    .reduce((sum, voxel) => sum + voxel, 0);
}

/** A request that is half there when `meanwhile` runs: its thread may read what has come. */
async function inHalves(body: Buffer, meanwhile: (halfSent: ClientRequest) => unknown) {
  const headers = { 'content-type': 'multipart/form-data; boundary=b', 'content-length': body.length };
  const sent = request(`${gateway.url}/v1/segmentation?model=slow&output=image`, { method: 'POST', headers });
  const answered = once(sent, 'response') as Promise<[IncomingMessage]>;
  answered.catch(() => undefined);
  const half = body.length >> 1;
  sent.write(body.subarray(0, half));
  const spool = join(gateway.workspace, 'uploads');
  const bytes = () =>
    readdirSync(spool, { recursive: true }).reduce((sum, name) => sum + sizeOf(join(spool, String(name))), 0);
  await until(() => bytes() > 1 << 20);
  await meanwhile(sent);
  sent.end(body.subarray(half));
  const [answer] = await answered;
  const content = Buffer.concat(await answer.toArray());
  return { status: answer.statusCode, content };
}

const sizeOf = (path: string) => statSync(path, { throwIfNoEntry: false })?.size ?? 0;

describe('an image whose bytes come slowly', () => {
  const large = makeNifti1({
    dim: [160, 160, 120],
    datatype: 2,
    voxels: Uint8Array.from({ length: 160 * 160 * 120 }, (_, i) => (i ^ (i >> 7)) % 64),
  });
  const part = (disposition: string, content: string | Buffer) =>
    Buffer.concat([
      Buffer.from(`--b\r\nContent-Disposition: form-data; ${disposition}\r\n\r\n`),
      Buffer.from(content),
      Buffer.from('\r\n'),
    ]);
  const params = part('name="params"', '{}');
  const file = part('name="image"; filename="large.nii"', large);
  const end = Buffer.from('--b--\r\n');
  const whole = Buffer.concat([params, file, end]);
  let expected: Buffer;

  beforeAll(async () => {
    await curl('slow', 'config=@config_aiaa.json;type=application/json', 'data=@model.onnx');
    expected = gunzipSync((await infer(gateway.url, 'slow', large, { query: 'output=image' })).image!);
  });

  test('gives the same mask, and other requests are answered meanwhile', async () => {
    const { status, content } = await inHalves(whole, async () => {
      const others = await Promise.all([1, 2, 3].map(() => infer(gateway.url, 'slow', image)));
      expect(others.map((other) => other.status)).toEqual([200, 200, 200]);
    });
    expect([status, gunzipSync(content).equals(expected)]).toEqual([200, true]);
    const again = await inHalves(whole, () => undefined);
    expect([again.status, gunzipSync(again.content).equals(expected)]).toEqual([200, true]);
  });

  test('with params after it that ask for something else gets that', async () => {
    const body = Buffer.concat([params, file, part('name="params"', '{"nan": "never"}'), end]);
    const { status, content } = await inHalves(body, () => undefined);
    expect([status, content.toString()]).toEqual([400, expect.stringContaining('expected one of min, zero, refuse')]);
  });

  test('and then end early gets the error of an image that is truncated', async () => {
    const body = Buffer.concat([params, part('name="image"; filename="large.nii"', large.subarray(0, -5000)), end]);
    const { status, content } = await inHalves(body, () => undefined);
    expect([status, content.toString()]).toEqual([
      400,
      expect.stringContaining('is truncated: 3067000 of 3072000 voxel bytes; its header'),
    ]);
  });

  test('and that is cut leaves nothing', async () => {
    await expect(inHalves(whole, (sent) => sent.destroy())).rejects.toThrow();
    await until(() => readdirSync(join(gateway.workspace, 'uploads')).length === 0);
    expect((await infer(gateway.url, 'slow', image)).status).toBe(200);
  });
});

const CONFIG = 'config=@config_aiaa.json;type=application/json';

describe('an MMAR', () => {
  beforeAll(() => {
    shell('mkdir -p bright_mmar/config bright_mmar/models bright_mmar/docs');
    shell(
      'cp config_aiaa.json bright_mmar/config && cp model.onnx bright_mmar/models && echo hello > bright_mmar/docs/Readme.md',
    );
    shell('tar czf one_down.tgz bright_mmar');
    const files = ['config/config_aiaa.json', 'models/model.onnx', 'docs/Readme.md'];
    write(
      'root.zip',
      zipOf(Object.fromEntries(files.map((file) => [file, readFileSync(join(folder, 'bright_mmar', file))]))),
    );
  });

  test.each([
    ['root.zip', []],
    ['one_down.tgz', [expect.stringContaining('in the folder bright_mmar/ instead of at its root')]],
  ])('as %s', async (file, warnings) => {
    expect(await curl('mmar', `data=@${file}`)).toMatchObject({ status: 200, json: { success: true, warnings } });
    expect(await brightVoxels('mmar')).toBe(BRIGHT);
  });
});

test('config and model, then the model gzipped, then replaced, patched and deleted', async () => {
  expect(await curl('single', CONFIG, 'data=@model.onnx')).toMatchObject({ status: 200, json: { warnings: [] } });
  shell('gzip -k model.onnx');
  expect(await curl('single', CONFIG, 'data=@model.onnx.gz')).toMatchObject({
    status: 200,
    json: { triton: { version: '2' } },
  });
  expect(await brightVoxels('single')).toBe(BRIGHT);
  const patched = await fetch(`${gateway.url}/admin/model/single`, {
    method: 'PATCH',
    body: JSON.stringify({ ...brightConfig(), labels: ['other'] }),
    headers: { 'Content-Type': 'application/json' },
  });
  expect(patched.status).toBe(200);
  expect(await brightVoxels('single')).toBe(BRIGHT);
  expect((await remove(gateway.url, 'single')).status).toBe(200);
  expect(readdirSync(triton.repository)).not.toContain('single');
});

test('the folder of a Triton repository: its config.pbtxt is kept, and rules after a restart and a PATCH too', async () => {
  const text = `# by its author
    name: "other", backend: 'onnxruntime'; max_batch_size: 2
    input { name: "INPUT" data_type: TYPE_FP32 dims: [ 1, -1, -1, -1 ] }
    output [ < name: "OUTPUT" data_type: TYPE_FP32 dims: 1 dims: -1 dims: -1 dims: -1 > ]
    instance_group [ { count: 1 kind: KIND_CPU } ]
    version_policy { specific { versions: [ 3 ] } }
    parameters { key: "intra_op_thread_count" value: { string_value: "1" } }`;
  write('config.pbtxt', text);
  shell(
    'mkdir -p repo/3 && mv config.pbtxt repo && cp model.onnx repo/3 && echo bright > repo/labels.txt && tar czf repo.tgz -C repo .',
  );
  const { status, json } = await curl('repo', CONFIG, 'data=@repo.tgz');
  expect({ status, error: json.error }).toEqual({ status: 200, error: undefined });
  expect(json.warnings).toEqual([expect.stringContaining('version_policy')]);
  expect(await brightVoxels('repo')).toBe(BRIGHT);
  const written = () => readFileSync(join(triton.repository, 'repo/config.pbtxt'), 'utf8');
  expect(written()).toMatch(/versions: 1\n[^]*max_batch_size: 2\n[^]*intra_op_thread_count/);
  expect(existsSync(join(triton.repository, 'repo/labels.txt'))).toBe(true);

  const { workspace } = gateway;
  await gateway.kill9();
  rmSync(join(triton.repository, 'repo'), { recursive: true });
  gateway = await startGateway({ tritonUrl: triton.grpcUrl, repository: triton.repository, workspace });
  await untilReady(gateway);
  expect(await brightVoxels('repo')).toBe(BRIGHT);
  const body = JSON.stringify({ ...brightConfig(), labels: ['other'] });
  const headers = { 'Content-Type': 'application/json' };
  expect((await fetch(`${gateway.url}/admin/model/repo`, { method: 'PATCH', body, headers })).status).toBe(200);
  expect(written()).toMatch(/versions: 2\n[^]*max_batch_size: 2\n/);
  expect(await brightVoxels('repo')).toBe(BRIGHT);
});

test('a Triton folder with Python code is refused, and leaves nothing', async () => {
  write('python.zip', zipOf({ 'config.pbtxt': 'backend: "python"', '1/model.py': 'import os' }));
  expect(await curl('python', CONFIG, 'data=@python.zip')).toMatchObject({
    status: 403,
    json: { success: false, error: { message: [expect.stringContaining('1/model.py')] } },
  });
  expect(readdirSync(triton.repository)).not.toContain('python');
});

test('a hostile archive is refused, and leaves nothing', async () => {
  write('evil.zip', zipOf({ 'config/config_aiaa.json': '{}', '../../../evil': 'x' }));
  expect(await curl('evil', 'data=@evil.zip')).toMatchObject({
    status: 400,
    json: { error: { message: [expect.stringContaining('".."')] } },
  });
  const uploads = () => readdirSync(join(gateway.workspace, 'uploads'));
  // The folder goes when the answer is out.
  await until(() => uploads().length === 0);
});

describe('TensorFlow', () => {
  type Uploaded = Awaited<ReturnType<typeof curl>>;
  let graph: Uploaded;
  let saved: Uploaded;
  let small: Uploaded;

  /** Together: each load is the start of a Python process with TensorFlow. */
  beforeAll(async () => {
    const zipped = (files: Record<string, string>, root = '') =>
      zipOf(Object.fromEntries(Object.entries(files).map(([name, text]) => [root + name, ungzipped(text)])));
    write('model.trt.pb', flaggedGraph());
    write('saved.zip', zipped(golden.saved_model.files, 'bright/'));
    write('model.zip', zipped(golden.small.files));
    write('tf.json', JSON.stringify(tensorConfig('NV_MODEL_INPUT', [-1, -1, 2], 'NV_MODEL_OUTPUT', [6, 6, 3], 4)));
    [graph, saved, small] = await Promise.all([
      curl('graph', CONFIG, 'data=@model.trt.pb'),
      curl('saved', CONFIG, 'data=@saved.zip'),
      curl('small', 'config=@tf.json;type=application/json', 'data=@model.zip'),
    ]);
  });

  const good = { status: 200, error: undefined };
  const outcome = ({ status, json }: Uploaded) => ({ status, error: json.error });

  test('a frozen graph with a "training" input: false is baked in', async () => {
    expect(outcome(graph)).toEqual(good);
    expect(graph.json.warnings).toContainEqual(expect.stringContaining('The scalar input "training" was set to false'));
    expect(await brightVoxels('graph')).toBe(BRIGHT);
  });

  test('a SavedModel as a zip of its folder', async () => {
    expect(outcome(saved)).toEqual(good);
    expect(saved.json.triton.platform).toBe('tensorflow_savedmodel');
    expect(await brightVoxels('saved')).toBe(BRIGHT);
  });

  test('a checkpoint of two shards gives what TensorFlow gives', async () => {
    expect(outcome(small)).toEqual(good);
    expect(small.json.warnings).toContainEqual(
      expect.stringMatching(/frozen for serving: \d+ of \d+ nodes, 6 variables/),
    );
    const output = await run('small', 'NV_MODEL_INPUT', golden.small.input, 'NV_MODEL_OUTPUT');
    expect(output.shape).toEqual(golden.small.shape);
    expect(farthest(output.data as Float32Array, golden.small.output)).toBeLessThanOrEqual(1e-5);
  });

  describeWithData('the public MSNet checkpoint', ['data/models/tf1_msnet_wt32/model.ckpt.meta'], (meta) => {
    test('zipped as users do, gives what TensorFlow gives', async () => {
      const names = ['model.ckpt.data-00000-of-00001', 'model.ckpt.index', 'model.ckpt.meta'];
      write(
        'msnet.zip',
        zipOf(Object.fromEntries(names.map((name) => [name, readFileSync(join(dirname(meta), name))]))),
      );
      write(
        'msnet.json',
        // Its output is flat: as a model of masks it would be refused.
        JSON.stringify({
          ...tensorConfig('Placeholder', golden.msnet.input, 'Softmax', golden.msnet.shape, 0),
          type: 'others',
        }),
      );
      const { status, json } = await curl('msnet', 'config=@msnet.json;type=application/json', 'data=@msnet.zip');
      expect({ status, error: json.error }).toEqual({ status: 200, error: undefined });
      const { data } = await run('msnet', 'Placeholder', golden.msnet.input, 'Softmax');
      const samples = golden.msnet.samples.map((_, index) => (data as Float32Array)[index * golden.msnet.step]);
      expect(farthest(samples, golden.msnet.samples)).toBeLessThanOrEqual(1e-5);
    });
  });
});

describeWithData('TorchScript', ['data/models/brain_gwm_meshnet5.pt'], (model) => {
  const scan = makeNifti1({
    dim: [32, 32, 32],
    datatype: 2,
    voxels: Uint8Array.from({ length: 32 ** 3 }, (_, i) => (i * 7) % 256),
  });
  const config = {
    preprocessing: {
      _target_: 'Compose',
      transforms: [
        { _target_: 'LoadImaged', keys: 'image' },
        { _target_: 'EnsureChannelFirstd', keys: 'image' },
        { _target_: 'ScaleIntensityRanged', keys: 'image', a_min: 0, a_max: 255, b_min: 0, b_max: 1, clip: true },
      ],
    },
    inferer: { _target_: 'SlidingWindowInferer', roi_size: [32, 32, 32], sw_batch_size: 1, overlap: 0 },
    postprocessing: { _target_: 'Compose', transforms: [{ _target_: 'AsDiscreted', keys: 'pred', argmax: true }] },
  };

  test('as a MONAI bundle zip, and as config and model.pt', async () => {
    const metadata = {
      version: '0.3.1',
      description: 'white and grey matter',
      network_data_format: {
        inputs: { image: { num_channels: 1, spatial_shape: ['*', '*', '*'] } },
        outputs: {
          pred: {
            num_channels: 3,
            spatial_shape: ['*', '*', '*'],
            channel_def: { 0: 'background', 1: 'white', 2: 'grey' },
          },
        },
      },
    };
    write(
      'bundle.zip',
      zipOf({
        'gwm/configs/inference.json': JSON.stringify(config),
        'gwm/configs/metadata.json': JSON.stringify(metadata),
        'gwm/models/model.ts': readFileSync(model),
      }),
    );
    const { status, json } = await curl('bundle', 'data=@bundle.zip');
    expect({ status, error: json.error }).toEqual({ status: 200, error: undefined });
    expect(json.model).toMatchObject({ labels: ['white', 'grey'], version: '0.3.1' });
    const first = await infer(gateway.url, 'bundle', scan);
    expect({ status: first.status, error: first.json?.error }).toMatchObject({ status: 200 });

    write('inference.json', JSON.stringify(config));
    shell(`cp ${model} model.pt`);
    expect(await curl('script', 'config=@inference.json', 'data=@model.pt')).toMatchObject({ status: 200 });
    expect((await infer(gateway.url, 'script', scan)).image).toEqual(first.image);
  });
});

const ungzipped = (text: string) => gunzipSync(Buffer.from(text, 'base64'));

/** A config that only has to bring its tensors to Triton. */
function tensorConfig(input: string, inputDims: number[], output: string, outputDims: number[], batch: number): object {
  const config = brightConfig();
  const trtis = {
    platform: 'tensorflow_graphdef',
    max_batch_size: batch,
    input: [{ name: input, data_type: 'FP32', dims: inputDims }],
    output: [{ name: output, data_type: 'FP32', dims: outputDims }],
  };
  return {
    ...config,
    inference: { ...(config.inference as object), node_mapping: { [input]: 'image', [output]: 'model' }, trtis },
  };
}

/** The input of the golden program: `x[i] = (i * 2654435761 mod 2^32) / 2^32`. */
async function run(model: string, input: string, shape: number[], output: string) {
  const data = new Float32Array(shape.reduce((product, axis) => product * axis, 1));
  for (let i = 0; i < data.length; i++) data[i] = (Math.imul(i, 2654435761) >>> 0) / 2 ** 32;
  const client = createTriton({ url: triton.grpcUrl, sharedMemory: 'off' });
  try {
    const outputs = await client.infer({
      model,
      inputs: [{ name: input, datatype: 'FP32', shape, data }],
      outputs: [{ name: output }],
    });
    return outputs.get(output)!;
  } finally {
    await client.close();
  }
}

const farthest = (values: ArrayLike<number>, wanted: readonly number[]) =>
  wanted.reduce((worst, value, index) => Math.max(worst, Math.abs(value - values[index])), 0);
