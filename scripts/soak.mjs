// npm run soak -- [--seed N] [--parts N] [--minutes N] [--file FILE]: mixed clients against a server of its own, with one fault a minute. Every mask is
// compared voxel by voxel. A part that was finished is in FILE and is not run again. It ends with 1 where a mask was wrong, a failure has no fault that
// explains it, or memory or open files grew.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { brightImage, formOf } from './bright-image.mjs';
import { randomOf } from './random.mjs';
import { exitWith, setUp, SetupError } from './setup.mjs';
import { Clients, makeImages } from './soak/clients.mjs';
import { faults, kindsOf } from './soak/faults.mjs';
import { figuresOf, startServer, untilReady } from './soak/server.mjs';

const AT_ONCE = 4;
const READY_WITHIN_MS = 120_000;
const LOOK_EVERY_MS = 5000;
/** Within a minute; before it the figures of the minute are read. */
const FAULT_AFTER_MS = 15_000;
/** Calls that began while a fault went on may end a little later. */
const AFTERMATH_MS = 3000;
const SAMPLES_OF_A_LIFE = 36;
const MOST_GROWTH = { files: 32, memory: 1.25 };

async function runPart(part, seed, minutes) {
  const random = randomOf(seed * 1000 + part);
  const server = await startServer();
  let calmSince = 0;
  const isDisturbed = () => Date.now() < calmSince + AFTERMATH_MS;
  const clients = new Clients(server.url, makeImages(random), isDisturbed);
  const small = { name: 'small.nii', ...brightImage([24, 24, 24], (x, y, z) => x + y + z < 30) };
  const samples = [];
  const done = [];
  const began = Date.now();
  try {
    const isReady = () => fetch(`${server.url}/health/ready`).then(({ ok }) => ok, () => false); // prettier-ignore
    calmSince = Infinity;
    await untilReady(server, isReady, READY_WITHIN_MS);
    if ((await clients.upload())?.status !== 200) throw new SetupError(`no model: ${server.log().slice(-2000)}`);
    calmSince = 0;
    const end = began + minutes * 60_000;
    const act = async (number) => {
      const own = randomOf(seed * 1000 + part * 10 + number);
      while (Date.now() < end) {
        await clients.act(own, number === 0 && own() < 0.2 ? 'models' : undefined);
        if (isDisturbed()) await sleep(50);
      }
    };
    const look = async () => {
      for (; Date.now() < end; await sleep(LOOK_EVERY_MS)) samples.push({ second: Math.round((Date.now() - began) / 1000), ...figuresOf(server) }); // prettier-ignore
    };
    const disturb = async () => {
      const kinds = kindsOf(random);
      for (let minute = 0; minute < minutes; minute++) {
        await sleep(began + minute * 60_000 + FAULT_AFTER_MS - Date.now());
        calmSince = Infinity;
        const { value: kind } = kinds.next();
        await faults[kind]({ server, clients, random });
        const ended = Date.now();
        while (!(await clients.infer(small, bodyOf(small)))) await sleep(50);
        calmSince = Date.now();
        done.push({ second: Math.round((ended - began) / 1000), kind, recovered_ms: calmSince - ended });
        console.log(`  minute ${minute + 1}: ${kind}, recovered in ${calmSince - ended} ms`);
      }
    };
    await Promise.all([...Array.from({ length: AT_ONCE }, (_, number) => act(number)), look(), disturb()]);
    await sleep(AFTERMATH_MS);
    return {
      part, seed, began: new Date(began).toISOString(), minutes, small_disk: server.disk !== undefined,
      requests: clients.requests, answers: clients.answers, masks: clients.masks, unexpected: clients.unexpected,
      faults: done, at_rest: figuresOf(server), samples,
    }; // prettier-ignore
  } finally {
    await server.stop();
  }
}

const bodyOf = ({ name, file }) => formOf({ params: '{}' }, { image: [name, file] });

/**
 * What grew in the life of a process, which faults end: the most of its last third against that of the third before, when all was in use. Lives of
 * less than three minutes tell nothing.
 */
function growthOf({ samples }) {
  return ['gateway', 'triton'].flatMap((process) => {
    const lives = {};
    for (const { [process]: figures } of samples) if (figures) (lives[figures.pid] ??= []).push(figures);
    return Object.values(lives)
      .filter(({ length }) => length >= SAMPLES_OF_A_LIFE)
      .flatMap((life) => {
        const third = Math.floor(life.length / 3);
        const most = (list, key) => Math.max(...list.map((figures) => figures[key]));
        const grew = (key, allowed) => {
          const [before, after] = [most(life.slice(third, -third), key), most(life.slice(-third), key)];
          return after > allowed(before) ? [`${process}: ${key} ${before} became ${after}`] : [];
        };
        return [
          ...grew('files', (before) => before + MOST_GROWTH.files),
          ...grew('memory_mb', (before) => before * MOST_GROWTH.memory),
        ];
      });
  });
}

function summaryOf(parts) {
  const sum = (read) => parts.reduce((all, part) => all + read(part), 0);
  const all = parts.flatMap((part) => part.faults);
  const longest = (kind) => Math.max(...all.filter((one) => one.kind === kind).map((one) => one.recovered_ms));
  return {
    minutes: sum(({ minutes }) => minutes),
    masks: sum(({ masks }) => masks.compared),
    wrong_voxels: sum(({ masks }) => masks.wrong_voxels),
    unexpected: sum(({ unexpected }) => unexpected.length),
    grew: parts.flatMap(growthOf),
    longest_recovery_ms: Object.fromEntries(all.map(({ kind }) => [kind, longest(kind)])),
  };
}

async function main() {
  const options = Object.fromEntries(
    Object.entries({ seed: '1', parts: '4', minutes: '30', file: 'soak.json' }).map(([name, value]) => [name, { type: 'string', default: value }]),
  ); // prettier-ignore
  const { values } = parseArgs({ options });
  const [seed, count, minutes] = [values.seed, values.parts, values.minutes].map(Number);
  setUp();
  const parts = existsSync(values.file) ? JSON.parse(readFileSync(values.file, 'utf8')).parts : [];
  for (let part = parts.length + 1; part <= count; part++) {
    console.log(`part ${part} of ${count}, ${minutes} minutes, seed ${seed}`);
    parts.push(await runPart(part, seed, minutes));
    writeFileSync(values.file, `${JSON.stringify({ summary: summaryOf(parts), parts }, undefined, 1)}\n`);
  }
  const summary = summaryOf(parts);
  console.log(summary);
  for (const fault of parts.flatMap(({ unexpected }) => unexpected).slice(0, 20)) console.log(JSON.stringify(fault));
  if (summary.wrong_voxels + summary.unexpected + summary.grew.length > 0) process.exit(1);
}

main().catch(exitWith);
