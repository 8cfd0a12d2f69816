import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { HistoryReport } from '../../gateway/contract/dashboard';
import type { Job as JobView } from '../../gateway/contract/jobs';
import { makeNifti1 } from '../imaging/formats/nifti/make-nifti';
import { infer } from './client';
import { readEvents } from './events';
import { startRealTriton, type RealTriton } from './real-triton';
import { startGateway, type RunningGateway } from './running-gateway';
import { ENDLESS_IMAGE, ONE_WINDOW, putSlowModel, SLOW_IMAGE, SLOW_WINDOWS } from './slow-model';
import { until } from '../until';
import { untilWindows } from './until-job';

let triton: RealTriton;
let gateway: RunningGateway;

beforeAll(async () => {
  triton = await startRealTriton();
  gateway = await startGateway({
    tritonUrl: triton.grpcUrl,
    repository: triton.repository,
    flags: { workers: 1, allow_code_models: 'true' },
  });
  expect(await putSlowModel(gateway.url)).toMatchObject({ status: 200 });
});

afterAll(async () => {
  await gateway?.stop();
  await triton?.stop();
});

/** As a gateway has it until its operator changes it. */
const operator = { authorization: `Basic ${Buffer.from('admin:admin').toString('base64')}` };

const jobUrl = (id: string) => `${gateway.url}/v1/jobs/${id}`;
const jobOf = async (id: string) => (await (await fetch(jobUrl(id))).json()) as JobView;
const cancel = (id: string) => fetch(jobUrl(id), { method: 'DELETE' });
/** A job that the test cancels, unless the image is another. */
const run = (id: string, { image = ENDLESS_IMAGE, signal }: { image?: Buffer; signal?: AbortSignal } = {}) =>
  infer(gateway.url, 'slow', image, { headers: { 'x-request-id': id }, signal });
const uploads = () => readdirSync(path.join(gateway.workspace, 'uploads'));

const halfWay = (id: string) => untilWindows(gateway.url, id, SLOW_WINDOWS / 2);

/** What the model of the running version noted: `begin` and `end` of calls, with the time in seconds and the request's id. */
function notes(id: string) {
  const file = path.join(triton.repository, 'slow/1/windows.txt');
  const lines = readFileSync(file, 'utf8').split('\n').filter(Boolean);
  return lines
    .map((line) => line.split(' '))
    .filter(([, , request]) => request === id)
    .map(([time, what]) => ({ time: Number(time) * 1000, what }));
}

/** Memory of the gateway in MB. */
function residentMb(): number {
  const status = readFileSync(`/proc/${gateway.process.pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+)/.exec(status)![1]) / 1024;
}

test('its progress as events, from before it is there to its end', async () => {
  const events = readEvents<JobView>(jobUrl('watched'));
  const { status, headers } = await run('watched', { image: SLOW_IMAGE });
  expect([status, headers.get('x-request-id')]).toEqual([200, 'watched']);
  const jobs = (await events).map(({ event, data }) => {
    expect(event).toBe('job');
    return data;
  });
  expect(jobs[0]).toMatchObject({ id: 'watched', endpoint: '/v1/segmentation', model: 'slow', client: '127.0.0.1' });
  expect([...new Set(jobs.map(({ state }) => state))].slice(-2)).toEqual(['running', 'done']);
  const progress = jobs.map((job) => job.progress);
  expect(progress).toEqual([...progress].sort((a, b) => a - b));
  expect(new Set(jobs.map(({ windows }) => windows?.done)).size).toBeGreaterThan(SLOW_WINDOWS / 2);
  expect(jobs.at(-1)).toMatchObject({
    state: 'done',
    progress: 1,
    stage: null,
    windows: { done: SLOW_WINDOWS, total: SLOW_WINDOWS },
    error: null,
    warnings: [],
  });
  expect(jobs.at(-1)!.running_ms).toBeGreaterThan(SLOW_WINDOWS * 100);
  // About ten a second at most.
  expect(jobs.length).toBeLessThan((jobs.at(-1)!.running_ms / 1000) * 12 + 5);
});

test('cancelled half-way: the client is told, Triton is idle after the window it had, files are gone, memory is back', async () => {
  const before = residentMb();
  const client = run('unwanted');
  await halfWay('unwanted');
  const answer = await cancel('unwanted');
  const cancelledAt = Date.now();
  expect(answer.status).toBe(202);
  expect(await answer.json()).toMatchObject({ id: 'unwanted', model: 'slow' });

  const { status, reason, json } = await client;
  expect([status, reason, json.error.code]).toEqual([499, 'Client Closed Request', 'CANCELLED']);
  expect(
    await until(
      () => jobOf('unwanted'),
      ({ state }) => state !== 'running',
    ),
  ).toMatchObject({
    state: 'cancelled',
    error: { code: 'CANCELLED' },
  });
  // Triton cannot stop what it has begun, and it had no more than that: what comes next is computed next.
  const next = await infer(gateway.url, 'slow', ONE_WINDOW, { headers: { 'x-request-id': 'next' } });
  expect(next.status).toBe(200);
  const begun = notes('unwanted').filter(({ what, time }) => what === 'begin' && time > cancelledAt);
  expect(begun.length).toBeLessThanOrEqual(1);
  expect(await until(uploads, (files) => files.length === 0)).toEqual([]);
  expect(residentMb() - before).toBeLessThan(60);
  expect((await cancel('unwanted')).status).toBe(200);
});

test('a waiting job has its place in the queue, and never runs when it is cancelled there', async () => {
  const first = run('first');
  await until(() => fetch(jobUrl('first')), ({ status }) => status === 200); // prettier-ignore
  const second = run('second');
  await until(() => fetch(jobUrl('second')), ({ status }) => status === 200); // prettier-ignore
  const third = run('third');
  await until(
    () => jobOf('third'),
    ({ position }) => position === 2,
  );
  expect(await jobOf('second')).toMatchObject({ state: 'queued', position: 1, stage: null, progress: 0 });
  const throughProxy = { headers: { 'X-Forwarded-For': '192.0.2.7' } };
  expect((await fetch(`${gateway.url}/v1/jobs`, throughProxy)).status).toBe(401);
  const listed = (await (await fetch(`${gateway.url}/v1/jobs`, { headers: operator })).json()) as { jobs: JobView[] };
  expect(listed.jobs.slice(0, 4).map(({ id, state }) => `${id} ${state}`)).toEqual([
    'first running',
    'second queued',
    'third queued',
    'next done',
  ]);

  expect((await cancel('second')).status).toBe(202);
  expect((await second).json.error.code).toBe('CANCELLED');
  expect(await jobOf('third')).toMatchObject({ state: 'queued', position: 1 });
  expect((await jobOf('third')).queued_ms).toBeGreaterThan(0);
  for (const id of ['first', 'third']) await cancel(id);
  expect([(await first).status, (await third).status]).toEqual([499, 499]);
  expect(notes('second')).toEqual([]);
});

test('a client that hangs up cancels its job', async () => {
  const hangUp = new AbortController();
  const client = run('gone', { signal: hangUp.signal });
  await halfWay('gone');
  hangUp.abort();
  await expect(client).rejects.toThrow();
  expect(
    await until(
      () => jobOf('gone'),
      ({ state }) => state !== 'running',
    ),
  ).toMatchObject({ state: 'cancelled' });
});

test('the history has the stages of cancelled jobs until they were', async () => {
  const { slowest } = await until(
    async () =>
      (await (await fetch(`${gateway.url}/v1/dashboard/data`, { headers: operator })).json()) as HistoryReport,
    (data) => data.slowest.some(({ request }) => request === 'gone'),
  );
  for (const id of ['unwanted', 'gone', 'second']) {
    const row = slowest.find(({ request }) => request === id)!;
    expect(row.status).toBe(499);
    const { queue, ...ran } = row.stages;
    expect(queue).toBeGreaterThanOrEqual(0);
    if (id === 'second') expect(ran).toEqual({});
    else expect(ran.triton).toBeGreaterThan((SLOW_WINDOWS / 2) * 100 - 200);
    expect(queue + Object.values(ran).reduce((sum, ms) => sum + ms, 0)).toBeLessThanOrEqual(row.ms + 1);
  }
});

test('a second request with the id of one under way gets an id of its own', async () => {
  const first = run('twin');
  await until(() => fetch(jobUrl('twin')), ({ status }) => status === 200); // prettier-ignore
  const second = run('twin');
  await until(() => fetch(jobUrl('twin.2')), ({ status }) => status === 200); // prettier-ignore
  await cancel('twin.2');
  const answer = await second;
  expect([answer.headers.get('x-request-id'), answer.json.error.request_id]).toEqual(['twin.2', 'twin.2']);
  expect((await jobOf('twin')).state).toBe('running');
  await cancel('twin');
  expect((await first).status).toBe(499);
});

test('an upload that is still arriving can be cancelled', async () => {
  const body = new ReadableStream({
    start: (controller) => controller.enqueue(new Uint8Array(10)),
  });
  const headers = { 'x-request-id': 'arriving', 'content-type': 'multipart/form-data; boundary=b' };
  const request = { method: 'POST', headers, body, duplex: 'half' } as RequestInit;
  const client = fetch(`${gateway.url}/v1/segmentation?model=slow`, request).catch(() => undefined);
  await until(
    () => jobOf('arriving'),
    ({ stage }) => stage === 'upload',
  );
  await cancel('arriving');
  expect(
    await until(
      () => jobOf('arriving'),
      ({ state }) => state !== 'queued',
    ),
  ).toMatchObject({ state: 'cancelled' });
  await client;
  await until(uploads, (files) => files.length === 0);
});

test('whatever computes is a job: polygons, MONAI Label, and what fails', async () => {
  const form = new FormData();
  form.append('params', '{}');
  form.append('image', new Blob([makeNifti1({ dim: [4, 4, 1], datatype: 2, voxels: new Uint8Array(16) })]), 'a.nii');
  const post = (url: string, id: string) =>
    fetch(gateway.url + url, { method: 'POST', body: form, headers: { 'x-request-id': id } });
  expect((await post('/v1/mask2polygon', 'polygons')).status).toBe(200);
  expect((await post('/infer/nobody', 'nobody')).status).toBe(404);
  expect(await jobOf('polygons')).toMatchObject({ endpoint: '/v1/mask2polygon', model: null, state: 'done' });
  expect(await jobOf('nobody')).toMatchObject({
    endpoint: '/infer/:model',
    model: 'nobody',
    state: 'failed',
    error: { code: 'MODEL_NOT_FOUND', message: expect.stringContaining('"nobody"') },
  });
  const unknown = await fetch(jobUrl('never'));
  expect(unknown.status).toBe(404);
  expect(await unknown.json()).toMatchObject({ error: { code: 'JOB_NOT_FOUND' } });
});
