import { execFile, execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { hostname, tmpdir } from 'node:os';
import path from 'node:path';
import { isRunning } from '../../gateway/workspace/run-file';
import { writeSlices } from '../imaging/formats/dicom/make-dicom';
import { makeNifti1 } from '../imaging/formats/nifti/make-nifti';
import { zipOf } from '../packages/zip-builder';
import { brightConfig, classifierConfig, classifierModel, identityModel } from './onnx-builder';
import { until } from '../until';
import { testThatNeeds } from '../needs';

const root = path.join(__dirname, '../..');
const folder = mkdtempSync(path.join(tmpdir(), 'command-line-'));
const at = (...parts: string[]) => path.join(folder, ...parts);
const workspace = at('workspace');
const environment: NodeJS.ProcessEnv = { ...process.env, AIAA_ADMIN_USER: 'admin', AIAA_ADMIN_PASSWORD: 'correct' };
const script = path.join(root, 'scripts/aiaa-gateway.mjs');
const compiled = path.join(root, 'dist/cli/main.js');

const archive = zipOf({
  'config/config_aiaa.json': JSON.stringify(brightConfig()),
  'models/model.onnx': identityModel(),
});
/** What stands in NGC's place. */
const ngc = createServer((_request, response) =>
  response.writeHead(200, { 'content-length': archive.length }).end(archive),
);

interface Ended {
  code: number;
  stdout: string;
  stderr: string;
}

/** One command line, run to its end. */
function run(args: string[], { env = environment, file = compiled, input = '' } = {}): Promise<Ended> {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [file, ...args], { env, cwd: folder }, (error, stdout, stderr) =>
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr }),
    );
    child.stdin!.end(input);
  });
}

const json = async (...args: string[]) => {
  const { code, stdout, stderr } = await run([...args, '--json']);
  return { code, stderr, value: JSON.parse(stdout) };
};

let url: string;
let bystander: ChildProcess | undefined;

beforeAll(async () => {
  await new Promise<void>((resolve) => ngc.listen(0, '127.0.0.1', resolve));
  writeFileSync(at('image.nii.gz'), makeNifti1({ dim: [4, 4, 4], datatype: 2, voxels: new Uint8Array(64).fill(60) }));
  writeFileSync(at('config_aiaa.json'), JSON.stringify(brightConfig()));
  writeFileSync(at('model.onnx'), identityModel());
  writeFileSync(at('bright.zip'), archive);
  mkdirSync(at('mmar/config'), { recursive: true });
  mkdirSync(at('mmar/models', 'a-folder-with-a-long-name'.repeat(4)), { recursive: true });
  writeFileSync(at('mmar/config/config_aiaa.json'), JSON.stringify(brightConfig()));
  writeFileSync(at('mmar/models/model.onnx'), identityModel());
  writeFileSync(at('mmar/models', 'a-folder-with-a-long-name'.repeat(4), 'notes.txt'), 'x'.repeat(700));
  mkdirSync(at('series'));
  const slices = [0, 1, 2, 3].map((z) => ({ position: [0, 0, z], instance: z + 1, pixels: () => 1024 + 60 }));
  writeSlices(at('series'), slices);

  // AIAA 4's own line, as far as it says something here.
  const flags = [
    '-w',
    workspace,
    '--engine',
    'TRITON',
    '--host',
    '127.0.0.1',
    '--port',
    '0',
    '--model_repository',
    at('models/repo'),
    // Programs of this machine are asked for the password, as those of others are.
    '--container',
    'true',
  ];
  const ngcFlag = ['--ngc_url', `http://127.0.0.1:${(ngc.address() as AddressInfo).port}`];
  const { code, stdout, stderr } = await run(['start', '-b', ...flags, ...ngcFlag, '--json'], { file: script });
  expect({ code, stderr }).toMatchObject({
    code: 0,
    stderr: expect.stringContaining('--engine is ignored: inference always runs on Triton'),
  });
  url = JSON.parse(stdout).urls[0];
  environment.AIAA_SERVER = url;
});

afterAll(async () => {
  bystander?.kill('SIGKILL');
  await run(['stop', '-w', workspace]);
  ngc.close().closeAllConnections();
  rmSync(folder, { recursive: true, force: true });
});

test('start, status, list: the sample is there as after npm start, with a password for the administration', async () => {
  const state = await until(
    () => json('status'),
    ({ value, code }) => value.models.length > 0 && code === 0,
  );
  expect(state.value).toMatchObject({
    ready: true,
    triton: { live: true },
    models: [{ name: 'spleen_ct', state: 'ready' }],
  });
  expect((await run(['status'])).stdout).toMatch(/ready\nTriton +live\nMODEL +STATE\nspleen_ct +ready\n$/);
  expect((await run(['list'])).stdout).toMatch(
    /^MODEL +TYPE +STATE +VERSION +KEPT\nspleen_ct +segmentation +ready +1 +1\n$/,
  );
});

test.each([
  ['zip', ['bright.zip']],
  ['mmar', ['mmar']],
  ['config', ['config_aiaa.json', 'model.onnx']],
  ['ngc', ['nvidia/med/bright', '1']],
])('load NAME %s %j', async (kind, operands) => {
  const { code, value } = await json('load', `by_${kind}`, kind, ...operands);
  expect({ code, value }).toMatchObject({
    code: 0,
    value: { success: true, triton: { state: 'READY', version: '1' } },
  });
});

test('load NAME pipeline CONFIG', async () => {
  writeFileSync(at('pipeline.json'), JSON.stringify(pipelineConfig));
  expect((await run(['load', 'both', 'pipeline', 'pipeline.json'])).stdout).toMatch(/^both {2}READY {2}version 1/);
});

test('infer: an image, a folder with a DICOM series, a model that answers with numbers', async () => {
  const sent = new FormData();
  sent.append('params', '{}');
  sent.append('image', new Blob([readFileSync(at('image.nii.gz'))]), 'image.nii.gz');
  const answer = await fetch(`${url}/v1/segmentation?model=by_zip&output=image`, { method: 'POST', body: sent });
  const image = await run(['infer', 'by_zip', 'image.nii.gz', '-o', 'mask.nii.gz']);
  expect({ code: image.code, stdout: image.stdout }).toEqual({
    code: 0,
    stdout: expect.stringMatching(/^mask\.nii\.gz .*total \d+ ms\n$/),
  });
  expect(readFileSync(at('mask.nii.gz')).equals(Buffer.from(await answer.arrayBuffer()))).toBe(true);

  const series = await json('infer', 'by_zip', 'series', '-p', '{"result_extension": ".nrrd"}');
  expect(series).toMatchObject({ code: 0, value: { output: 'mask.nrrd', stages: { total: expect.any(Number) } } });
  expect(readFileSync(at('mask.nrrd'), 'latin1')).toMatch(/^NRRD/);
  expect(readdirSync(path.join(workspace, 'sessions'))).toEqual([]);
  for (const [name, start] of [
    ['a.mha', 'ObjectType'],
    ['a.nii', '\\\x01\0\0'],
  ]) {
    expect((await run(['infer', 'by_zip', 'image.nii.gz', '-o', name])).code).toBe(0);
    expect(readFileSync(at(name), 'latin1').slice(0, start.length)).toBe(start);
  }

  writeFileSync(at('classify.json'), JSON.stringify(classifierConfig(['low', 'high'])));
  writeFileSync(at('classify.onnx'), classifierModel([1, -1], [0, 0]));
  await run(['load', 'classify', 'config', 'classify.json', 'classify.onnx']);
  writeFileSync(at('plane.nii'), makeNifti1({ dim: [4, 4], datatype: 2, voxels: new Uint8Array(16).fill(60) }));
  const numbers = await json('infer', 'classify', 'plane.nii');
  expect(numbers).toMatchObject({ code: 0, value: { result: expect.any(Object) } });
});

test('doctor: one model, all models', async () => {
  const one = await run(['doctor', 'by_zip']);
  expect(one).toMatchObject({ code: 0, stdout: expect.stringMatching(/^by_zip {2}(is well|runs)/m) });
  expect(one.stdout).toMatch(/^Triton 2\.51\.0 {2}has \d+ known faults\n {2}CVE-2025-23310, .*bulletin/);
  const all = await json('doctor');
  expect(Object.keys(all.value)).toEqual(expect.arrayContaining(['spleen_ct', 'by_zip', 'by_mmar']));
  expect(await run(['doctor', 'nobody'])).toMatchObject({
    code: 1,
    stdout: expect.stringContaining('There is no model "nobody"'),
  });
});

test('password: the server takes the new one at once', async () => {
  const list = () => run(['list', '--user', 'eve', '--password', 'long enough']);
  expect((await list()).code).toBe(1);
  const set = await run(['password', 'eve', '-w', workspace], { input: 'long enough\n' });
  expect(set).toMatchObject({ code: 0, stdout: expect.stringContaining('The password of eve is set in') });
  expect((await list()).code).toBe(0);
  const short = await run(['password', '-w', workspace], { input: 'short\n' });
  expect(short).toMatchObject({ code: 2, stderr: expect.stringContaining('at least 8') });
});

test('logs, delete', async () => {
  const { code, stdout } = await run(['logs', '5']);
  expect([code, stdout.trimEnd().split('\n').length]).toEqual([0, 5]);
  const entries = (await run(['logs', '2', '--json'])).stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(entries).toEqual([expect.objectContaining({ message: expect.any(String) }), expect.anything()]);

  expect(await run(['delete', 'by_mmar'])).toMatchObject({ code: 0, stdout: 'deleted by_mmar\n' });
  expect((await json('list')).value.map(({ name }: { name: string }) => name)).not.toContain('by_mmar');
  expect(await run(['delete', 'by_mmar'])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('There is no model "by_mmar"'),
  });
});

test('logs --follow goes on with what comes, each line once', async () => {
  const child = spawn(process.execPath, [compiled, 'logs', '3', '--follow', '--json'], { env: environment });
  let output = '';
  child.stdout.on('data', (text) => (output += text));
  try {
    await until(() => output);
    for (const id of ['seen-once', 'seen-later']) {
      await fetch(`${url}/v1/models`, { headers: { 'x-request-id': id } });
      await until(() => output.includes(id));
    }
    expect(output.split('"seen-once"').length).toBe(2);
  } finally {
    child.kill('SIGTERM');
  }
});

test('wrong password, no model, bad usage, no server, a deadline: each has its exit code and its sentence', async () => {
  const wrong = await run(['delete', 'by_zip', '--password', 'wrong']);
  expect(wrong).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('--user and --password') });
  expect(await json('infer', 'nobody', 'image.nii.gz')).toMatchObject({
    code: 1,
    value: { error: { code: 'MODEL_NOT_FOUND' } },
  });
  expect(existsSync(at('mask.nii.gz.part'))).toBe(false);

  const usage: [string[], RegExp][] = [
    [['list', '--jsom'], /unknown flag --jsom/],
    [['load', 'a', 'rar', 'b'], /load NAME "rar": expected mmar, nnunet, zip, config, pipeline, ngc/],
    [['load', 'a', 'zip', 'nowhere.zip'], /nowhere\.zip is not there/],
    [['lod'], /unknown verb lod; did you mean "load"\? aiaa-gateway --help lists all/],
    [['quite-another'], /unknown verb quite-another\. aiaa-gateway --help lists all/],
    [['list', '--tiemout', '5'], /unknown flag --tiemout; did you mean "--timeout"\?/],
    [['infer', 'a', 'nowhere/*.nii.gz', '-o', 'masks'], /nowhere\/\*\.nii\.gz names no file/],
    [['infer', 'a', '*.nii.gz'], /\*\.nii\.gz stands for \d+ images: --output names the folder/],
    [['delete'], /usage: aiaa-gateway delete NAME/],
    [['list', '--server', 'ftp://x'], /--server is "ftp:\/\/x": expected http/],
    [['list', '--timeout', 'soon'], /--timeout is "soon"/],
    [['infer', 'a', 'image.nii.gz', '-p', '[]'], /expected a JSON object/],
    [
      ['infer', 'a', 'image.nii.gz', '-o', 'nowhere/mask.nii'],
      /nowhere\/mask\.nii cannot be written: there is no folder/,
    ],
    [['infer', 'a', 'image.nii.gz', '-o', 'mask.dcm'], /refers to a series: give the folder/],
    [['start', '--prot', '1'], /unknown flag --prot/],
  ];
  const ended = await Promise.all(usage.map(([args]) => run(args)));
  for (const [at, { code, stdout, stderr }] of ended.entries())
    expect({ code, stdout, stderr }).toEqual({ code: 2, stdout: '', stderr: expect.stringMatching(usage[at][1]) });

  expect(await run(['list', '--server', 'http://127.0.0.1:1'])).toMatchObject({
    code: 3,
    stderr: expect.stringMatching(/no server at http:\/\/127.0.0.1:1/),
  });
  expect(await run(['status', '--server', url.replace('http:', 'https:')])).toMatchObject({
    code: 3,
    stderr: expect.stringMatching(/does not speak https .* is it plain http\? Try http:\/\/127/),
  });
  const silent = createServer(() => undefined);
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  const there = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
  const late = await run(['load', 'a', 'zip', 'bright.zip', '--server', there, '--timeout', '0.5']);
  expect(late).toMatchObject({ code: 5, stderr: expect.stringContaining('within 0.5 s (--timeout)') });
  silent.close().closeAllConnections();
});

test('--version, names of models alone', async () => {
  const { version } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
  expect(await run(['--version'])).toMatchObject({ code: 0, stdout: `aiaa-gateway ${version}\n` });
  const { stdout } = await run(['list', '--names']);
  expect(stdout.trim().split('\n')).toContain('by_zip');
});

test('a folder or a pattern is run image by image; what has its mask is left out, and one that fails ends no other', async () => {
  mkdirSync(at('many'));
  const image = readFileSync(at('image.nii.gz'));
  for (const name of ['a.nii.gz', 'b.nii.gz']) writeFileSync(at('many', name), image);
  writeFileSync(at('many', 'broken.nii.gz'), 'no image');
  const first = await run(['infer', 'by_zip', 'many', '--output', 'masks']);
  expect(first).toMatchObject({ code: 1, stdout: expect.stringContaining('2 done, 0 there before, 1 failed') });
  expect(first.stderr).toMatch(/^many\/broken\.nii\.gz: /m);
  expect(readdirSync(at('masks')).sort()).toEqual(['a.nii.gz', 'b.nii.gz']);
  await run(['infer', 'by_zip', 'image.nii.gz', '--output', 'alone.nii.gz']);
  expect(readFileSync(at('masks/a.nii.gz'))).toEqual(readFileSync(at('alone.nii.gz')));

  rmSync(at('masks/b.nii.gz'));
  const again = await json('infer', 'by_zip', 'many/?.nii.gz', '--output', 'masks');
  expect(again).toMatchObject({
    code: 0,
    value: { done: [{ image: 'many/b.nii.gz', output: 'masks/b.nii.gz' }], skipped: 1, failed: [] },
  });
});

const hasScript = existsSync('/usr/bin/script');
testThatNeeds('the program script', hasScript)('delete asks on a terminal, and --yes answers', async () => {
  await run(['load', 'asked', 'zip', 'bright.zip']);
  const onTerminal = (args: string, typed: string) => {
    const command = `${process.execPath} ${compiled} ${args}`;
    try {
      return execFileSync('script', ['-qec', command, '/dev/null'], {
        cwd: folder,
        env: environment,
        encoding: 'utf8',
        input: typed,
      });
    } catch (error) {
      return String((error as { stdout: string }).stdout);
    }
  };
  expect(onTerminal('delete asked', 'n\n')).toMatch(
    /Delete the model "asked" with all its versions\? \[y\/N\].*nothing was deleted/s,
  );
  expect((await run(['list', '--names'])).stdout).toContain('asked');
  expect(onTerminal('delete asked --yes', '')).toContain('deleted asked');
  expect((await run(['list', '--names'])).stdout).not.toContain('asked');
});

testThatNeeds('the program script', hasScript)('a bar on a terminal, none elsewhere', async () => {
  const command = `${process.execPath} ${compiled} load bar zip bright.zip`;
  const seen = execFileSync('script', ['-qec', command, '/dev/null'], {
    cwd: folder,
    env: environment,
    encoding: 'utf8',
  });
  expect(seen).toMatch(/sending bar {2}\[#{24}\] {2}100 % {2}0\.0 of 0\.0 MB/);
  expect((await run(['load', 'bar', 'zip', 'bright.zip'])).stderr).toBe('');
});

test('stop ends the server and its Triton, and no process that merely has its number', async () => {
  const runFolder = path.join(workspace, 'run');
  const [name] = readdirSync(runFolder);
  const mine = JSON.parse(readFileSync(path.join(runFolder, name), 'utf8'));
  expect(mine).toMatchObject({ urls: [url], host: hostname() });
  bystander = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
  writeFileSync(path.join(runFolder, `${hostname()}-1.json`), JSON.stringify({ ...mine, pid: bystander.pid }));
  const triton = JSON.parse(readFileSync(path.join(workspace, 'logs/triton.ready.json'), 'utf8'));

  const stopped = await json('stop', '--workspace', workspace);
  expect(stopped).toMatchObject({ code: 0, value: { stopped: [{ pid: mine.pid }] } });
  expect([mine, mine.starter].map(isRunning)).toEqual([false, false]);
  expect(existsSync(`/proc/${triton.tritonPid}`)).toBe(false);
  expect(bystander.exitCode === null && bystander.signalCode === null).toBe(true);
  expect(readdirSync(runFolder)).toEqual([]);

  expect(await run(['stop', '-w', workspace])).toMatchObject({
    code: 4,
    stderr: expect.stringContaining('no server of this machine runs on'),
  });
  expect((await run(['status'])).code).toBe(3);
});

/** Two DeepGrow models by name; whether they are there is asked when it is called. */
const pipelineConfig = {
  version: 1,
  type: 'pipeline',
  labels: [],
  description: 'a 3-D and a 2-D model',
  pre_transforms: [{ name: 'monai.transforms.LoadImaged', args: { keys: 'image' } }],
  inference: {
    meta_data: { deepgrow: '3D' },
    TRITON: { name: 'aiaa.apps.deepgrow.DeepgrowInferencePipeline', args: { models: ['planar', 'volumetric'] } },
  },
  post_transforms: [],
  writer: { name: 'aiaa.transforms.Writer', args: { image: 'pred', json: 'result' } },
};
