// What the gateway adds to the model on a click: the second and later calls of a 2-D DeepGrow model on one session.
//
//   npm run bench -- click
import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { clickOn, imageBody, openSession, putModel } from './support/client.mjs';
import { makeCt } from './support/ct.mjs';
import { deepgrowConfig, deepgrowModel } from './support/deepgrow-model.mjs';
import { load, median, percentile, round } from './support/figures.mjs';
import { withTriton } from './support/server.mjs';

const MODEL = 'deepgrow_2d';
const SLICES = 200;
const CLICKS = 40;
/** Between clicks: a person looks at the mask before the next one. Without it a click also waits for what the one before left to tidy up. */
const PAUSES_MS = [0, 300];

await withTriton(async (bench) => {
  const { path, source } = await makeCt(bench.folder, SLICES);
  const gateway = await bench.startGateway();
  await putModel(gateway.url, MODEL, deepgrowConfig, deepgrowModel());
  const session = await openSession(gateway.url, await imageBody(path));
  const click = async (index) => {
    const before = await bench.modelMs(MODEL);
    const params = { foreground: [[200 + index, 230, 60 + index]], background: [] };
    const run = await clickOn(gateway.url, MODEL, session, params);
    return { ...run, modelMs: (await bench.modelMs(MODEL)) - before };
  };
  const first = await click(0);
  for (const pause of PAUSES_MS) {
    const runs = [];
    for (let index = 1; index <= CLICKS; index++) {
      await sleep(pause);
      runs.push(await click(index));
    }
    report(source, pause, first, runs);
  }
  await gateway.stop();
});
process.exit();

function report(source, pause, first, runs) {
  const overhead = runs.map(({ ms, modelMs }) => ms - modelMs);
  console.log(
    `\n512 x 512 x ${SLICES}, from ${source}; ${CLICKS} clicks after the first on a session, ${pause} ms between them; ${load()}`,
  );
  console.table([
    {
      'first wall ms': round(first.ms),
      'wall p50 ms': round(median(runs.map(({ ms }) => ms))),
      'model p50 ms': round(median(runs.map(({ modelMs }) => modelMs))),
      'overhead p50 ms': round(median(overhead)),
      p90: round(percentile(overhead, 0.9)),
      least: round(Math.min(...overhead)),
      most: round(Math.max(...overhead)),
    },
  ]);
  const stages = [...runs[0].stages.keys()];
  console.table(
    Object.fromEntries(stages.map((name) => [name, round(median(runs.map((run) => run.stages.get(name) ?? 0)))])),
  );
  const hash = createHash('sha256');
  for (const { mask } of runs) hash.update(gunzipSync(mask));
  const bytes = median(runs.map(({ mask }) => mask.length));
  console.log(`  masks: ${bytes} bytes each, sha256 of all of them unzipped ${hash.digest('hex').slice(0, 16)}…`);
}
