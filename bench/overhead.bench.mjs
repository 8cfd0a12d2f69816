// What the gateway adds to the model, in turn with a chain made by hand (the floor): wall time of a request minus Triton's own time, stages, peak memory.
//
//   npm run bench -- overhead
//   CASES=20@2,200@1.5 ROUNDS=5 npm run bench -- overhead
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { cache, root, setUp } from '../scripts/setup.mjs';
import { AnsweringProcess } from './support/answering-process.mjs';
import { imageBody, putModel, segment } from './support/client.mjs';
import { makeCt } from './support/ct.mjs';
import { load, median, round } from './support/figures.mjs';
import { pythonWith } from './support/python-environment.mjs';
import { peakMemory, sharedMemory, withTriton } from './support/server.mjs';
import { twoClassConfig, twoClassModel } from './support/two-class-model.mjs';

const { CASES = '20@2,20@1.5,200@2,200@1.5,200@1', ROUNDS = '5' } = process.env;
/** Target spacings in mm, by the name that a case gives them. */
const SPACINGS = { 2: [2, 2, 2], 1.5: [1.5, 1.5, 2], 1: [1, 1, 1] };
const HEADER = 352;

setUp({ triton: ['pytorch'] });
const floor = startFloor();
const rows = [];
await withTriton(async (bench) => {
  for (const name of CASES.split(',')) {
    const [slices, spacing] = name.split('@');
    const { path, source } = await makeCt(bench.folder, Number(slices));
    const plain = path.replace(/\.gz$/, '');
    await writeFile(plain, gunzipSync(await readFile(path)));
    await compare(bench, `${name} mm, .nii.gz`, path, SPACINGS[spacing], source);
    await compare(bench, `${name} mm, .nii`, plain, SPACINGS[spacing], source);
  }
});
floor.close();
console.log(`\nmedians of ${ROUNDS} after a warm-up, gateway and floor in turn; ${load()}`);
console.table(rows);
process.exit();

/** isal, SimpleITK and torch in one process. */
function startFloor() {
  const here = join(root, 'bench', 'references');
  const interpreter = pythonWith('bench-floor', join(here, 'requirements.txt'));
  const env = { ...process.env, PYTHONPATH: join(cache, 'triton-local', 'packages', 'pytorch') };
  return new AnsweringProcess(
    spawn(interpreter, [join(here, 'floor.py')], { stdio: ['pipe', 'pipe', 'inherit'], env }),
  );
}

async function compare(bench, name, image, spacing, source) {
  const body = await imageBody(image);
  const floorMask = join(bench.folder, 'floor.nii.gz');
  // A gateway of its own, so that its peak memory belongs to this image.
  const gateway = await bench.startGateway();
  await putModel(gateway.url, 'two_class', configFor(spacing), twoClassModel());
  const [overhead, floors, runs] = [[], [], []];
  for (let turn = 0; turn <= Number(ROUNDS); turn++) {
    const before = await bench.modelMs('two_class');
    const run = await segment(gateway.url, 'two_class', body);
    overhead.push(run.ms - ((await bench.modelMs('two_class')) - before));
    runs.push(run);
    floors.push((await floor.ask({ image, spacing, mask: floorMask })).ms);
  }
  const [[first, ...ours], [, ...theirs]] = [overhead, floors];
  rows.push({
    case: name,
    'first ms': round(first),
    'ms (least to most)': spread(ours),
    'floor ms': spread(theirs),
    'ours ÷ floor': round(median(ours) / median(theirs)),
    'peak RSS MB': round(peakMemory(gateway.pid) ?? NaN),
    '/dev/shm MB': round(sharedMemory(gateway.pid) ?? NaN),
  });
  const mask = gunzipSync(runs[0].mask);
  const same = sameShare(mask, gunzipSync(await readFile(floorMask)));
  const stageMs = (stage) => round(median(runs.slice(1).map(({ stages }) => stages.get(stage) ?? 0)));
  const stages = [...runs[0].stages.keys()].map((stage) => `${stage} ${stageMs(stage)}`).join(', ');
  const digest = createHash('sha256').update(mask).digest('hex').slice(0, 16);
  console.log(
    `${name}, from ${source}: ${stages}; sha256 of the mask ${digest}…, ${round(100 * same)} % of its bytes as the floor's`,
  );
  await gateway.stop();
}

/** The model's config, resampling to this spacing. */
function configFor(spacing) {
  const steps = twoClassConfig.pre_transforms.map((step) =>
    step.name === 'ScaleByResolution' ? { ...step, args: { ...step.args, target_resolution: spacing } } : step,
  );
  return { ...twoClassConfig, pre_transforms: steps };
}

function spread(values) {
  return `${round(median(values))} (${round(Math.min(...values))} to ${round(Math.max(...values))})`;
}

function sameShare(ours, theirs) {
  let same = 0;
  for (let at = HEADER; at < ours.length; at++) if (ours[at] === theirs[at]) same++;
  return same / (ours.length - HEADER);
}
