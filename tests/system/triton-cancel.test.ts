import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parsePrometheusText } from '../../gateway/telemetry/triton-metrics';
import { type Triton, createTriton } from '../../gateway/triton/triton';
import { type RealTriton, addModel, startRealTriton, tensorConfig } from './real-triton';
import { until } from '../until';

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
  await Promise.all(['plain', 'batching'].map((model) => triton.models.load(model)));
});

afterAll(async () => {
  await triton?.close();
  await server?.stop();
});

/** Requests that wait in Triton for the model. */
async function pending(model: string): Promise<number> {
  const samples = parsePrometheusText(await (await fetch(server.metricsUrl)).text());
  return samples.find(({ name, labels }) => name === 'nv_inference_pending_request_count' && labels.model === model)!.value; // prettier-ignore
}

/** Sends requests of 0.4 s each to a model with one instance, cancels them all when Triton has them, and counts what the model ran. */
async function cancelAll(count: number, model: string, shape: number[]) {
  const abort = new AbortController();
  const inputs = [{ name: 'IN', datatype: 'FP32' as const, shape, data: new Float32Array([0.4]) }];
  const outcomes = Array.from({ length: count }, () =>
    triton.infer({ model, inputs, outputs: [{ name: 'OUT' }], signal: abort.signal }).then(
      () => 'answered',
      (error: { code: string }) => error.code,
    ),
  );
  const noted = (note: string) => {
    const file = path.join(server.repository, model, '1/executions.txt');
    return existsSync(file) ? readFileSync(file, 'utf8').split(note).length - 1 : 0;
  };
  await until(async () => noted('begin') === 1 && (await pending(model)) === count - 1);
  abort.abort();
  const codes = await Promise.all(outcomes);
  const ranByThen = noted('end');
  // Requests are run in the order in which they came: when this one has been, the others have been or never will.
  await triton.infer({ model, inputs: [{ ...inputs[0], data: new Float32Array([0]) }], outputs: [{ name: 'OUT' }] });
  return { codes, ranByThen, ran: noted('end') - 1 };
}

test('the caller is free at once, though Triton runs all requests to their end', async () => {
  const { codes, ranByThen, ran } = await cancelAll(3, 'plain', [1]);
  expect(codes).toEqual(Array(3).fill('CANCELLED'));
  expect(ranByThen).toBeLessThan(3);
  expect(ran).toBe(3);
});

test('with a dynamic batcher those that wait are dropped, but for a few at the door of the model', async () => {
  const { codes, ran } = await cancelAll(6, 'batching', [1, 1]);
  expect(codes).toEqual(Array(6).fill('CANCELLED'));
  expect(ran).toBeGreaterThanOrEqual(1);
  expect(ran).toBeLessThan(6);
});
