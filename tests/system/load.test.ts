import { readdirSync } from 'node:fs';
import path from 'node:path';
import type { Job as JobView } from '../../gateway/contract/jobs';
import { get, infer } from './client';
import { startRealTriton, type RealTriton } from './real-triton';
import { startGateway, type RunningGateway } from './running-gateway';
import { ENDLESS_IMAGE, holdSlowModel, ONE_WINDOW, putSlowModel } from './slow-model';
import { until } from '../until';
import { untilUnderWay, untilWindows } from './until-job';

let triton: RealTriton;
let gateway: RunningGateway;

beforeAll(async () => {
  triton = await startRealTriton();
  gateway = await startGateway({
    tritonUrl: triton.grpcUrl,
    repository: triton.repository,
    flags: { workers: 1, queue_size: 1, allow_code_models: 'true' },
  });
  expect((await putSlowModel(gateway.url)).status).toBe(200);
});

afterAll(async () => {
  await gateway?.stop();
  await triton?.stop();
});

const run = (id: string, volume: Buffer, signal?: AbortSignal) =>
  infer(gateway.url, 'slow', volume, { headers: { 'x-request-id': id }, signal });

test('one job runs, one waits, the third is told to come back', async () => {
  const release = holdSlowModel(triton.repository);
  const first = run('first', ONE_WINDOW);
  await untilUnderWay(gateway.url, 'first');
  const second = run('second', ONE_WINDOW);
  expect((await untilUnderWay(gateway.url, 'second')).position).toBe(1);
  const third = await infer(gateway.url, 'slow', ONE_WINDOW);
  expect({ status: third.status, code: third.json.error?.code, reason: third.reason }).toEqual({
    status: 503,
    code: 'QUEUE_FULL',
    reason: 'Queue Full',
  });
  expect(third.json.error.message[0]).toMatch(/1 jobs run and 1 wait.*Try again/);
  release();
  expect((await first).status).toBe(200);
  expect((await second).status).toBe(200);
});

test('a client that hangs up frees the worker, and its files are gone', async () => {
  const hangUp = new AbortController();
  const call = run('hangs-up', ENDLESS_IMAGE, hangUp.signal);
  await untilWindows(gateway.url, 'hangs-up');
  hangUp.abort();
  await expect(call).rejects.toThrow();
  expect((await infer(gateway.url, 'slow', ONE_WINDOW)).status).toBe(200);
  const { state, windows } = (await get(`${gateway.url}/v1/jobs/hangs-up`)).json as JobView;
  expect(state).toBe('cancelled');
  expect(windows!.done).toBeLessThan(windows!.total);
  await until(
    () => readdirSync(path.join(gateway.workspace, 'uploads')),
    (uploads) => uploads.length === 0,
  );
  expect(gateway.log().some((line) => line.aborted === true)).toBe(true);
});

test('a waiting job of a client that hung up never runs', async () => {
  const release = holdSlowModel(triton.repository);
  const first = run('runs', ONE_WINDOW);
  await untilUnderWay(gateway.url, 'runs');
  const hangUp = new AbortController();
  const second = run('waits', ONE_WINDOW, hangUp.signal);
  await untilUnderWay(gateway.url, 'waits');
  hangUp.abort();
  await expect(second).rejects.toThrow();
  await until(
    async () => (await get(`${gateway.url}/v1/jobs/waits`)).json.state as string,
    (state) => state === 'cancelled',
  );
  // Its place in the queue is free again at once.
  const third = run('comes', ONE_WINDOW);
  expect((await untilUnderWay(gateway.url, 'comes')).position).toBe(1);
  release();
  expect([(await first).status, (await third).status]).toEqual([200, 200]);
});

test('every line of a request carries its id', async () => {
  await infer(gateway.url, 'nobody', ONE_WINDOW);
  const { headers } = await get(`${gateway.url}/v1/models`);
  const id = headers.get('x-request-id');
  const line = await until(
    () => gateway.log().find(({ request }) => request === id),
    (found) => found !== undefined,
  );
  expect(line).toMatchObject({ message: 'GET /v1/models 200', level: 'info', request: id });
  const own = await fetch(`${gateway.url}/v1/models`, { headers: { 'x-request-id': 'my-id.1' } });
  expect(own.headers.get('x-request-id')).toBe('my-id.1');
});

test('SIGTERM: what runs is finished and answered, then the process ends with 0', async () => {
  const release = holdSlowModel(triton.repository);
  const long = run('long', ONE_WINDOW);
  await untilUnderWay(gateway.url, 'long');
  gateway.process.kill('SIGTERM');
  await until(() => gateway.log().some(({ message }) => String(message).startsWith('stopping')));
  release();
  expect((await long).status).toBe(200);
  await new Promise((resolve) =>
    gateway.process.exitCode === null ? gateway.process.once('exit', resolve) : resolve(0),
  );
  expect(gateway.process.exitCode).toBe(0);
  expect(readdirSync('/dev/shm').filter((name) => name.startsWith(`aiaa_gateway_${gateway.process.pid}_`))).toEqual([]);
});
