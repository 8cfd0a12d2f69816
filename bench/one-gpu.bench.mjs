// How long a click takes while four whole-body jobs have the GPU, and while nobody else does. Both models sleep as one GPU would compute.
//
//   npm run bench -- one-gpu
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { brightImage, formOf } from '../scripts/bright-image.mjs';
import { root } from '../scripts/setup.mjs';
import { clickOn, imageBody, openSession, putModel, segment } from './support/client.mjs';
import { makeCt } from './support/ct.mjs';
import { deepgrowConfig } from './support/deepgrow-model.mjs';
import { load, median, percentile, round } from './support/figures.mjs';
import { withTriton } from './support/server.mjs';

const CLICKS = 20;
const PAUSE_MS = 100;
const LARGE_JOBS = 4;

await withTriton(async (bench) => {
  const { url } = await bench.startGateway({ allow_code_models: true, workers: LARGE_JOBS });
  const { inference: ofClicks, ...clickConfig } = deepgrowConfig;
  const { input, output, meta_data } = ofClicks;
  const click = { ...clickConfig, inference: { input, output, meta_data, TRITON: { name: ofClicks.TRITON.name } } };
  await putModel(
    url,
    'clicked',
    click,
    packed(bench, 'clicked', ['INPUT__0', '3, 256, 256'], ['OUTPUT__0', '1, 256, 256']),
  );
  const { inference, ...sample } = JSON.parse(
    readFileSync(join(root, 'samples/segmentation/config_aiaa.json'), 'utf8'),
  );
  delete inference.trtis;
  inference.args.batch_size = 1;
  await putModel(
    url,
    'large',
    { ...sample, inference },
    packed(bench, 'large', ['INPUT', '1, -1, -1, -1'], ['LOGITS', '2, -1, -1, -1']),
  );

  const session = await openSession(url, await imageBody((await makeCt(bench.folder, 50)).path));
  const clicks = async () => {
    const times = [];
    for (let n = 0; n < CLICKS; n++) {
      await sleep(PAUSE_MS);
      times.push(await clickOn(url, 'clicked', session, { foreground: [[200 + n, 230, 20]], background: [] }));
    }
    return times;
  };
  await clicks();
  const idle = await clicks();

  const image = brightImage([96, 96, 1600], (x, y) => Math.hypot(x - 48, y - 48) < 20);
  const form = new Response(formOf({ params: '{}' }, { image: ['b.nii', image.file] }));
  const body = { type: form.headers.get('content-type'), bytes: Buffer.from(await form.arrayBuffer()) };
  const windows = async () =>
    (await (await fetch(`http://127.0.0.1:${bench.triton.ports.http}/v2/models/large/stats`)).json()).model_stats[0]
      .execution_count;
  let isOver = false;
  let jobs = 0;
  const one = async () => {
    while (!isOver) jobs += (await segment(url, 'large', body)) ? 1 : 0;
  };
  const all = Array.from({ length: LARGE_JOBS }, one);
  while ((await windows()) < 2 * LARGE_JOBS) await sleep(50);
  const [before, began] = [await windows(), performance.now()];
  const busy = await clicks();
  const perSecond = (1000 * ((await windows()) - before)) / (performance.now() - began);
  isOver = true;
  await Promise.all(all);
  console.log(
    `\n${CLICKS} clicks, ${PAUSE_MS} ms between them; ${LARGE_JOBS} jobs of many windows at a time, ${jobs} ended; ${load()}`,
  );
  const [idleMs, busyMs] = [idle, busy].map((calls) => calls.map(({ ms }) => ms));
  const row = (times) => ({
    'p50 ms': round(median(times)),
    'p90 ms': round(percentile(times, 0.9)),
    'most ms': round(Math.max(...times)),
  });
  console.table({
    'nobody else': row(idleMs),
    'four large jobs': {
      ...row(busyMs),
      'windows a second': round(perSecond),
      ratio: round(median(busyMs) / median(idleMs)),
    },
  });
  const slowest = busy.find(({ ms }) => ms === Math.max(...busyMs));
  console.log('the slowest of them, ms by stage:', Object.fromEntries(slowest.stages));
});
process.exit();

/** The sleeping model as an archive. */
function packed(bench, name, input, output) {
  const at = join(bench.folder, `upload-${name}`);
  mkdirSync(join(at, '1'), { recursive: true });
  cpSync(join(root, 'bench/one-gpu/model.py'), join(at, '1/model.py'));
  const tensor = ([field, dims]) => `[ { name: "${field}" data_type: TYPE_FP32 dims: [ ${dims} ] } ]`;
  writeFileSync(
    join(at, 'config.pbtxt'),
    `backend: "python"\nmax_batch_size: 1\ninput ${tensor(input)}\noutput ${tensor(output)}\ninstance_group [ { count: 1 kind: KIND_CPU } ]\n`,
  );
  return execFileSync('tar', ['-cz', '-C', at, 'config.pbtxt', '1'], { maxBuffer: 2 ** 24 });
}
