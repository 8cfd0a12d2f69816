// How long GET /v1/models takes while four 512 x 512 x 200 jobs run through the gateway and a real Triton.
//
//   npm run bench -- responsive
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { imageBody, putModel, segment } from './support/client.mjs';
import { makeCt } from './support/ct.mjs';
import { load, percentile, round } from './support/figures.mjs';
import { withTriton } from './support/server.mjs';
import { twoClassConfig, twoClassModel } from './support/two-class-model.mjs';

const MODEL = 'two_class';
const JOBS = 4;
const ROUNDS = 3;
const ASK_EVERY_MS = 10;
const IDLE_MS = 3000;

await withTriton(async (bench) => {
  const { path, source } = await makeCt(bench.folder, 200);
  const body = await imageBody(path);
  const gateway = await bench.startGateway({ workers: JOBS });
  await putModel(gateway.url, MODEL, twoClassConfig, twoClassModel());
  const poller = new Worker(new URL('support/poller.mjs', import.meta.url), {
    workerData: { url: `${gateway.url}/v1/models`, everyMs: ASK_EVERY_MS },
  });
  await sleep(500);
  const idle = await during(poller, () => sleep(IDLE_MS));
  const started = performance.now();
  const busy = await during(poller, () => Promise.all(Array.from({ length: JOBS }, () => jobsInTurn(gateway, body))));
  const seconds = (performance.now() - started) / 1000;
  await poller.terminate();

  console.log(
    `\nGET /v1/models every ${ASK_EVERY_MS} ms while ${JOBS} jobs run at a time (${JOBS * ROUNDS} jobs in ${seconds.toFixed(1)} s); ` +
      `512 x 512 x 200, from ${source}; ${load()}`,
  );
  console.table({ idle: figures(idle), 'four jobs': figures(busy) });
  console.log('  aim: p99 below 50 ms; MONAI Label in the same place: 4.5 to 10 s');
});
process.exit();

async function jobsInTurn({ url }, body) {
  for (let round = 0; round < ROUNDS; round++) await segment(url, MODEL, body);
}

async function during(poller, work) {
  poller.postMessage('forget');
  await work();
  const report = new Promise((resolve) => poller.once('message', resolve));
  poller.postMessage('report');
  return report;
}

function figures({ latencies, failures }) {
  return {
    answers: latencies.length,
    failures,
    'p50 ms': round(percentile(latencies, 0.5)),
    'p99 ms': round(percentile(latencies, 0.99)),
    'max ms': round(Math.max(...latencies)),
  };
}
