import { readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Triton, createTriton } from '../../gateway/triton/triton';
import { type RealTriton, addModel, startRealTriton, tensorConfig } from './real-triton';
import { until } from './until';

let server: RealTriton;
let triton: Triton;

beforeAll(async () => {
  server = await startRealTriton();
  triton = createTriton({ url: server.grpcUrl });
  addModel(server.repository, 'sleep', { name: 'plain' });
  addModel(server.repository, 'sleep', {
    name: 'batching',
    config: `${tensorConfig({ maxBatchSize: 1 })}\ndynamic_batching { }`,
  });
  await Promise.all(['plain', 'batching'].map((model) => triton.repository.load(model)));
}, 120_000);

afterAll(async () => {
  await triton?.close();
  await server?.stop();
}, 60_000);

/** Sends requests of 0.4 s each to a model with one instance, cancels them all, and counts what the model ran. */
async function cancelAll(count: number, model: string, shape: number[]) {
  const abort = new AbortController();
  const inputs = [{ name: 'IN', datatype: 'FP32' as const, shape, data: new Float32Array([0.4]) }];
  const outcomes = Array.from({ length: count }, () =>
    triton.infer({ model, inputs, outputs: [{ name: 'OUT' }], signal: abort.signal }).then(
      () => 'answered',
      (error: { code: string }) => error.code,
    ),
  );
  await sleep(200);
  const begin = Date.now();
  abort.abort();
  const codes = await Promise.all(outcomes);
  const waited = Date.now() - begin;
  await sleep(count * 400 + 300);
  const noted = (note: string) =>
    readFileSync(path.join(server.repository, model, '1/executions.txt'), 'utf8').split(note).length - 1;
  const ran = await until(
    () => noted('end'),
    (ended) => ended === noted('begin'),
  );
  return { codes, waited, ran };
}

// triton.md §10 row 18
test('the caller is free at once, though Triton runs all requests to their end', async () => {
  const { codes, waited, ran } = await cancelAll(3, 'plain', [1]);
  expect(codes).toEqual(Array(3).fill('CANCELLED'));
  // The last one runs for a second more.
  expect(waited).toBeLessThan(500);
  expect(ran).toBe(3);
}, 15_000);

test('with a dynamic batcher those that wait are dropped, but for a few at the door of the model', async () => {
  const { codes, ran } = await cancelAll(6, 'batching', [1, 1]);
  expect(codes).toEqual(Array(6).fill('CANCELLED'));
  expect(ran).toBeGreaterThanOrEqual(1);
  expect(ran).toBeLessThan(6);
}, 15_000);
