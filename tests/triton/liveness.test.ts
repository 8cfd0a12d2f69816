import { createTriton } from '../../gateway/triton/triton';
import { startFakeTriton } from './fake-triton';
import { until } from '../until';

const live = { ServerLive: () => ({ live: true }) };

test('the first answer and every change are told, once each', async () => {
  let server = await startFakeTriton(live);
  const triton = createTriton({ url: server.url });
  const seen: boolean[] = [];
  const stop = triton.health.watchLiveness(20, (value) => seen.push(value));
  await until(() => server.calls.length > 3);
  expect(seen).toEqual([true]);
  server.stop();
  await until(() => seen.length === 2);
  server = await startFakeTriton(live, server.port);
  await until(() => seen.length === 3);
  expect(seen).toEqual([true, false, true]);
  stop();
  server.stop();
  await triton.close();
});

test('a restart between two questions is noticed: Triton has forgotten its models', async () => {
  const first = await startFakeTriton(live);
  const triton = createTriton({ url: first.url });
  const seen: boolean[] = [];
  const stop = triton.health.watchLiveness(1_000, (value) => seen.push(value));
  await until(() => seen.length === 1);
  first.stop();
  const second = await startFakeTriton(live, first.port);
  await until(() => seen.length === 3);
  expect(seen).toEqual([true, false, true]);
  stop();
  second.stop();
  await triton.close();
});

test('nothing is told after the watch was stopped, and a silent server is not live', async () => {
  const server = await startFakeTriton({ ServerLive: () => ({ live: false }) });
  const triton = createTriton({ url: server.url });
  expect(await triton.health.isLive()).toBe(false);
  const seen: boolean[] = [];
  const asked = server.calls.length;
  triton.health.watchLiveness(10, (value) => seen.push(value))();
  // A watch that goes on answers beside this one.
  const other: boolean[] = [];
  const stop = triton.health.watchLiveness(10, (value) => other.push(value));
  await until(() => server.calls.length > asked + 5);
  stop();
  expect(other).toEqual([false]);
  expect(seen).toEqual([]);
  server.stop();
  await triton.close();
});
