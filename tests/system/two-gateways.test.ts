import { existsSync, mkdtempSync, readdirSync, rmSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { get, remove, type Answer } from './client';
import { numberedConfig, putNumbered, servedNumber } from './numbered-model';
import { startRealTriton, type RealTriton } from './real-triton';
import { startGateway, untilReady, type RunningGateway } from './running-gateway';
import { until } from '../until';

/** Changes in all; `CHANGES=100` for the long form. */
const CHANGES = Number(process.env.CHANGES ?? 8);
const NAMES = ['a', 'b', 'c', 'd'];
/** Clients leave the processor to the changes they watch. */
const CALL_EVERY_MS = 50;

let folder: string;
let workspace: string;
let triton: RealTriton;
let gateways: RunningGateway[];
const running: { stop(): Promise<void> }[] = [];

async function startSharing(of: RealTriton, host?: string): Promise<RunningGateway> {
  const gateway = await startGateway({
    tritonUrl: of.grpcUrl,
    repository: of.repository,
    workspace,
    host,
    flags: { auto_reload: 'true', keep_versions: 2 },
  });
  running.push(gateway);
  return gateway;
}

async function startTriton(): Promise<RealTriton> {
  const started = await startRealTriton({ repository: path.join(folder, `triton-${running.length}`, 'repo') });
  running.push(started);
  return started;
}

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'two-gateways-'));
  workspace = path.join(folder, 'workspace');
  triton = await startTriton();
  gateways = [await startSharing(triton), await startSharing(triton)];
});

afterAll(async () => {
  for (const one of running.splice(0).reverse()) await one.stop();
  rmSync(folder, { recursive: true, force: true });
});

const patch = async (url: string, name: string, body: unknown): Promise<Answer> => {
  const headers = { 'Content-Type': 'application/json' };
  const response = await fetch(`${url}/admin/model/${name}`, { method: 'PATCH', headers, body: JSON.stringify(body) });
  return { status: response.status, json: await response.json() } as Answer;
};

const listed = async ({ url }: RunningGateway) =>
  // oxlint-disable-next-line typescript/no-explicit-any
  (await get(`${url}/admin/model`)).json.map(({ name, state, version, versions }: any) => ({ name, state, version, kept: versions.map((kept: any) => kept.version) })); // prettier-ignore

/** Waits until the answer is the wanted one. */
const answers = <T>(ask: () => T | Promise<T>, wanted: T) => until(ask, (value) => isDeepStrictEqual(value, wanted));

/** What is being made, and by whom, in the workspace and beside the first repository. */
const unfinished = () =>
  [
    ...['uploads', 'models/.staging', 'gateways/locks'].map((name) => path.join(workspace, name)),
    path.join(path.dirname(triton.repository), '.repo.staging'),
  ].flatMap((directory) => readdirSync(directory).map((name) => path.join(directory, name)));

const versionsIn = (folder: string) => existsSync(folder) ? readdirSync(folder).filter((name) => /^\d+$/.test(name)) : []; // prettier-ignore
const stored = (name: string) => versionsIn(path.join(workspace, 'models', name));
const published = (name: string) => versionsIn(path.join(triton.repository, name));

/** How far an upload is over a model that had these versions. */
const stages = {
  locked: (name: string) => existsSync(path.join(workspace, 'gateways/locks', name)),
  stored: (name: string, before: readonly string[]) => stored(name).some((version) => !before.includes(version)),
  loads: (name: string, before: readonly string[]) => published(name).some((version) => !before.includes(version)),
};

/** A change through one of the gateways, or through both at once. @returns what the model should be then, where it is clear */
async function changeOnce(name: string, now: number | undefined, number: number): Promise<number | undefined> {
  const url = () => gateways[Math.floor(Math.random() * 2)].url;
  const dice = Math.random();
  if (now === undefined || dice < 0.4) {
    expect(await putNumbered(url(), name, number)).toMatchObject({ status: 200 });
    return number;
  }
  if (dice < 0.6) {
    const answers = await Promise.all(gateways.map((gateway, at) => putNumbered(gateway.url, name, (number + 25 * at) % 50))); // prettier-ignore
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    const last = answers.findIndex(({ json }) => json.triton.version === String(Math.max(...answers.map((answer) => Number(answer.json.triton.version))))); // prettier-ignore
    return (number + 25 * last) % 50;
  }
  if (dice < 0.75) {
    expect(await patch(url(), name, numberedConfig(number))).toMatchObject({ status: 200 });
    return now;
  }
  if (dice < 0.85) {
    expect(await remove(url(), name)).toMatchObject({ status: 200 });
    return undefined;
  }
  const serving = (await get(`${url()}/admin/model/${name}?check=true`)).json;
  expect(serving).toMatchObject({ success: true });
  return now;
}

test(`${CHANGES} interleaved changes through two gateways: the same end state in both, on the disk and in Triton, and no failed call on a model that nobody touched`, async () => {
  expect((await putNumbered(gateways[0].url, 'still', 50)).status).toBe(200);
  await answers(() => Promise.all(gateways.map(({ url }) => servedNumber(url, 'still'))), [50, 50]);
  const stopCalls = new AbortController();
  const calls: (number | string)[] = [];
  const clients = gateways.map(async ({ url }) => {
    for (; !stopCalls.signal.aborted; await sleep(CALL_EVERY_MS)) calls.push(await servedNumber(url, 'still'));
  });

  const numbers = new Map<string, number>();
  let done = 0;
  const changing = NAMES.map(async (name) => {
    while (done < CHANGES) {
      const number = await changeOnce(name, numbers.get(name), ++done % 50);
      if (number === undefined) numbers.delete(name);
      else numbers.set(name, number);
    }
  });
  await Promise.all(changing).finally(() => stopCalls.abort());
  await Promise.all(clients);
  expect(new Set(calls)).toEqual(new Set([50]));

  const names = [...numbers.keys(), 'still'].sort();
  await until(async () => isDeepStrictEqual(...((await Promise.all(gateways.map(listed))) as [unknown, unknown])));
  const first = await listed(gateways[0]);
  expect(first.map(({ name, state }: { name: string; state: string }) => `${name} ${state}`)).toEqual(names.map((name) => `${name} ready`)); // prettier-ignore
  for (const name of numbers.keys()) {
    const both = await Promise.all(gateways.map(({ url }) => servedNumber(url, name)));
    expect({ name, both }).toEqual({ name, both: [numbers.get(name), numbers.get(name)] });
    const configs = await Promise.all(gateways.map(async ({ url }) => (await get(`${url}/admin/model/${name}`)).json));
    expect(configs[0]).toEqual(configs[1]);
  }
  const index = (await (await fetch(`${triton.httpUrl}/v2/repository/index`, { method: 'POST' })).json()) as { name: string; version: string; state?: string }[]; // prettier-ignore
  const serving = index.filter(({ state }) => state === 'READY').map(({ name, version }) => `${name} ${version}`);
  expect(serving.sort()).toEqual(first.map(({ name, version }: { name: string; version: number }) => `${name} ${version}`)); // prettier-ignore
  expect(readdirSync(triton.repository).sort()).toEqual(names);
  expect(readdirSync(path.join(workspace, 'models')).sort()).toEqual(['.staging', ...names]);
  // What a call leaves behind goes a moment after its answer.
  await answers(unfinished, []);
}, 1_800_000);

test('a gateway with a Triton and a repository of its own follows too: new, replaced, patched, rolled back, removed and new again', async () => {
  const other = await startSharing(await startTriton());
  await untilReady(other);
  const [first] = gateways;
  expect((await putNumbered(first.url, 'far', 1)).status).toBe(200);
  await answers<number | string>(() => servedNumber(other.url, 'far'), 1);
  expect((await putNumbered(first.url, 'far', 2)).status).toBe(200);
  await answers<number | string>(() => servedNumber(other.url, 'far'), 2);
  expect((await patch(first.url, 'far', numberedConfig(3))).status).toBe(200);
  await answers(async () => (await get(`${other.url}/v1/models?model=far`)).json.description as string, 'number 3');
  // The other way round, and at once: the gateway that is asked need not have looked yet.
  expect((await patch(other.url, 'far', { version: 2 })).status).toBe(200);
  expect((await patch(first.url, 'far', { version: 3 })).json).toMatchObject({ triton: { version: '3' } });
  expect((await remove(other.url, 'far')).status).toBe(200);
  await answers(async () => (await get(`${first.url}/v1/models?model=far`)).status, 404);
  expect((await putNumbered(other.url, 'far', 4)).json).toMatchObject({ triton: { version: '1' } });
  await answers<number | string>(() => servedNumber(first.url, 'far'), 4);
});

test('a gateway that was killed over an upload: the other one serves what was there, and clears up', async () => {
  const [first, second] = gateways;
  expect((await putNumbered(first.url, 'kept', 1)).status).toBe(200);
  const upload = putNumbered(second.url, 'kept', 2).catch(() => undefined);
  await until(() => stages.loads('kept', ['1']));
  await second.kill9();
  await upload;
  await answers<number | string>(() => servedNumber(first.url, 'kept'), 1);
  const left = () => [
    ...unfinished(),
    ...readdirSync(path.join(workspace, 'models/kept')).filter((entry) => !['1', 'current.json'].includes(entry)),
  ];
  await answers(left, []);
  expect((await putNumbered(first.url, 'kept', 3)).status).toBe(200);
});

test('a gateway that stood still over an upload until another one took over: its own change is refused, the other one stays', async () => {
  const [first] = gateways;
  const still = await startSharing(triton, 'elsewhere');
  await untilReady(still);
  expect((await putNumbered(first.url, 'still-here', 1)).status).toBe(200);
  await answers<number | string>(() => servedNumber(still.url, 'still-here'), 1);
  const refused: unknown[] = [];
  // From the lock to READY: before the version is stored, when it is, and while Triton loads it.
  for (const [round, reached] of [stages.locked, stages.stored, stages.loads].entries()) {
    const number = 10 * (round + 1);
    const before = stored('still-here');
    // Else it could be the lock under which it follows the other one.
    await answers(unfinished, []);
    const lost = putNumbered(still.url, 'still-here', number);
    const lock = path.join(workspace, 'gateways/locks/still-here');
    await until(() => reached('still-here', before));
    still.process.kill('SIGSTOP');
    // As if that was long ago: else it takes 15 s.
    const longAgo = new Date(Date.now() - 60_000);
    if (existsSync(lock)) utimesSync(lock, longAgo, longAgo);
    expect((await putNumbered(first.url, 'still-here', number + 1)).status).toBe(200);
    still.process.kill('SIGCONT');
    const { status, json } = await lost;
    if (status !== 200) refused.push([status, json.error.code, json.error.message[0]]);
    for (const { url } of [first, still])
      await answers<number | string>(() => servedNumber(url, 'still-here'), number + 1);
  }
  expect(refused.length).toBeGreaterThan(0);
  for (const refusal of refused)
    expect(refusal).toEqual([
      503,
      'MODEL_BUSY',
      expect.stringContaining('another gateway has taken over, since this one did not show itself for 15 s'),
    ]);
  const [one, other] = await Promise.all([first, still].map(listed));
  expect(one).toEqual(other);
  await answers(unfinished, []);
});

test('without --auto_reload a gateway does not start on a workspace that is in use, and says why', async () => {
  const alone = startGateway({ tritonUrl: triton.grpcUrl, repository: triton.repository, workspace });
  await expect(alone).rejects.toThrow(/ended with 1: aiaa-triton-gateway: the workspace .* is used by another gateway, process \d+ on .*--auto_reload true/); // prettier-ignore
});
