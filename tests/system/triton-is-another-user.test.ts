import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { makeNifti1 } from '../imaging/formats/nifti/make-nifti';
import { testThatNeeds } from '../needs';
import { until } from '../until';
import { get, infer, putModel } from './client';
import { brightConfig, identityModel } from './onnx-builder';

const root = path.join(__dirname, '../..');
const isRoot = process.getuid?.() === 0;
const triton = { uid: 65532, gid: 65532 };
let folder: string;
let child: ChildProcess | undefined;

beforeEach(() => void (folder = mkdtempSync(path.join(tmpdir(), 'another-user-'))));
afterEach(async () => {
  if (child && child.exitCode === null && child.signalCode === null) {
    child.kill('SIGTERM');
    await once(child, 'exit');
  }
  rmSync(folder, { recursive: true, force: true });
});

/** `npm start` until it serves. */
async function start(): Promise<{ url: string; output: string }> {
  const places = [
    '--workspace',
    path.join(folder, 'workspace'),
    '--model_repository',
    path.join(folder, 'models/repo'),
  ];
  const script = path.join(root, 'scripts/start.mjs');
  const started = spawn(process.execPath, [script, '--port', '0', ...places], { stdio: ['ignore', 'pipe', 'pipe'] });
  child = started;
  let output = '';
  for (const stream of [started.stdout, started.stderr]) stream.on('data', (text) => (output += text));
  await until(() => output.includes('Stop with Ctrl-C') || started.exitCode !== null);
  if (started.exitCode !== null) throw new Error(output);
  return { url: /Python client: +(http:\S+)/.exec(output)![1], output };
}

const uidOfTriton = () => {
  const { tritonPid } = JSON.parse(readFileSync(path.join(folder, 'workspace/logs/triton.ready.json'), 'utf8'));
  return /^Uid:\s+(\d+)/m.exec(readFileSync(`/proc/${tritonPid}/status`, 'utf8'))![1];
};

const may = (...command: string[]) => spawnSync(command[0], command.slice(1), triton).status === 0;

testThatNeeds('root', isRoot)(
  'npm start as root: Triton has a user of its own, infers through shared memory, and the workspace is closed to it',
  async () => {
    chmodSync(folder, 0o755);
    // Not the first start, which loads a sample.
    mkdirSync(path.join(folder, 'workspace/models/none'), { recursive: true });
    const { url, output } = await start();
    expect(uidOfTriton()).toBe('65532');
    expect(output).not.toContain('same user');

    expect(await putModel(url, 'bright', brightConfig(), identityModel())).toMatchObject({ status: 200 });
    const image = makeNifti1({ dim: [64, 64, 64], datatype: 2, voxels: new Uint8Array(64 ** 3).fill(60) });
    expect(await infer(url, 'bright', image)).toMatchObject({ status: 200 });
    expect((await get(`${url}/health/ready`)).json.triton.shared_memory).toMatchObject({ used: true });
    const metrics = await (await fetch(`${url}/metrics`)).text();
    expect(metrics).toMatch(/^aiaa_tensor_bytes_total\{transport="shared_memory"\} [1-9]/m);

    const repository = path.join(folder, 'models/repo');
    const inWorkspace = (...steps: string[]) => path.join(folder, 'workspace', ...steps);
    expect(may('cat', path.join(repository, 'bright/config.pbtxt'))).toBe(true);
    expect(may('touch', path.join(repository, 'bright/config.pbtxt'))).toBe(false);
    expect(may('ls', inWorkspace())).toBe(false);
    expect(may('cat', inWorkspace('models/bright/current.json'))).toBe(false);
    expect(may('touch', path.join(root, 'dist/main.js'))).toBe(false);
    expect(statSync(repository).mode & 0o777).toBe(0o750);
  },
);

testThatNeeds('root', isRoot)(
  'where its user cannot get to the models, one is all there is, and the start says so',
  async () => {
    const { usersFor } = await import(path.join(root, 'scripts/users.mjs'));
    const settings = { workspace: path.join(folder, 'workspace'), model_repository: path.join(folder, 'models/repo') };
    const { triton: another, why } = usersFor(settings);
    expect(another).toBeUndefined();
    expect(why).toContain(`the user 65532, which it would be, cannot get to ${folder}`);
    chmodSync(folder, 0o755);
    expect(usersFor(settings)).toMatchObject({ triton });
  },
);
