// Memory of the gateway over 200 random jobs, four at a time, in a control group of 3.5 GB, against what the jobs have stated before they began.
//
//   npm run bench -- memory        (JOBS=200, SEED=7)
import { Buffer } from 'node:buffer';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { randomOf } from '../scripts/random.mjs';
import { putModel } from './support/client.mjs';
import { load, round } from './support/figures.mjs';
import { withTriton } from './support/server.mjs';
import { twoClassConfig, twoClassModel } from './support/two-class-model.mjs';

const JOBS = Number(process.env.JOBS ?? 200);
const SEED = Number(process.env.SEED ?? 7);
const AT_ONCE = 4;
const GROUP_BYTES = 3500 * 2 ** 20;
const AIM = 1.25;
const MB = 2 ** 20;

const withSteps = (pre_transforms, args = {}) => ({
  ...twoClassConfig,
  pre_transforms,
  inference: { ...twoClassConfig.inference, args: { ...twoClassConfig.inference.args, ...args } },
});
const [load1, channels, , scale] = twoClassConfig.pre_transforms;
/** The image as a whole, in windows, and resampled to 1.5 x 1.5 x 2 mm. */
const models = {
  whole: withSteps([load1, channels, scale]),
  windows: withSteps([load1, channels, scale], { scanning_window: true, roi: [64, 64, 64], batch_size: 1 }),
  resampled: twoClassConfig,
};

/** A NIfTI file of zeros; it packs to a thousandth. */
function image(lengths, mm, type) {
  const bytes = { 2: 1, 4: 2, 16: 4 }[type];
  const file = Buffer.alloc(352 + lengths.reduce((a, b) => a * b, bytes));
  file.writeInt32LE(348, 0);
  [3, ...lengths, 1, 1, 1, 1].forEach((n, at) => file.writeInt16LE(n, 40 + 2 * at));
  file.writeInt16LE(type, 70);
  file.writeInt16LE(8 * bytes, 72);
  [1, mm, mm, mm].forEach((n, at) => file.writeFloatLE(n, 76 + 4 * at));
  file.writeFloatLE(352, 108);
  file.write('n+1\0', 344, 'latin1');
  return gzipSync(file, { level: 1 });
}

function randomJobs(random) {
  const pick = (list) => list[Math.floor(random() * list.length)];
  const length = () => Math.floor(2 ** (4 + 4.6 * random()));
  return Array.from({ length: JOBS }, () => ({
    model: pick(Object.keys(models)),
    lengths: [length(), length(), length()],
    mm: pick([0.5, 1, 2, 3, 5]),
    type: pick([2, 4, 16]),
  }));
}

/** @returns the group's folder; undefined where groups cannot be made */
function makeGroup(pid) {
  const v1 = existsSync('/sys/fs/cgroup/memory');
  const folder = `/sys/fs/cgroup/${v1 ? 'memory/' : ''}aiaa-bench-${process.pid}`;
  try {
    mkdirSync(folder);
    writeFileSync(`${folder}/${v1 ? 'memory.limit_in_bytes' : 'memory.max'}`, String(GROUP_BYTES));
    writeFileSync(`${folder}/cgroup.procs`, String(pid));
    return folder;
  } catch {
    return undefined;
  }
}

/** Resident memory, and the regions of shared memory, which count in the group and are not mapped. */
function takenMb(pid) {
  const resident = Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? NaN) / 1024;
  const regions = readdirSync('/dev/shm').filter((name) => name.startsWith(`aiaa_gateway_${pid}_`));
  const sizes = regions.map((name) => statSync(join('/dev/shm', name), { throwIfNoEntry: false })?.size ?? 0);
  return resident + sizes.reduce((sum, size) => sum + size, 0) / MB;
}

async function statusOf(url, body) {
  try {
    const answer = await fetch(url, { method: 'POST', body });
    await answer.arrayBuffer();
    return answer.status;
  } catch {
    return 'no answer';
  }
}

async function statedMb(url) {
  const text = await (await fetch(`${url}/metrics`)).text();
  return Number(/^aiaa_memory_stated_bytes (\S+)/m.exec(text)[1]) / MB;
}

await withTriton(async (bench) => {
  const gateway = await bench.startGateway({ workers: AT_ONCE });
  const group = makeGroup(gateway.pid);
  for (const [name, config] of Object.entries(models)) await putModel(gateway.url, name, config, twoClassModel());
  await sleep(2000);
  const idle = takenMb(gateway.pid);
  const most = { taken: 0, stated: 0 };
  let ended = false;
  const watch = async () => {
    while (!ended) {
      most.taken = Math.max(most.taken, takenMb(gateway.pid));
      most.stated = Math.max(most.stated, await statedMb(gateway.url));
      await sleep(20);
    }
  };
  const watching = watch().catch(() => undefined);
  const jobs = randomJobs(randomOf(SEED));
  const statuses = {};
  /** The gateway is gone: the group has killed it. */
  let lost = false;
  const client = async () => {
    for (let job = jobs.shift(); job && !lost; job = jobs.shift()) {
      const form = new FormData();
      form.append('image', new Blob([image(job.lengths, job.mm, job.type)]), 'a.nii.gz');
      const status = await statusOf(`${gateway.url}/v1/segmentation?model=${job.model}`, form);
      lost ||= status === 'no answer';
      statuses[status] = (statuses[status] ?? 0) + 1;
    }
  };
  const started = performance.now();
  await Promise.all(Array.from({ length: AT_ONCE }, client));
  const seconds = (performance.now() - started) / 1000;
  ended = true;
  await watching;
  const over = most.taken - idle;
  const answers = Object.entries(statuses).map(([status, count]) => `${status} ${count} times`).join(', '); // prettier-ignore
  console.log(`\n${JOBS} random jobs of seed ${SEED}, ${AT_ONCE} at a time, ${group ? 'in a group of 3.5 GB' : 'WITHOUT a group (none can be made here)'}, in ${round(seconds)} s: ${answers}; ${load()}`); // prettier-ignore
  console.table({ gateway: { 'idle MB': round(idle), 'peak over idle MB': round(over), 'stated at most MB': round(most.stated), ratio: round(over / most.stated, 2), aim: AIM } }); // prettier-ignore
  if (lost) process.exitCode = 1;
  await gateway.stop();
  if (group) rmdirSync(group);
});
process.exit();
