import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { get } from './client';
import { until } from '../until';

const root = path.join(__dirname, '../..');
let folder: string;
let child: ChildProcess | undefined;

beforeEach(() => {
  // What a shell takes apart: Triton starts its models by one.
  folder = mkdtempSync(path.join(tmpdir(), "commands of (some) o'clock-"));
});

afterEach(async () => {
  if (child && child.exitCode === null && child.signalCode === null) {
    child.kill('SIGTERM');
    await once(child, 'exit');
  }
  child = undefined;
  rmSync(folder, { recursive: true, force: true });
});

const flags = (more: string[]) => [
  '--host',
  '127.0.0.1',
  '--workspace',
  path.join(folder, 'workspace'),
  '--model_repository',
  path.join(folder, 'models/repo'),
  ...more,
];

/** Runs a command to its end. */
function run(script: string, args: string[]): Promise<{ code: number; output: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [path.join(root, 'scripts', script), ...args], (error, stdout, stderr) =>
      resolve({ code: error ? Number(error.code) : 0, output: stdout + stderr }),
    );
  });
}

/** Starts `npm start`'s script and waits for its welcome. */
async function start(more: string[] = []): Promise<{ output: () => string; url: string; tritonPid: () => number }> {
  const started = (child = spawn(
    process.execPath,
    [path.join(root, 'scripts/start.mjs'), ...flags(['--port', '0', '--samples', 'none', ...more])],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  ));
  let output = '';
  for (const stream of [started.stdout, started.stderr]) stream.on('data', (text) => (output += text));
  await until(() => output.includes('Stop with Ctrl-C') || started.exitCode !== null);
  if (started.exitCode !== null) throw new Error(output);
  const url = /Server URL for 3D Slicer, MITK and the Python client: +(http:\S+)/.exec(output)![1];
  const readyFile = path.join(folder, 'workspace/logs/triton.ready.json');
  return {
    output: () => output,
    url,
    tritonPid: () => (JSON.parse(readFileSync(readyFile, 'utf8')) as { tritonPid: number }).tritonPid,
  };
}

const isAlive = (pid: number) => existsSync(`/proc/${pid}`);

test('--help shows the settings and starts nothing', async () => {
  const { code, output } = await run('start.mjs', ['--help']);
  expect(code).toBe(0);
  expect(output).toContain('--workspace DIR');
});

test.each([
  [['--prot', '5001'], /unknown flag --prot/],
  [['--port', 'abc'], /--port is "abc": expected a number/],
])('%j ends with exit code 2 and says why', async (args, message) => {
  const { code, output } = await run('start.mjs', args);
  expect(code).toBe(2);
  expect(output).toMatch(message);
  expect(output).not.toMatch(/ at .*\.m?js:/);
});

test('a port that is taken: who has it, which flag to use, exit code 2', async () => {
  const squatter = createServer().listen(0, '127.0.0.1');
  await once(squatter, 'listening');
  const { port } = squatter.address() as AddressInfo;
  try {
    const { code, output } = await run(
      'start.mjs',
      flags(['--port', String(port), '--triton_url', 'grpc://127.0.0.1:1']),
    );
    expect(code).toBe(2);
    expect(output).toContain(
      `port ${port} is taken by ${readFileSync('/proc/self/comm', 'utf8').trim()} (pid ${process.pid})`,
    );
    expect(output).toContain('--port');
  } finally {
    squatter.close();
  }
});

test('npm start on an empty workspace serves the sample; a dead gateway and a dead Triton come back; Ctrl-C stops everything', async () => {
  const { output, url, tritonPid } = await start();
  expect(output()).toMatch(/curl -F params=\{\} -F image=@ct\.nii\.gz "http/);
  expect((await get(`${url}/v1/models`)).json).toEqual([expect.objectContaining({ name: 'spleen_ct' })]);

  const first = tritonPid();
  // Its ONNX Runtime reports to its maker otherwise.
  expect(readFileSync(`/proc/${first}/environ`, 'utf8').split('\0')).toContain('ORT_DISABLE_TELEMETRY=1');
  const running = () => readdirSync(path.join(folder, 'workspace/run'));
  const [gateway] = running();
  process.kill(Number(/-(\d+)\.json$/.exec(gateway)![1]), 'SIGKILL');
  await until(() => output().includes('The gateway ended (SIGKILL)'));
  await until(async () => (await fetch(`${url}/health/ready`).catch(() => undefined))?.ok === true);
  expect(tritonPid()).toBe(first);

  process.kill(first, 'SIGKILL');
  await until(() => output().includes('Triton ended'));
  await until(async () => (await fetch(`${url}/health/ready`)).ok);

  const second = tritonPid();
  expect(second).not.toBe(first);
  child!.kill('SIGINT');
  const [code] = await once(child!, 'exit');
  expect(code).toBe(0);
  expect(isAlive(second)).toBe(false);
  await expect(fetch(`${url}/health/live`)).rejects.toThrow();
});

test('kill -9 of npm start takes gateway and Triton along', async () => {
  const { url, tritonPid } = await start();
  const triton = tritonPid();
  child!.kill('SIGKILL');
  await until(() => !isAlive(triton));
  await until(() =>
    fetch(`${url}/health/live`).then(
      () => false,
      () => true,
    ),
  );
});

test('npm that is ended by its id alone takes gateway and Triton along', async () => {
  const npm = (child = spawn('npm', ['start', '--', ...flags(['--port', '0'])], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
  }));
  let output = '';
  npm.stdout!.on('data', (text) => (output += text));
  await until(() => output.includes('Stop with Ctrl-C') || npm.exitCode !== null);
  const { pid, tritonPid } = JSON.parse(
    readFileSync(path.join(folder, 'workspace/logs/triton.ready.json'), 'utf8'),
  ) as Record<string, number>;
  npm.kill('SIGKILL');
  await until(() => !isAlive(tritonPid) && !isAlive(pid));
  await until(() => readdirSync(path.join(folder, 'workspace/run')).length === 0);
});

test('a second start on a workspace, or one where nothing can be written, starts no Triton and says why in a sentence', async () => {
  const { tritonPid } = await start();
  const log = () => readFileSync(path.join(folder, 'workspace/logs/triton.log'), 'utf8');
  const before = log();
  const second = await run('start.mjs', flags(['--port', '0']));
  expect(second).toMatchObject({
    code: 1,
    output: expect.stringMatching(/is used by another gateway, .*--auto_reload/),
  });
  expect(log()).toBe(before);
  expect(isAlive(tritonPid())).toBe(true);

  const file = path.join(folder, 'file');
  writeFileSync(file, '');
  const refused = await run('start.mjs', [...flags(['--port', '0']), '--workspace', path.join(file, 'workspace')]);
  expect(refused).toMatchObject({
    code: 1,
    output: expect.stringMatching(/the workspace cannot be used: a file is in the place of a folder/),
  });
  expect(refused.output).not.toMatch(/ at .*\.m?js:/);
});
