// npm run test:containers: builds both images, brings the CPU profile and the one for TensorFlow up as they are shipped, then the containers of a pod of
// deploy/kubernetes, and tries to break them. Root, Docker, compose and kubectl are needed. NODE_IMAGE, TRITON_IMAGE, TENSORFLOW_TRITON_IMAGE and
// PROMETHEUS_IMAGE name other images where this machine cannot pull. Not part of npm test: minutes, and an engine.
// With --built it takes the images that an earlier run with --built left, and leaves them.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { parse } from 'yaml';
import * as engine from './containers/engine.mjs';
import { everyLine } from './containers/hardening.mjs';
import { removePod, startPod } from './containers/pod.mjs';
import { credentialsOf, infer, infers, lives, ready, READY_WITHIN_MS, serves, statusOf, upload, uploaded } from './containers/traffic.mjs'; // prettier-ignore
import { exitWith } from './setup.mjs';

const { compose, docker, environment, idOf, inside, inspect, NAME, ports, profiles, quietly, refused, SINGLE, TAG } =
  engine;
const GATEWAY = `aiaa-triton-gateway:${TAG}`;
const AIAA = `aiaa:${TAG}`;
const VOLUME = `${SINGLE}-workspace`;
const NEXT_VERSION = '99.0.0';
const isBuilt = process.argv.includes('--built');
let credentials;

async function step(name, work) {
  const begin = performance.now();
  const told = await work();
  console.log(`${((performance.now() - begin) / 1000).toFixed(1).padStart(7)} s  ${name}${told ? `: ${told}` : ''}`);
}

function buildImages() {
  const bases = ['NODE_IMAGE', 'TRITON_IMAGE'].flatMap((name) =>
    process.env[name] ? ['--build-arg', `${name}=${process.env[name]}`] : [],
  );
  const images = docker('images', '--format', '{{.Repository}}:{{.Tag}}').split('\n');
  for (const [target, tag] of Object.entries({ gateway: GATEWAY, aiaa: AIAA }))
    if (!isBuilt || !images.includes(tag))
      docker('build', '--network', 'host', ...bases, '--target', target, '--tag', tag, '.');
  return docker('images', '--format', '{{.Repository}} {{.Size}}', '--filter', `reference=aiaa*:${TAG}`)
    .split('\n')
    .join(', ');
}

async function up() {
  const without = engine.leaveOutWhatIsRefused(GATEWAY);
  compose('up', '-d', '--no-build');
  await ready(ports.compose, []);
  return without;
}

const passwordsIn = (log) => [...log.matchAll(/user admin, password (\S+)/g)].map(([, password]) => password);

/** The password is the one that the log shows; what is on the disk is its hash. */
async function closed() {
  const [password, ...more] = passwordsIn(compose('logs', '--no-color', 'gateway'));
  assert.match(password, /^[\w-]{20}$/);
  assert.equal(more.length, 0);
  credentials = credentialsOf(password);
  refused('gateway', `grep -r "${password}" /workspace /models /tmp`);
  assert.equal(inside('gateway', 'stat -c %a /workspace/users.json'), '600');

  const { compose: port } = ports;
  assert.equal((await upload(port, 'first', {})).status, 401, 'an upload without a password');
  assert.equal((await upload(port, 'first', credentialsOf('wrong'))).status, 401, 'an upload with a wrong one');
  for (const path of ['/logs', '/v1/jobs', '/metrics', '/admin/model', '/v1/dashboard/data'])
    assert.deepEqual([path, await statusOf(port, path), await statusOf(port, path, credentials)], [path, 401, 200]);
  const origin = { ...credentials, Origin: 'https://evil.example' };
  assert.equal(await statusOf(port, '/admin/model', origin), 403, 'a foreign page');
  for (const [host, status] of Object.entries({ [NAME]: 200, localhost: 200, '10.0.0.7:80': 200, 'evil.example': 421 }))
    assert.deepEqual([host, await statusOf(port, '/v1/models', { host })], [host, status]);

  await uploaded(port, 'first', credentials);
}

/** Tensors of both models go through it, and nobody else may read them. @returns how many regions `inTriton` sees */
async function throughSharedMemory(port, models, inTriton) {
  const health = await ready(port, models);
  for (const {
    shared_memory: { expected, used, reason },
  } of [health.triton, health.tensorflow_triton].filter(Boolean))
    assert.deepEqual([expected, used], [true, true], reason);
  for (const model of models) await infers(port, model);
  const regions = inTriton("stat -c '%a %u:%g' /dev/shm/aiaa_gateway_*").split('\n');
  assert.ok(regions.length > 0);
  for (const region of regions) assert.equal(region, '660 1000:1000');
  const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`, { headers: credentials })).text();
  assert.match(metrics, /^aiaa_tensor_bytes_total\{transport="shared_memory"\} [1-9]/m);
  return `${regions.length} regions`;
}

/** Both containers write. */
async function sharedMemory() {
  for (const service of ['gateway', 'triton-cpu'])
    assert.equal(inside(service, "stat -c '%a %u:%g' /dev/shm"), '1777 1000:1000', service);
  assert.equal(inside('gateway', 'df -m --output=size /dev/shm | tail -n 1').trim(), '1024');
  return throughSharedMemory(ports.compose, ['first'], (script) => inside('triton-cpu', script));
}

/** As compose's Prometheus does it: without a credential, from the inner network. */
async function scraped() {
  compose('--profile', 'monitoring', 'up', '-d', '--no-build', 'prometheus');
  const ask =
    "fetch('http://prometheus:9090/api/v1/targets').then((a) => a.text()).then(console.log, () => console.log('{}'))";
  let seen;
  for (const end = Date.now() + READY_WITHIN_MS; Date.now() < end; await sleep(1000)) {
    const { data } = JSON.parse(inside('gateway', `node -e "${ask}"`));
    seen = Object.fromEntries((data?.activeTargets ?? []).map(({ labels, health }) => [labels.job, health]));
    if (seen.gateway === 'up' && seen.triton === 'up') return 'gateway and Triton';
  }
  throw new Error(`targets of Prometheus: ${JSON.stringify(seen)}`);
}

function hardening() {
  const lines = everyLine(['gateway', 'triton-cpu']);
  // What is shared between the two, and what is not.
  refused('triton-cpu', 'ls /workspace');
  assert.equal(inside('gateway', 'stat -c %a /models/repo'), '750');
  assert.equal(inside('gateway', 'stat -c %a /models/repo/first/config.pbtxt'), '640');
  assert.equal(inside('triton-cpu', "curl -s -o /dev/null -w '%{http_code}' http://gateway:5000/admin/model"), '401');
  return `${lines} lines`;
}

/** The profile for TensorFlow models: beside the other one, on the inner network, and for those models alone. */
async function tensorflow() {
  profiles.push('tensorflow');
  environment.AIAA_TENSORFLOW_TRITON_URL = 'grpc://triton-tensorflow:8001';
  compose('up', '-d', '--no-build');
  await uploadedToTensorflow(ports.compose);
  assert.equal(inside('triton-tensorflow', 'ls /models/repo-tensorflow'), 'second');
  refused('triton-tensorflow', 'ls /workspace');
  const regions = await throughSharedMemory(ports.compose, ['first', 'second'], (script) =>
    inside('triton-tensorflow', script),
  );
  return `${regions}, ${everyLine(['triton-tensorflow'])} lines`;
}

async function uploadedToTensorflow(port) {
  await ready(port, []);
  await uploaded(port, 'second', credentials, 'tensorflow');
  const answer = await fetch(`http://127.0.0.1:${port}/admin/model/second`, { headers: credentials });
  assert.match(await answer.text(), /tensorflow_graphdef/);
}

/** Tensors that go the slow way: said at start and by doctor, with the reason. Models of Triton's Python backends do not load then. */
async function sharedMemoryLost() {
  const command = `aiaa-gateway doctor --user admin --password '${passwordOf(credentials)}'`;
  inside('gateway', 'chmod 700 /dev/shm');
  compose('restart', 'gateway');
  await lives(ports.compose);
  const said = inside('gateway', `${command} || true`);
  assert.match(said, /shared memory {2}not used, tensors go through gRPC: Triton does not see the gateway/);
  assert.match(compose('logs', '--no-color', 'gateway'), /shared memory is not used.*Triton does not see the gateway/);
  inside('gateway', 'chmod 1777 /dev/shm');
  compose('restart', 'gateway');
  await ready(ports.compose, ['first']);
  await infers(ports.compose, 'first');
  assert.doesNotMatch(inside('gateway', command), /shared memory {2}not used/);
}
const passwordOf = ({ Authorization: text }) => Buffer.from(text.split(' ')[1], 'base64').toString().split(':')[1];

/** As the kernel does it: an engine takes `docker kill` for a wish of its operator. */
async function kill(pid, port, model) {
  process.kill(pid, 'SIGKILL');
  await sleep(500);
  return `${await serves(port, model)} s after it`;
}

async function fillTmp() {
  refused('gateway', 'head -c 400000000 /dev/zero > /tmp/full');
  const { status, bytes } = await infer(ports.compose, 'first');
  assert.ok(
    status === 200 || /"code":"DISK_FULL"/.test(bytes.toString()),
    `${status} ${bytes.toString('utf8', 0, 300)}`,
  );
  inside('gateway', 'rm /tmp/full');
  await infers(ports.compose, 'first');
  return `answered with ${status} meanwhile`;
}

/** Another image under another tag. Users, models and their versions are in the volumes. */
async function upgrade() {
  const version = `sed -i 's/"version": "[^"]*"/"version": "${NEXT_VERSION}"/' package.json`;
  engine.dockerBuildOf(`FROM ${GATEWAY}\nUSER root\nRUN ${version}\nUSER node\n`, `${GATEWAY}-next`);
  environment.GATEWAY_TAG = `${TAG}-next`;
  compose('up', '-d', '--no-build');
  await ready(ports.compose, ['first', 'second']);
  for (const model of ['first', 'second']) await infers(ports.compose, model);
  assert.equal(inspect(idOf('gateway')).Image, inspect(`${GATEWAY}-next`).Id);
  const answer = await fetch(`http://127.0.0.1:${ports.compose}/v1/dashboard/data?hours=1`, { headers: credentials });
  assert.equal((await answer.json()).live.versions.gateway, NEXT_VERSION);
  assert.deepEqual(passwordsIn(compose('logs', '--no-color', 'gateway')), [], 'a password is made once');
  assert.equal(await statusOf(ports.compose, '/admin/model', credentials), 200);
}

/** The way of the guide, twice: the second container takes over the workspace of the first. */
async function oneContainer() {
  const begin = () => {
    const mounts = ['--shm-size', '1g', '-p', `${ports.single}:80`, '-v', `${VOLUME}:/aiaa`];
    docker('run', '--detach', '--name', SINGLE, ...mounts, AIAA, 'start_aas.sh', '--workspace', '/aiaa');
  };
  begin();
  await ready(ports.single, []);
  const [password] = passwordsIn(docker('logs', SINGLE));
  assert.equal((await upload(ports.single, 'first', {})).status, 401);
  await uploaded(ports.single, 'first', credentialsOf(password));
  await infers(ports.single, 'first');
  const { triton } = await ready(ports.single, ['first']);
  assert.equal(triton.shared_memory.used, true, triton.shared_memory.reason);
  // Which port of the host leads to it, no container knows.
  assert.match(docker('logs', SINGLE), /Server URL .*http:\/\/HOST:PORT\n.*PORT what leads to 80 of this container/);
  // Brackets, so that the shell does not find itself.
  const userOf = (program) =>
    docker('exec', SINGLE, 'sh', '-c', `stat -c %u $(grep -lsaE '${program}' /proc/[0-9]*/cmdline | head -n 1)`);
  assert.deepEqual(['dist/[m]ain.js', 'model-control-[m]ode'].map(userOf), ['1000', '65532']);
  docker('rm', '--force', SINGLE);
  begin();
  await ready(ports.single, ['first']);
  await infers(ports.single, 'first');
  assert.deepEqual(passwordsIn(docker('logs', SINGLE)), []);
}

/** The containers of a pod of deploy/kubernetes: one network, one /dev/shm, a repository of their own. */
async function pod() {
  compose('stop');
  const password = randomBytes(12).toString('base64url');
  credentials = credentialsOf(password);
  const { services } = parse(compose('config'));
  const images = { gateway: GATEWAY, triton: services['triton-cpu'].image };
  images['triton-tensorflow'] = services['triton-tensorflow'].image;
  const port = ports.pod;
  const started = startPod(images, port, password);
  const inTriton = (script) => started.inside('triton', script);
  await uploadedToTensorflow(port);
  await uploaded(port, 'first', credentials);
  started.probe();
  const regions = await throughSharedMemory(port, ['first', 'second'], inTriton);
  assert.equal(await statusOf(port, '/metrics'), 401, 'a container of the pod is no operator');
  assert.equal(inTriton("curl -s -o /dev/null -w '%{http_code}' http://127.0.0.1:5000/admin/model"), '401');
  assert.throws(() => inTriton('ls /workspace || touch /models/written'));
  const times = [];
  for (const [name, model] of Object.entries({ triton: 'first', 'triton-tensorflow': 'second', gateway: 'first' }))
    times.push(`${name} killed, back ${await kill(started.pidOf(name), port, model)}`);
  return [regions, ...times, await endOf(started, port)].join('; ');
}

/** Clients infer until nobody listens. What ran when the gateway was told to end is answered, since its Triton stays so long. */
async function endOf({ end }, port) {
  const answers = [];
  let hasEnded = false;
  const client = async () => {
    while (!hasEnded) {
      const began = Date.now();
      const { status, bytes } = await infer(port, 'first').catch(() => ({}));
      if (status === undefined) await sleep(100);
      else answers.push({ began, ended: Date.now(), status, text: status === 200 ? '' : bytes.toString() });
    }
  };
  const clients = [client(), client()];
  const times = await end().finally(() => (hasEnded = true));
  await Promise.all(clients);
  const { gateway, ...tritons } = times;
  for (const { status, text } of answers) assert.ok(status === 200 || /"code":"STOPPING"/.test(text), text);
  const across = answers.filter(
    ({ began, ended, status }) => status === 200 && began < gateway.told && ended > gateway.told,
  );
  assert.ok(across.length > 0, 'no job ran when the gateway was told to end');
  assert.equal(gateway.code, 0);
  for (const [name, { ended }] of Object.entries(tritons))
    assert.ok(ended >= gateway.ended, `${name} ended before the gateway`);
  return `ended in order, ${across.length} of ${answers.length} jobs meanwhile`;
}

function cleanUp() {
  removePod();
  quietly('rm', '--force', '--volumes', SINGLE);
  quietly('volume', 'rm', VOLUME);
  try {
    profiles.push('monitoring');
    compose('down', '--volumes');
  } finally {
    quietly('rmi', `${GATEWAY}-next`, ...(isBuilt ? [] : [GATEWAY, AIAA]));
    rmSync(engine.folder, { recursive: true });
  }
}

async function main() {
  try {
    await step('both images are built', buildImages);
    await step('the CPU profile is up and ready', up);
    await step('closed: the password of the log, names, pages', closed);
    await step('tensors go through shared memory, closed to others', sharedMemory);
    await step('Prometheus scrapes', scraped);
    await step('every line of the compose file, from inside', hardening);
    await step('shared memory lost: said with its reason', sharedMemoryLost);
    await step('TensorFlow models have a Triton of their own', tensorflow);
    for (const [service, model] of Object.entries({
      'triton-cpu': 'first',
      'triton-tensorflow': 'second',
      gateway: 'first',
    }))
      await step(`${service} killed: back with its model`, () =>
        kill(inspect(idOf(service)).State.Pid, ports.compose, model),
      );
    await step('/tmp full', fillTmp);
    await step('upgraded to another image: users and models kept', upgrade);
    await step('the one container, and a second one on its workspace', oneContainer);
    await step('the containers of a pod of Kubernetes', pod);
  } catch (error) {
    console.error(compose('logs', '--tail', '40'));
    throw error;
  } finally {
    cleanUp();
  }
}

main().catch(exitWith);
