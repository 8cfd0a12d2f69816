// Jobs a second and their time for 1, 2 and 4 gateways on one workspace in front of one Triton, whose model sleeps for 0.5 s as a GPU would compute, with 1
// to 64 clients behind nginx's hash of addresses; then one gateway is killed. Everything is on this machine's loopback address. Needs nginx.
//
//   npm run bench -- scale          SECONDS=6: of each row
import { availableParallelism } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { brightImage, formOf, wrongVoxels } from '../scripts/bright-image.mjs';
import { infer } from './scale/clients.mjs';
import { startNginx } from './scale/nginx.mjs';
import { processorTime } from './scale/processor-time.mjs';
import { putSleepingModel } from './scale/sleeping-model.mjs';
import { load, percentile, round } from './support/figures.mjs';
import { withTriton } from './support/server.mjs';

const MS = 1000 * Number(process.env.SECONDS ?? 6);
const SIDE = 96;
const WORKERS = 2;
const GPUS = 8;
/** Model names, by how many jobs of them compute at a time. */
const models = { 1: 'one-gpu', [GPUS]: 'eight-gpus' };
const CLIENTS = [1, 4, 16, 64];
const WARM_UP = 16;
const KILL_CLIENTS = 16;

const image = brightImage([SIDE, SIDE, SIDE], (x, y, z) => Math.hypot(x - 48, y - 48, z - 48) < 20);
const form = new Response(formOf({ params: '{}' }, { image: ['b.nii', image.file] }));
const body = { type: form.headers.get('content-type'), bytes: Buffer.from(await form.arrayBuffer()) };

await withTriton(async (bench) => {
  const gateways = [];
  const start = async (workers) => {
    // As many as wait for one gateway in the largest row; --queue_size is 32 otherwise, and more are answered with 503.
    const flags = {
      auto_reload: true,
      allow_code_models: true,
      workers,
      queue_size: Math.max(...CLIENTS),
      log_level: 'warn',
    };
    gateways.push(await bench.startGateway(flags));
    for (let isReady = false; !isReady; await sleep(50))
      isReady = (await fetch(`${gateways.at(-1).url}/health/ready`)).ok;
  };
  await start(WORKERS);
  for (const [instances, name] of Object.entries(models))
    await putSleepingModel(gateways[0].url, name, instances, bench.folder);

  const rows = [];
  const row = async (gpus, clients, workers = WORKERS) => {
    rows.push(await measure(bench, gateways, { gpus, clients, workers }));
    console.log(JSON.stringify(rows.at(-1)));
  };
  for (const count of [1, 2, 4]) {
    while (gateways.length < count) await start(WORKERS);
    for (const clients of CLIENTS) await row(GPUS, clients);
    await row(1, 4);
  }
  const killed = await kill(bench, gateways);
  for (const gateway of gateways.splice(0)) await gateway.stop();
  await start(WORKERS * 4);
  for (const clients of [16, 64]) await row(GPUS, clients, WORKERS * 4);

  console.log(`\n${availableParallelism()} cores for clients, nginx, gateways and Triton together; ${load()}`);
  console.table(rows);
  console.log('\none of 4 gateways killed, 16 clients:');
  console.table(killed);
});
process.exit();

/** Of every answer, to the end: clients that wait when time is up have theirs still. */
async function run(bench, gateways, { gpus, clients, ms }, meanwhile) {
  const nginx = await startNginx(bench.folder, gateways.map(({ url }) => Number(new URL(url).port))); // prettier-ignore
  try {
    const job = { port: nginx.port, model: models[gpus], body, clients };
    await infer({ ...job, clients: Math.min(clients, WARM_UP), ms: 1 });
    const parts = { gateways: gateways.map(({ pid }) => pid), triton: [bench.triton.process.pid], rest: [process.pid] };
    const spent = () => Object.fromEntries(Object.entries(parts).map(([name, pids]) => [name, processorTime(pids)]));
    const [before, began] = [spent(), performance.now()];
    const [answers] = await Promise.all([infer({ ...job, ms }), meanwhile?.(began)]);
    const [after, ended] = [spent(), performance.now()];
    check(answers);
    const cpu = Object.fromEntries(Object.keys(parts).map((name) => [name, after[name] - before[name]]));
    // What this process has started is among its descendants.
    return {
      answers,
      began,
      seconds: (ended - began) / 1000,
      cpu: { ...cpu, rest: cpu.rest - cpu.gateways - cpu.triton },
    };
  } finally {
    await nginx.stop();
  }
}

/** @throws where a mask has a wrong voxel */
function check(answers) {
  const masks = answers.filter(({ status }) => status === 200).map(({ mask }) => mask);
  const failed = answers.find(({ status }) => status !== 200);
  if (failed) console.log('a failure:', failed.status, failed.mask?.toString());
  if (masks.length && wrongVoxels(masks[0], image.mask)) throw new Error('a mask is wrong');
  if (!masks.every((mask) => mask.equals(masks[0]))) throw new Error('masks differ');
}

/** How often which, such as `502 502`. */
function failuresOf(answers) {
  return answers
    .flatMap(({ status }) => (status === 200 ? [] : [status]))
    .sort()
    .join(' ');
}

async function measure(bench, gateways, { gpus, clients, workers }) {
  const { answers, seconds, cpu } = await run(bench, gateways, { gpus, clients, ms: MS });
  const good = answers.filter(({ status }) => status === 200);
  const times = good.map(({ ms }) => ms);
  const perJob = (part) => round((1000 * cpu[part]) / good.length);
  return {
    gateways: gateways.length,
    'workers each': workers,
    GPUs: gpus,
    clients,
    'jobs/s': round(good.length / seconds),
    'p50 ms': times.length ? round(percentile(times, 0.5)) : undefined,
    'p95 ms': times.length ? round(percentile(times, 0.95)) : undefined,
    failures: failuresOf(answers),
    'gateways, CPU ms/job': perJob('gateways'),
    'Triton, CPU ms/job': perJob('triton'),
    'clients and nginx, CPU ms/job': perJob('rest'),
    'cores busy': round((cpu.gateways + cpu.triton + cpu.rest) / seconds),
  };
}

async function kill(bench, gateways) {
  const ms = 2 * MS;
  let killedAt;
  const { answers, began } = await run(bench, gateways, { gpus: GPUS, clients: KILL_CLIENTS, ms }, async (from) => {
    await sleep(from + ms / 3 - performance.now());
    killedAt = performance.now();
    process.kill(gateways[0].pid, 'SIGKILL');
  });
  const failures = answers.filter(({ status }) => status !== 200);
  const hit = new Set(failures.map(({ client }) => client));
  const backMs = [...hit].map((client) => {
    const first = failures.find((one) => one.client === client).at;
    return answers.find((one) => one.client === client && one.status === 200 && one.at > first).at - killedAt;
  });
  const good = answers.filter(({ status }) => status === 200);
  const rate = (from, to) => round(good.filter(({ at }) => at > from && at <= to).length / ((to - from) / 1000));
  return {
    'jobs/s before': rate(began, killedAt),
    'jobs/s after': rate(killedAt, began + ms),
    'clients that saw it': hit.size,
    failures: failuresOf(answers),
    'longest until their next mask, ms': backMs.length ? round(Math.max(...backMs)) : 0,
  };
}
