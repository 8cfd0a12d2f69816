// Inline messages against shared memory: FP32 there and back through a Python identity model on a real Triton.
//
//   npm run bench -- transport          (node bench/transport.bench.mjs [MB ...] for other sizes)
//
// Use the ratios; times depend on the machine.
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { root } from '../scripts/setup.mjs';
import { load, median, round } from './support/figures.mjs';
import { withTriton } from './support/server.mjs';

const { createTriton } = createRequire(import.meta.url)('../dist/triton/triton.js');
const MODEL = 'identity';
const sizes = process.argv.length > 2 ? process.argv.slice(2).map(Number) : [1, 32, 320];

await withTriton(async ({ repository, triton: { url } }) => {
  addIdentityModel(repository);
  const owner = createTriton({ url });
  await owner.models.load(MODEL);
  await owner.close();
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
      'inline / shared': round(inline.median / shared.median),
    });
  }
  console.log(`\nmedians of ${roundsFor(1)} calls (${roundsFor(320)} of the largest); ${load()}`);
  console.table(rows);
});
process.exit();

function addIdentityModel(repository) {
  const folder = join(repository, MODEL);
  mkdirSync(join(folder, '1'), { recursive: true });
  cpSync(join(root, 'tests/system/models/identity/model.py'), join(folder, '1', 'model.py'));
  const tensor = (name) => `[ { name: "${name}" data_type: TYPE_FP32 dims: [ -1 ] } ]`;
  writeFileSync(
    join(folder, 'config.pbtxt'),
    `backend: "python"\ninput ${tensor('IN')}\noutput ${tensor('OUT')}\ninstance_group [{ count: 1 kind: KIND_CPU }]\n`,
  );
}

async function measure(options, megabytes) {
  const triton = createTriton({ ...options, log: (level, message, facts) => console.log(level, message, facts) });
  const length = Math.round((megabytes * 2 ** 20) / 4);
  const data = new Float32Array(new SharedArrayBuffer(length * 4)).fill(1.5);
  const into = new Float32Array(new SharedArrayBuffer(length * 4));
  const request = {
    model: MODEL,
    inputs: [{ name: 'IN', datatype: 'FP32', shape: [length], data }],
    outputs: [{ name: 'OUT', expected: { datatype: 'FP32', shape: [length] }, into }],
  };
  const times = [];
  for (let round = 0; round <= roundsFor(megabytes); round++) {
    const begin = performance.now();
    await triton.infer(request);
    times.push(performance.now() - begin);
  }
  await triton.close();
  if (into[length - 1] !== 1.5) throw new Error('the result is wrong');
  const [first, ...rest] = times;
  return { first, median: median(rest), worst: Math.max(...rest) };
}

/** The largest sizes take seconds inline. */
function roundsFor(megabytes) {
  return megabytes > 100 ? 6 : 30;
}
