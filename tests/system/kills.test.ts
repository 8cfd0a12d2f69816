import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { get, remove } from './client';
import { putNumbered, servedNumber } from './numbered-model';
import { startRealTriton, type RealTriton } from './real-triton';
import { startGateway, untilReady, type RunningGateway } from './running-gateway';
import { until } from '../until';

/** Moments at which something is killed; `KILLS=200` for the long form. */
const KILLS = Number(process.env.KILLS ?? 6);
const NAMES = ['a', 'b', 'c'];

let folder: string;
let workspace: string;
let repository: string;
let triton: RealTriton;
let gateway: RunningGateway;

const startGatewayAgain = async () => {
  gateway = await startGateway({ tritonUrl: triton.grpcUrl, repository, workspace, flags: { workers: 1 } });
};

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'kills-'));
  workspace = path.join(folder, 'workspace');
  repository = path.join(folder, 'models', 'repo');
  triton = await startRealTriton({ repository });
  await startGatewayAgain();
});

afterAll(async () => {
  await gateway?.stop();
  await triton?.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** What one model may be after a round: its number, or undefined when it was removed. */
type Outcome = number | undefined;

/** Numbers of the weights that may serve: the newest acknowledged, and those of changes that were not answered after it. */
const possible = new Map<string, Set<Outcome>>(NAMES.map((name) => [name, new Set([undefined])]));

let uploads = 0;
let acknowledged = 0;

async function upload(name: string): Promise<number> {
  const number = ++uploads % 50;
  expect((await putNumbered(gateway.url, name, number)).status).toBe(200);
  possible.set(name, new Set([number]));
  return number;
}

/** Changes one model again and again until the kill. */
async function changeUntil(name: string, killed: () => boolean): Promise<void> {
  const outcomes = possible.get(name)!;
  while (!killed()) {
    const there = !outcomes.has(undefined);
    const number = Math.random() < 0.25 && there ? undefined : ++uploads % 50;
    outcomes.add(number);
    const change = number === undefined ? remove(gateway.url, name) : putNumbered(gateway.url, name, number);
    const status = await change.then(
      (answer) => answer.status,
      () => 0,
    );
    if (status === 200) {
      acknowledged++;
      outcomes.clear();
      outcomes.add(number);
    }
  }
}

const victims = ['gateway', 'triton', 'both'] as const;

async function killAndStart(victim: (typeof victims)[number]): Promise<void> {
  const port = Number(new URL(triton.grpcUrl.replace('grpc:', 'http:')).port);
  const old = triton;
  await Promise.all([victim !== 'triton' && gateway.kill9(), victim !== 'gateway' && triton.kill9()]);
  if (victim !== 'gateway') triton = await startRealTriton({ repository, grpcPort: port });
  if (victim !== 'gateway') await old.stop();
  if (victim !== 'triton') await startGatewayAgain();
}

/** Everything below a folder, without what is in the folders of models that are wanted. */
function stray(): string[] {
  const inside = (...parts: string[]) => readdirSync(path.join(folder, ...parts)).map((name) => [...parts, name].join('/')); // prettier-ignore
  return [
    ...inside('workspace/uploads'),
    ...inside('workspace/models/.staging'),
    ...inside('models/.repo.staging'),
    ...inside('workspace/gateways').filter((file) => !/\/[0-9a-f-]{36}$/.test(file)),
    ...readdirSync('/dev/shm').filter((name) => name.startsWith('aiaa_gateway_') && !existsSync(`/proc/${name.split('_')[2]}`)), // prettier-ignore
  ];
}

async function serving(): Promise<string[]> {
  const index = await (await fetch(`${triton.httpUrl}/v2/repository/index`, { method: 'POST' })).json();
  return (index as { name: string; version: string; state?: string }[])
    .filter(({ state }) => state === 'READY')
    .map(({ name, version }) => `${name} ${version}`)
    .sort();
}

interface Listed {
  name: string;
  state: string;
  version: number;
  versions: { version: number }[];
}

const list = async () => (await get(`${gateway.url}/admin/model`)).json as Listed[];
const asServed = (models: readonly Listed[]) => models.map(({ name, version }) => `${name} ${version}`).sort();

/** Waits until gateway and Triton agree. A gateway whose Triton was killed needs a moment to see it; what is wrong then is told by the test. */
async function settled(): Promise<void> {
  await untilReady(gateway);
  await until(async () => {
    const models = await list();
    return (
      models.every(({ state }) => state === 'ready') &&
      stray().length === 0 &&
      readdirSync(repository).sort().join() === models.map(({ name }) => name).join() &&
      (await serving()).join() === asServed(models).join()
    );
  });
}

test(`kill -9 of gateway, Triton or both at ${KILLS} random moments while three models are uploaded, replaced and removed: what was acknowledged serves, nothing else exists`, async () => {
  const began = performance.now();
  for (const number of await Promise.all(NAMES.map((name) => upload(name)))) expect(number).toBeGreaterThan(0);
  // Kills fall before, into and after the first change of a round, however slow the machine is.
  const withinMs = 2 * (performance.now() - began);

  for (let round = 0; round < KILLS; round++) {
    const victim = victims[round % victims.length];
    let killed = false;
    const changes = NAMES.map((name) => changeUntil(name, () => killed));
    const moment = Math.random() * withinMs;
    // No condition to wait for: the moment is what is tested.
    await sleep(moment);
    killed = true;
    await killAndStart(victim);
    await Promise.all(changes);
    await settled();

    const context = { round, victim, moment };
    const listed = await list();
    expect({ ...context, broken: listed.filter(({ state }) => state !== 'ready') }).toEqual({ ...context, broken: [] });
    for (const name of NAMES) {
      const model = listed.find((one) => one.name === name);
      const number = model && (await servedNumber(gateway.url, name));
      const outcomes = possible.get(name)!;
      expect({ ...context, name, number, possible: [...outcomes], right: outcomes.has(number as Outcome) }).toMatchObject({ right: true }); // prettier-ignore
      outcomes.clear();
      outcomes.add(number as Outcome);
      if (!model) continue;
      const kept = model.versions.map(({ version }) => String(version));
      expect(readdirSync(path.join(workspace, 'models', name)).sort()).toEqual([...kept, 'current.json'].sort());
      expect(readdirSync(path.join(repository, name)).sort()).toEqual([String(model.version), 'config.pbtxt']);
    }
    const names = listed.map(({ name }) => name).sort();
    expect({ ...context, repository: readdirSync(repository).sort() }).toEqual({ ...context, repository: names });
    expect({ ...context, serving: await serving() }).toEqual({ ...context, serving: asServed(listed) }); // prettier-ignore
    expect(readdirSync(path.join(workspace, 'models')).sort()).toEqual(['.staging', ...names]);
    // The folder of a call goes a moment after its answer.
    await until(() => stray().length === 0);
    if ((round + 1) % 20 === 0) process.stderr.write(`${round + 1} kills, ${uploads} uploads, ${acknowledged} changes acknowledged\n`); // prettier-ignore
  }
  // Else nothing was tested.
  expect(acknowledged).toBeGreaterThan(0);
}, 7_200_000);
