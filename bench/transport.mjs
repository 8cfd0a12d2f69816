// Inline messages against shared memory, FP32 there and back through a Python identity model on a real Triton.
//
//   npm run build && node bench/transport.mjs [--rounds N] [MB ...]
//
// Prints one table: median and worst time of a call, and how many times faster shared memory is. Use the ratios; times
// depend on the machine.
import { spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const { createTriton } = createRequire(import.meta.url)('../dist/triton/triton.js');
const root = path.join(path.dirname(fileURLToPath(import.meta.url)), '..');

const given = process.argv.slice(2);
const at = given.indexOf('--rounds');
const rounds = at < 0 ? 0 : Number(given.splice(at, 2)[1]);
const sizes = given.length ? given.map(Number) : [0.0625, 1, 32, 320];

const workspace = mkdtempSync(path.join(tmpdir(), 'bench-transport-'));
const repository = path.join(workspace, 'repository');
const model = path.join(repository, 'identity');
mkdirSync(path.join(model, '1'), { recursive: true });
cpSync(path.join(root, 'tests/system/models/identity/model.py'), path.join(model, '1/model.py'));
const tensor = (name) => `[ { name: "${name}" data_type: TYPE_FP32 dims: [ -1 ] } ]`;
writeFileSync(
  path.join(model, 'config.pbtxt'),
  `backend: "python"\ninput ${tensor('IN')}\noutput ${tensor('OUT')}\ninstance_group [{ count: 1 kind: KIND_CPU }]\n`,
);

const ready = path.join(workspace, 'ready.json');
const server = spawn(
  'python3',
  [
    'triton-local/start.py',
    '--model-repository',
    repository,
    '--ready-file',
    ready,
    '--log-file',
    path.join(workspace, 'log'),
    '--grpc-port',
    '0',
    '--http-port',
    '0',
    '--metrics-port',
    '0',
  ],
  { cwd: root, stdio: 'inherit' },
);

try {
  const url = await addressOf(ready);
  await createTriton({ url }).repository.load('identity');
  const rows = [];
  for (const megabytes of sizes) {
    const inline = await measure({ url, sharedMemory: 'off' }, megabytes);
    const shared = await measure({ url, sharedMemory: 'on' }, megabytes);
    rows.push({
      'MB each way': megabytes,
      'inline ms': round(inline.median),
      'inline worst': round(inline.worst),
      'shared ms': round(shared.median),
      'shared first': round(shared.first),
      'shared worst': round(shared.worst),
      'times faster': round(inline.median / shared.median),
    });
  }
  console.table(rows);
} finally {
  server.kill('SIGTERM');
  await new Promise((resolve) => server.once('exit', resolve));
  rmSync(workspace, { recursive: true });
}
process.exit();

async function measure(options, megabytes) {
  const triton = createTriton({ ...options, log: (level, message, facts) => console.log(level, message, facts) });
  const length = Math.round((megabytes * 2 ** 20) / 4);
  const data = new Float32Array(new SharedArrayBuffer(length * 4)).fill(1.5);
  const into = new Float32Array(new SharedArrayBuffer(length * 4));
  const request = {
    model: 'identity',
    inputs: [{ name: 'IN', datatype: 'FP32', shape: [length], data }],
    outputs: [{ name: 'OUT', expected: { datatype: 'FP32', shape: [length] }, into }],
  };
  const times = [];
  for (let round = 0; round < (rounds || (megabytes > 100 ? 6 : 30)) + 1; round++) {
    const begin = performance.now();
    await triton.infer(request);
    times.push(performance.now() - begin);
  }
  await triton.close();
  if (into[length - 1] !== 1.5) throw new Error('the result is wrong');
  const [first, ...rest] = times;
  rest.sort((a, b) => a - b);
  return { first, median: rest[rest.length >> 1], worst: rest.at(-1) };
}

async function addressOf(file) {
  for (let tries = 0; tries < 1200; tries++) {
    try {
      const { host, grpc } = JSON.parse(readFileSync(file, 'utf8'));
      return `grpc://${host}:${grpc}`;
    } catch {
      await sleep(50);
    }
  }
  throw new Error('Triton did not start');
}

function round(value) {
  return Number(value.toPrecision(3));
}
