// npm run test:containers: builds both images, brings the CPU profile up with a password, and tries to break it. Root, Docker and docker-compose are
// needed. NODE_IMAGE and TRITON_IMAGE are taken where this machine has other bases than the Dockerfile's. Not part of npm test: minutes, and an engine.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { exitWith, root, SetupError } from './setup.mjs';

const PASSWORD = 'of the containers test';
const PROJECT = 'aiaa-containers-test';
const SINGLE = `${PROJECT}-aiaa`;
const READY_WITHIN_MS = 120_000;
const folder = mkdtempSync(join(tmpdir(), 'containers-'));
const ports = { compose: 25_000 + (process.pid % 1000), single: 26_000 + (process.pid % 1000) };
const credentials = { Authorization: `Basic ${Buffer.from(`admin:${PASSWORD}`).toString('base64')}` };
const composeFiles = ['docker-compose.yml', 'deploy/docker/compose.secrets.yml', join(folder, 'limits.yml')];
const environment = {
  ...process.env,
  GATEWAY_TAG: 'containers-test',
  AIAA_PORT: String(ports.compose),
  ADMIN_PASSWORD_FILE: join(folder, 'password'),
  SHM_SIZE: '1g',
  GATEWAY_MEMORY: '4g',
  TRITON_MEMORY: '4g',
};

function run(program, args, { fails = false } = {}) {
  const { status, error, stdout, stderr } = spawnSync(program, args, { cwd: root, env: environment, encoding: 'utf8' });
  if (error) throw new SetupError(`${program} cannot be started: ${error.message}`);
  if ((status !== 0) !== fails)
    throw new Error(`${program} ${args.join(' ')} ended with ${status}:\n${stdout.slice(-2000)}${stderr.slice(-2000)}`);
  return stdout.trim();
}
const docker = (...args) => run('docker', args);
const compose = (...args) =>
  run('docker-compose', ['-p', PROJECT, ...composeFiles.flatMap((file) => ['-f', file]), '--profile', 'cpu', ...args]);
const idOf = (service) => compose('ps', '-q', service);
const inside = (service, script) => docker('exec', idOf(service), 'sh', '-c', script);
const refused = (service, script) => run('docker', ['exec', idOf(service), 'sh', '-c', script], { fails: true });

async function step(name, work) {
  const begin = performance.now();
  const told = await work();
  console.log(`${((performance.now() - begin) / 1000).toFixed(1).padStart(7)} s  ${name}${told ? `: ${told}` : ''}`);
}

/** Answers of /health/ready once the gateway has Triton and every model. */
async function ready(port, models) {
  for (const end = Date.now() + READY_WITHIN_MS; Date.now() < end; await sleep(250)) {
    const answer = await fetch(`http://127.0.0.1:${port}/health/ready`).catch(() => undefined);
    const state = await answer?.json().catch(() => undefined);
    if (answer?.ok && models.every((name) => state.models.some((one) => one.name === name && one.state === 'ready')))
      return state;
  }
  throw new Error(`the gateway on port ${port} was not ready with ${models} within ${READY_WITHIN_MS / 1000} s`);
}

const SIDE = 96;

/** NIfTI-1: a bright ball in the dark, larger than what goes to Triton inline. */
function ball() {
  const file = Buffer.alloc(352 + 4 * SIDE ** 3);
  file.writeInt32LE(348, 0);
  [3, SIDE, SIDE, SIDE, 1, 1, 1, 1].forEach((size, at) => file.writeInt16LE(size, 40 + 2 * at));
  file.writeInt16LE(16, 70);
  file.writeInt16LE(32, 72);
  [1, 1, 1, 1].forEach((size, at) => file.writeFloatLE(size, 76 + 4 * at));
  file.writeFloatLE(352, 108);
  file.writeInt16LE(1, 254);
  [0, 1, 2].forEach((axis) => file.writeFloatLE(1, 280 + 20 * axis));
  file.write('n+1\0', 344, 'latin1');
  const half = SIDE / 2;
  for (let at = 0; at < SIDE ** 3; at++) {
    const [x, y, z] = [at % SIDE, Math.floor(at / SIDE) % SIDE, Math.floor(at / SIDE ** 2)];
    file.writeFloatLE(Math.hypot(x - half, y - half, z - half) < 20 ? 200 : 0, 352 + 4 * at);
  }
  return file;
}

function part(fields, files) {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.set(name, value);
  for (const [name, [fileName, bytes]] of Object.entries(files)) form.set(name, new Blob([bytes]), fileName);
  return form;
}

const sample = (file) => [file, readFileSync(join(root, 'samples/segmentation', file))];
const upload = (port, name, headers) =>
  fetch(`http://127.0.0.1:${port}/admin/model/${name}`, {
    method: 'PUT',
    headers,
    body: part({}, { config: sample('config_aiaa.json'), data: sample('model.onnx') }),
  });

async function infer(port, name) {
  const url = `http://127.0.0.1:${port}/v1/segmentation?model=${name}&output=image`;
  const answer = await fetch(url, { method: 'POST', body: part({ params: '{}' }, { image: ['ball.nii', ball()] }) });
  return { status: answer.status, bytes: Buffer.from(await answer.arrayBuffer()) };
}

async function infers(port, name) {
  const { status, bytes } = await infer(port, name);
  assert.equal(status, 200, bytes.toString('utf8', 0, 500));
  assert.ok(bytes.length > 352);
}

function buildImages() {
  const bases = ['NODE_IMAGE', 'TRITON_IMAGE'].flatMap((name) =>
    process.env[name] ? ['--build-arg', `${name}=${process.env[name]}`] : [],
  );
  for (const [target, tag] of [
    ['gateway', 'aiaa-triton-gateway:containers-test'],
    ['aiaa', 'aiaa:containers-test'],
  ])
    docker('build', '--network', 'host', ...bases, '--target', target, '--tag', tag, '.');
  return docker('images', '--format', '{{.Repository}} {{.Size}}', '--filter', 'reference=aiaa*:containers-test')
    .split('\n')
    .join(', ');
}

/** What this machine refuses to set for a container is left at its own limits. */
function writeFiles() {
  writeFileSync(join(folder, 'password'), `${PASSWORD}\n`);
  run('chmod', ['-R', 'a+rX', folder]);
  const limits = 'services:\n  triton-cpu:\n    ulimits:\n      memlock: 65536\n      stack: 8388608\n';
  writeFileSync(join(folder, 'limits.yml'), limits);
}

async function closed() {
  assert.equal((await upload(ports.compose, 'first', {})).status, 401, 'an upload without a password');
  const answer = await upload(ports.compose, 'first', credentials);
  assert.equal(answer.status, 200, await answer.text());
}

/** Both write, the gateway's tensors go through it, and nobody else may read them. */
async function sharedMemory() {
  const { triton } = await ready(ports.compose, ['first']);
  assert.deepEqual(
    [triton.shared_memory.expected, triton.shared_memory.used],
    [true, true],
    triton.shared_memory.reason,
  );
  await infers(ports.compose, 'first');
  for (const service of ['gateway', 'triton-cpu'])
    assert.equal(inside(service, "stat -c '%a %u:%g' /dev/shm"), '1777 1000:1000', service);
  const regions = inside('triton-cpu', "stat -c '%a %u:%g' /dev/shm/aiaa_gateway_*").split('\n');
  assert.ok(regions.length > 0);
  for (const region of regions) assert.equal(region, '660 1000:1000');
  const metrics = await (await fetch(`http://127.0.0.1:${ports.compose}/metrics`, { headers: credentials })).text();
  assert.match(metrics, /^aiaa_tensor_bytes_total\{transport="shared_memory"\} [1-9]/m);
  return `${regions.length} regions`;
}

function hardening() {
  for (const [service, user] of [
    ['gateway', '1000'],
    ['triton-cpu', '65532'],
  ]) {
    const status = inside(service, 'cat /proc/1/status');
    for (const line of [/^CapEff:\s0+$/m, /^CapBnd:\s0+$/m, /^NoNewPrivs:\s1$/m, /^Seccomp:\s2$/m])
      assert.match(status, line, service);
    assert.match(status, new RegExp(`^Uid:\\s${user}\\s`, 'm'), service);
    refused(service, 'touch /etc/written || touch /usr/written');
    assert.equal(docker('inspect', '--format', '{{.HostConfig.ReadonlyRootfs}}', idOf(service)), 'true');
    assert.notEqual(docker('inspect', '--format', '{{.HostConfig.Memory}}', idOf(service)), '0');
  }
  refused('triton-cpu', 'touch /models/repo/written');
  refused('triton-cpu', 'ls /workspace');
  assert.equal(inside('gateway', 'stat -c %a /models/repo'), '750');
  assert.equal(inside('gateway', 'stat -c %a /models/repo/first/config.pbtxt'), '640');
  assert.equal(docker('port', idOf('triton-cpu')), '');
}

/** As the kernel does it: an engine takes `docker kill` for a wish of its operator. */
async function kill(service) {
  process.kill(Number(docker('inspect', '--format', '{{.State.Pid}}', idOf(service))), 'SIGKILL');
  const end = Date.now() + READY_WITHIN_MS;
  for (await sleep(1000); Date.now() < end; await sleep(250)) {
    // Until the model is loaded again its calls are refused with 503, and while the gateway is away there is no answer.
    const status = await infer(ports.compose, 'first').then(
      (answer) => answer.status,
      () => 0,
    );
    if (status === 200) return;
    assert.ok([0, 503].includes(status), `answered with ${status}`);
  }
  throw new Error(`the model did not serve again within ${READY_WITHIN_MS / 1000} s`);
}

async function fillTmp() {
  refused('gateway', 'head -c 400000000 /dev/zero > /tmp/full');
  const { status, bytes } = await infer(ports.compose, 'first');
  assert.ok(
    status === 200 || /DISK_FULL|no (space|room)/i.test(bytes.toString()),
    `${status} ${bytes.toString('utf8', 0, 300)}`,
  );
  inside('gateway', 'rm /tmp/full');
  await infers(ports.compose, 'first');
  return `answered with ${status} meanwhile`;
}

async function upgrade() {
  docker('tag', 'aiaa-triton-gateway:containers-test', 'aiaa-triton-gateway:containers-test-next');
  environment.GATEWAY_TAG = 'containers-test-next';
  compose('up', '-d', '--no-build');
  assert.match(docker('inspect', '--format', '{{.Config.Image}}', idOf('gateway')), /-next$/);
  await ready(ports.compose, ['first']);
  await infers(ports.compose, 'first');
}

async function oneContainer() {
  docker(
    ...['run', '--detach', '--name', SINGLE, '--shm-size', '1g', '-p', `${ports.single}:80`],
    ...['-e', 'AIAA_ADMIN_USER=admin', '-e', `AIAA_ADMIN_PASSWORD=${PASSWORD}`, 'aiaa:containers-test'],
  );
  await ready(ports.single, []);
  const answer = await upload(ports.single, 'first', credentials);
  assert.equal(answer.status, 200, await answer.text());
  await infers(ports.single, 'first');
  const { triton } = await ready(ports.single, ['first']);
  assert.equal(triton.shared_memory.used, true, triton.shared_memory.reason);
  assert.match(docker('logs', SINGLE), /Server URL .*http:\/\/HOST:PORT/);
}

function cleanUp() {
  const quiet = (...args) => spawnSync('docker', args, { env: environment });
  quiet('rm', '--force', '--volumes', SINGLE);
  try {
    compose('down', '--volumes');
  } finally {
    quiet(
      'rmi',
      'aiaa-triton-gateway:containers-test',
      'aiaa-triton-gateway:containers-test-next',
      'aiaa:containers-test',
    );
    rmSync(folder, { recursive: true });
  }
}

async function main() {
  writeFiles();
  try {
    await step('both images are built', buildImages);
    await step('the CPU profile is up and ready', async () => {
      compose('up', '-d', '--no-build');
      await ready(ports.compose, []);
    });
    await step('nobody uploads without the password', closed);
    await step('tensors go through shared memory, closed to others', sharedMemory);
    await step('every line of hardening, from inside', hardening);
    for (const service of ['triton-cpu', 'gateway'])
      await step(`${service} killed: back with its model`, () => kill(service));
    await step('/tmp full', fillTmp);
    await step('upgraded by tag: models kept', upgrade);
    await step('the one container', oneContainer);
  } catch (error) {
    console.error(compose('logs', '--tail', '40'));
    throw error;
  } finally {
    cleanUp();
  }
}

main().catch(exitWith);
