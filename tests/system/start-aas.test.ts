import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { makeNifti1 } from '../imaging/formats/nifti/make-nifti';
import { get, infer, putModel } from './client';
import { brightConfig, identityModel } from './onnx-builder';
import { until } from '../until';
import { testThatNeeds } from '../needs';

const root = path.join(__dirname, '../..');
const isRoot = process.getuid?.() === 0;
const anybody = 1234;

/** `start_aas.sh` as a process, with what the image has around it: its files as the Dockerfile copies them, a real tritonserver on the PATH. */
let folder: string;
let workspace: string;
let environment: NodeJS.ProcessEnv;
let child: ChildProcess;
let output = '';
let url: string;

/** The files of the image's stage `aiaa`, from its COPY lines. */
function layOutImage(home: string): void {
  const stage = /^FROM \S+ AS aiaa$(.*)/ms.exec(readFileSync(path.join(root, 'Dockerfile'), 'utf8'))![1];
  const copies = [...stage.matchAll(/^COPY (?:--from=build )?(.+) (\.\/\S*)$/gm)];
  expect(copies.length).toBeGreaterThan(3);
  for (const [, sources, target] of copies)
    for (const source of sources.split(' ').map((one) => one.replace('/app/', ''))) {
      const to = path.join(home, target.endsWith('/') ? target + path.basename(source) : target);
      if (source === 'node_modules') symlinkSync(path.join(root, source), to);
      else cpSync(path.join(root, source), to, { recursive: true });
    }
}

async function freePorts(count: number): Promise<number> {
  for (;;) {
    const first = createServer().listen(0, '127.0.0.1');
    await once(first, 'listening');
    const { port } = first.address() as AddressInfo;
    first.close();
    const row = await Promise.all(
      Array.from({ length: count }, async (_, at) => {
        const server = createServer().listen(port + at, '127.0.0.1');
        // It rejects when the port is taken.
        const listens = await once(server, 'listening').then(
          () => true,
          () => false,
        );
        server.close();
        return listens;
      }),
    );
    if (row.every(Boolean)) return port;
  }
}

const script = (name: string) => path.join(root, 'deploy/docker', name);

function run(name: string): Promise<{ code: number; output: string }> {
  return new Promise((resolve) =>
    execFile(script(name), { env: environment }, (error, stdout, stderr) =>
      resolve({ code: error ? Number(error.code) : 0, output: stdout + stderr }),
    ),
  );
}

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'start-aas-'));
  const home = path.join(folder, 'home');
  workspace = path.join(folder, 'aiaa');
  const temporary = path.join(folder, 'tmp');
  [home, workspace, temporary].forEach((one) => mkdirSync(one));
  chmodSync(folder, 0o755);
  chmodSync(temporary, 0o1777);
  if (isRoot) {
    chownSync(folder, anybody, anybody);
    chownSync(workspace, anybody, anybody);
  }
  layOutImage(home);
  const port = await freePorts(4);
  environment = {
    PATH: process.env.PATH,
    AIAA_HOME: home,
    AIAA_NODE: process.execPath,
    AIAA_STATE_DIR: folder,
    AIAA_TRITONSERVER: path.join(__dirname, 'tritonserver.py'),
    AIAA_TRITON_HTTP_PORT: String(port),
    AIAA_CACHE: process.env.AIAA_CACHE || path.join(root, '.cache'),
    TMPDIR: temporary,
    // 80 in the image.
    AIAA_PORT: String(port + 3),
    AIAA_CONTAINER: 'true',
  };
  url = `http://127.0.0.1:${port + 3}`;
  // The line of AIAA's users, with flags that only AIAA had.
  const flags = [
    '--workspace',
    workspace,
    '--monitor',
    'true',
    '--debug',
    '1',
    '--admin_hosts',
    '*',
    '--engine',
    'TRITON',
    '--client_id',
    'host',
  ];
  child = spawn(script('start_aas.sh'), flags, { env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
  for (const stream of [child.stdout!, child.stderr!]) stream.on('data', (text) => (output += text));
  await until(() => output.includes('Server URL') || child.exitCode !== null);
  if (child.exitCode !== null) throw new Error(`start_aas.sh did not start:\n${output}`);
});

afterAll(async () => {
  if (child && child.exitCode === null && child.signalCode === null) {
    child.kill('SIGTERM');
    await once(child, 'exit');
  }
  rmSync(folder, { recursive: true, force: true });
});

test('the URL it prints has the port that the host publishes, which it cannot know', () => {
  expect(output).toContain('Python client:  http://HOST:PORT\n');
  expect(output).toContain(`docker run -p PORT:${environment.AIAA_PORT}`);
});

test('it serves AIAA clients, loads models into its Triton, and takes flags that only AIAA had', async () => {
  expect(output).toContain('--engine is ignored: inference always runs on Triton');
  expect(output).toContain('--client_id is ignored');
  // In a container nobody is an operator without the password, which the start prints.
  expect(await putModel(url, 'bright', brightConfig(), identityModel())).toMatchObject({ status: 401 });
  const [, password] = /user admin, password (\S+)/.exec(output)!;
  const authorization = `Basic ${Buffer.from(`admin:${password}`).toString('base64')}`;
  const published = await putModel(url, 'bright', brightConfig(), identityModel(), undefined, { authorization });
  expect(published).toMatchObject({ status: 200 });
  expect((await get(`${url}/v1/models`)).json).toEqual([expect.objectContaining({ name: 'bright' })]);
  const image = makeNifti1({ dim: [4, 4, 4], datatype: 2, voxels: new Uint8Array(64).fill(60) });
  expect((await infer(url, 'bright', image)).status).toBe(200);
  expect(existsSync(path.join(workspace, 'triton_models/repo/bright/config.pbtxt'))).toBe(true);
});

const usersOf = (pid: number | string) => readFileSync(`/proc/${pid}/status`, 'utf8').match(/^[UG]id:\s+\d+/gm);

testThatNeeds('root', isRoot)(
  'started as root: the gateway is the owner of the workspace, Triton another user of its group',
  () => {
    for (const file of ['run', 'models/bright', 'triton_models/repo/bright', 'logs/gateway.log', 'logs/triton.log'])
      expect([file, statSync(path.join(workspace, file)).uid]).toEqual([file, anybody]);
    const [gateway] = readdirSync(path.join(workspace, 'run'));
    expect(usersOf(/-(\d+)\.json$/.exec(gateway)![1])).toEqual([`Uid:\t${anybody}`, `Gid:\t${anybody}`]);
    const triton = readFileSync(path.join(workspace, 'logs/triton.pid'), 'utf8').trim();
    expect(usersOf(triton)).toEqual(['Uid:\t65532', `Gid:\t${anybody}`]);
    expect(statSync(path.join(workspace, 'triton_models/repo')).mode & 0o777).toBe(0o750);
  },
);

test('a dead Triton comes back with its models', async () => {
  const triton = () => Number(readFileSync(path.join(workspace, 'logs/triton.pid'), 'utf8'));
  const first = triton();
  process.kill(first, 'SIGKILL');
  await until(async () => triton() !== first && (await fetch(`${url}/health/ready`)).ok);
});

test('the health check of the image; stop_aiaa.sh ends server and Triton', async () => {
  expect(await run('health.sh')).toEqual({ code: 0, output: `${url}  live\n` });
  const triton = Number(readFileSync(path.join(workspace, 'logs/triton.pid'), 'utf8'));
  const ended = once(child, 'exit');
  expect(await run('stop_aiaa.sh')).toMatchObject({ code: 0, output: expect.stringMatching(/^stopped http/) });
  expect(await ended).toEqual([0, null]);
  expect(existsSync(`/proc/${triton}`)).toBe(false);
  expect((await run('health.sh')).code).toBe(3);
  expect((await run('stop_aiaa.sh')).code).toBe(4);
});

test('a flag that neither has ends it with exit code 2', async () => {
  const { code, text } = await new Promise<{ code: number; text: string }>((resolve) => {
    const flags = ['--workspace', workspace, '--wrkers', '2'];
    execFile(script('start_aas.sh'), flags, { env: environment }, (error, stdout, stderr) =>
      resolve({ code: Number(error?.code ?? 0), text: stdout + stderr }),
    );
  });
  expect(text).toMatch(/unknown flag --wrkers/);
  expect(code).toBe(2);
});
