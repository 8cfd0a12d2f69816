import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { HistoryReport, Latency, Live } from '../../gateway/contract/dashboard';
import { makeNifti1 } from '../imaging/formats/nifti/make-nifti';
import { infer, openSession, putModel } from './client';
import { readEvents } from './events';
import { brightConfig, identityModel } from './onnx-builder';
import { startRealTriton, type RealTriton } from './real-triton';
import { startGateway, untilReady, type RunningGateway } from './running-gateway';
import { until } from '../until';

type Data = HistoryReport & { hours: number; live: Live; history_error?: string };

let triton: RealTriton;
let gateway: RunningGateway;
let sessionId: string;

const image = makeNifti1({ dim: [4, 4, 4], datatype: 2, voxels: Uint8Array.from({ length: 64 }, (_, i) => i) });

const start = (workspace?: string) =>
  startGateway({
    tritonUrl: triton.grpcUrl,
    repository: triton.repository,
    workspace,
    flags: { workers: 2, triton_metrics_url: triton.metricsUrl },
  });

beforeAll(async () => {
  triton = await startRealTriton();
  gateway = await start();
  expect(await putModel(gateway.url, 'bright', brightConfig(), identityModel())).toMatchObject({ status: 200 });
  sessionId = await openSession(gateway.url, image);
});

afterAll(async () => {
  await gateway?.stop();
  await triton?.stop();
});

/** As a gateway has it until its operator changes it. */
const operator = { authorization: `Basic ${Buffer.from('admin:admin').toString('base64')}` };

const data = async (query = ''): Promise<Data> =>
  (await (await fetch(`${gateway.url}/v1/dashboard/data${query}`, { headers: operator })).json()) as Data;

/** The scripted load: how many of which request, and what each is answered with. */
const SCRIPT = [
  { count: 600, endpoint: 'GET /v1/models', status: 200, call: () => fetch(`${gateway.url}/v1/models`) },
  { count: 200, endpoint: 'GET /session/:id', status: 404, call: (n: number) => fetch(`${gateway.url}/session/none${n}`) }, // prettier-ignore
  { count: 50, endpoint: 'GET other', status: 404, call: (n: number) => fetch(`${gateway.url}/v1/no/such/${n}`) },
  { count: 50, endpoint: 'POST /v1/segmentation', status: 404, call: () => infer(gateway.url, 'nobody', image) },
  { count: 60, endpoint: 'POST /v1/inference', status: 200, call: () => infer(gateway.url, 'bright', image, { endpoint: 'inference' }) }, // prettier-ignore
  { count: 40, endpoint: 'POST /v1/deepgrow', status: 200, call: () => infer(gateway.url, 'bright', undefined, { endpoint: 'deepgrow', query: `session_id=${sessionId}` }) }, // prettier-ignore
];

/** The nearest rank, of whole milliseconds as the log has them. */
const rank = (values: number[], p: number) => [...values].sort((a, b) => a - b)[Math.ceil((values.length * p) / 100) - 1]; // prettier-ignore

test('the figures equal those of a load of 1000 scripted requests, and of the log', async () => {
  const before = await data();
  const calls = SCRIPT.flatMap(({ count, call, status }) =>
    Array.from({ length: count }, (_, n) => async () => expect((await call(n)).status).toBe(status)),
  );
  expect(calls.length).toBe(1000);
  const next = calls.values();
  const client = async () => {
    for (const call of next) await call();
  };
  await Promise.all(Array.from({ length: 8 }, client));
  const sum = (list: { hits: number }[]) => list.reduce((total, { hits }) => total + hits, 0);
  const beforehand = sum(before.endpoints);
  const after = await until(data, ({ endpoints }) => sum(endpoints) >= 1000 + beforehand);

  const hitsOf = ({ endpoints }: Data) => Object.fromEntries(endpoints.map((one) => [`${one.method} ${one.endpoint}`, one.hits])); // prettier-ignore
  expect(hitsOf(after)).toEqual({
    ...hitsOf(before),
    ...Object.fromEntries(SCRIPT.map(({ endpoint, count }) => [endpoint, count])),
  });
  const errorsOf = Object.fromEntries(after.errors.map(({ code, count }) => [code, count]));
  expect(errorsOf).toEqual({ SESSION_NOT_FOUND: 200, NOT_FOUND: 50, MODEL_NOT_FOUND: 50 });
  expect(after.errors[0].message).toMatch(/^There is no session "~[0-9a-f]{8}"/);
  for (const list of [after.clients, after.series.points, after.heat]) expect(sum(list)).toBe(1000 + beforehand);
  expect(after.models.map(({ model, hits, errors }) => ({ model, hits, errors }))).toEqual([
    { model: 'bright', hits: 100, errors: 0 },
    { model: expect.stringMatching(/^~[0-9a-f]{8}$/), hits: 50, errors: 50 },
  ]);
  for (const stage of ['queue', 'triton', 'post', 'write'])
    expect(after.stages).toContainEqual(expect.objectContaining({ stage, hits: 100 }));
  expect(after.slowest[0].ms).toBe(Math.max(...after.slowest.map(({ ms }) => ms)));

  const log = gateway.log();
  for (const [endpoint, message] of [
    ['/v1/models', /^GET \/v1\/models 200/],
    ['/v1/inference', /^POST \/v1\/inference/],
  ] as const) {
    // prettier-ignore
    const logged = log.filter((line) => message.test(String(line.message))).map(({ ms }) => Number(ms));
    const shown = after.endpoints.find((one) => one.endpoint === endpoint) as Latency;
    const percentiles = [shown.median_ms, shown.p95_ms, shown.p99_ms].map(Math.round);
    // The log has whole milliseconds, the history tenths: half a millisecond may be rounded twice.
    [50, 95, 99].forEach((p, at) => expect(Math.abs(percentiles[at] - rank(logged, p))).toBeLessThanOrEqual(1));
  }

  const { live } = after;
  // Those of the script, all within the last minutes.
  expect(live.error_rate).toBeCloseTo(50 / 150);
  expect(live.calls_per_min).toBeLessThanOrEqual(150);
  expect(live.cache.hits + live.cache.misses).toBe(40);
  expect(live.cache.hits).toBeGreaterThanOrEqual(38);
  expect(live.sessions).toMatchObject({ count: 1 });
  expect(live.queue).toEqual({ running: 0, queued: 0, limit: 32 });
  expect(live.gpu).toEqual([]);
  expect(live.models).toMatchObject([{ name: 'bright', state: 'ready', triton: { failures: 0, pending: 0 } }]);
  expect(live.models[0].triton!.inferences).toBeGreaterThanOrEqual(100);
  expect(live.versions.triton).toMatch(/^2\./);
  expect(live.problems.map(({ sentence }) => sentence)).toEqual(['33 % of the calls of the last five minutes failed']);
});

test('ticks tell how it is now', async () => {
  const stop = new AbortController();
  const ticks = await readEvents<{ live: Live; jobs: unknown[] }>(
    `${gateway.url}/v1/dashboard/events`,
    { headers: operator, onEvent: () => stop.abort() },
    stop.signal,
  );
  expect(ticks[0]).toMatchObject({ event: 'tick', data: { live: { queue: { running: 0 } } } });
  expect(ticks[0].data.jobs.length).toBe(100);
});

test('the history survives a kill: what was reported is there after it', async () => {
  const { workspace } = gateway;
  // What a report tells of is on the disk.
  const before = await data();
  await gateway.kill9();
  gateway = await start(workspace);
  await untilReady(gateway);
  const { endpoints } = await data();
  const hits = (list: Data['endpoints']) => list.find(({ endpoint }) => endpoint === '/v1/models')!.hits;
  expect(hits(endpoints)).toBe(hits(before.endpoints));
  expect((await data('?hours=0.000001')).endpoints).toEqual([]);
  expect((await fetch(`${gateway.url}/v1/dashboard/data?hours=none`, { headers: operator })).status).toBe(400);
});

test('a damaged file is set aside, and a new history begun; no request fails', async () => {
  const { workspace } = gateway;
  await gateway.kill9();
  const file = path.join(workspace, 'telemetry.db');
  // With its log of changes SQLite would mend it.
  for (const suffix of ['-wal', '-shm']) rmSync(file + suffix, { force: true });
  writeFileSync(file, 'this is no database, '.repeat(1000));
  gateway = await start(workspace);
  await untilReady(gateway);
  expect((await fetch(`${gateway.url}/v1/models`)).status).toBe(200);
  const { endpoints, history_error: error } = await data();
  expect([endpoints.map(({ endpoint }) => endpoint), error]).toEqual([['/v1/models'], undefined]);
  expect(readFileSync(`${file}.damaged`, 'utf8')).toMatch(/^this is no database/);
  expect(gateway.log().filter(({ message }) => /history of requests is damaged/.test(String(message))).length).toBe(1);
});

test('a folder in the place of the file: the dashboard says so without a path, and no request fails', async () => {
  const { workspace } = gateway;
  await gateway.kill9();
  const file = path.join(workspace, 'telemetry.db');
  for (const suffix of ['', '-wal', '-shm']) rmSync(file + suffix, { force: true });
  mkdirSync(file);
  gateway = await start(workspace);
  await untilReady(gateway);
  expect((await fetch(`${gateway.url}/v1/models`)).status).toBe(200);
  const { history_error: error, live } = await data();
  expect(error).toMatch(
    /^The history of requests cannot be read: its file cannot be opened \([^/]*telemetry\.db[^/]*\)\. The log of the gateway says more/,
  );
  expect(JSON.stringify(live.problems)).toMatch(/history/);
  expect(JSON.stringify([error, live.problems])).not.toContain(workspace);
});
