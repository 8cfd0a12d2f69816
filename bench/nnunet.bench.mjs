// What nnU-Net's own predictor and the gateway take around the same small network: a CT of 512 x 512 x 200, windows of 1.5 mm, in turn.
//
//   NNUNET_PYTHON=/opt/nnunet/bin/python npm run bench -- nnunet
//   HEADS=5,25 REFERENCE=25 MIRRORING=off npm run bench -- nnunet
//
// NNUNET_PYTHON: a Python with tests/golden/nnunet_requirements.txt. HEADS: models by their number of heads. REFERENCE: most heads that nnU-Net itself is run with.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { root } from '../scripts/setup.mjs';
import { processorTime } from './scale/processor-time.mjs';
import { imageBody, putModelArchive, segment } from './support/client.mjs';
import { makeCt } from './support/ct.mjs';
import { load, round } from './support/figures.mjs';
import { peakMemory, sharedMemory, withTriton } from './support/server.mjs';

const { NNUNET_PYTHON: python, HEADS = '5,25,118', REFERENCE = '25', MIRRORING: mirroring = 'on' } = process.env;
const HEADER = 352;

if (!python) {
  console.log(
    'nnunet was not run: NNUNET_PYTHON must name a Python with the packages of tests/golden/nnunet_requirements.txt',
  );
  process.exit();
}

const rows = [];
await withTriton(async (bench) => {
  const { path, source } = await makeCt(bench.folder, 200);
  const body = await imageBody(path);
  for (const heads of HEADS.split(',')) {
    const folder = join(bench.folder, `heads${heads}`);
    run('make', folder, heads);
    // A gateway of its own, so that its peak memory belongs to this model.
    const gateway = await bench.startGateway();
    const model = `heads${heads}`;
    await putModelArchive(gateway.url, model, await readFile(join(folder, 'model.zip')), { mirroring });
    const before = await bench.modelMs(model);
    let shared = 0;
    const timer = setInterval(() => (shared = Math.max(shared, sharedMemory(gateway.pid) ?? 0)), 50);
    const spent = processorTime([gateway.pid]);
    const ours = await segment(gateway.url, model, body);
    const processor = processorTime([gateway.pid]) - spent;
    clearInterval(timer);
    const around = (ours.ms - ((await bench.modelMs(model)) - before)) / 1000;
    const memory = (peakMemory(gateway.pid) ?? NaN) + shared;
    await gateway.stop();
    rows.push({
      heads,
      mirroring,
      'around the network s': round(around),
      'processor s': round(processor),
      'RSS and /dev/shm MB': round(memory),
      ...theirs(heads, folder, path, { around, processor, memory, mask: ours.mask }),
    });
    console.log(JSON.stringify({ ...rows.at(-1), stages: Object.fromEntries(ours.stages), load: load() }));
  }
  console.log(`\n512 x 512 x 200, from ${source}; ${load()}`);
});
console.table(rows);
process.exit();

function run(...args) {
  const { status, stdout, stderr } = spawnSync(python, [join(root, 'bench', 'references', 'nnunet.py'), ...args], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`nnunet.py ${args[0]} failed: ${stderr}`);
  return stdout.trim().split('\n').at(-1);
}

/** nnU-Net's own figures, and ours against them; nothing beyond the heads that it is run with. */
function theirs(heads, folder, image, ours) {
  if (Number(heads) > Number(REFERENCE)) return {};
  const mask = join(folder, 'mask.nii');
  const { total, network, processor, networkProcessor, peakMb } = JSON.parse(
    run('run', folder, image, mask, mirroring),
  );
  const labels = gunzipSync(ours.mask).subarray(HEADER);
  const expected = readFileSync(mask).subarray(HEADER);
  return {
    'nnU-Net s': round(total - network),
    'nnU-Net processor s': round(processor - networkProcessor),
    'nnU-Net MB': round(peakMb),
    'times less time': round((total - network) / ours.around),
    'times less processor time': round((processor - networkProcessor) / ours.processor),
    'times less memory': round(peakMb / ours.memory),
    'voxels that differ': expected.reduce((sum, label, at) => sum + Number(label !== labels[at]), 0),
  };
}
