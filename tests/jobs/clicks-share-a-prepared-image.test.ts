import type { Job } from '../../gateway/pipeline/job';
import type { PreparedSample } from '../../gateway/pipeline/prepared-sample';
import { until } from '../until';
import { queueOf, settled } from './fake-worker';

const NO_TENSORS = { inline: 0, shared_memory: 0 };
const spec = {
  pre: [{ name: 'Load', args: {} }],
  cacheableSteps: 1,
  inference: { inputs: [{ tensor: 'IN', field: 'image' }] },
} as unknown as Job['spec'];
const onSession = { session: 's', spec, options: {} } as Partial<Job>;
const sampleOf = (data: Uint8Array) => ({ volumes: [['image', { data }]] }) as unknown as PreparedSample;

test('the first click prepares the image in memory of the queue, the next ones get it, and none after the session is gone', async () => {
  const { queue, workers, ask } = queueOf({ preparedCacheBytes: 1 << 20 });
  const first = ask('first', onSession);
  await settled();
  const [worker] = workers;
  expect((worker.job as Job).prepared).toBe('wanted');
  worker.say({ kind: 'reserve', bytes: 1000 });
  await settled();
  const { kind, place } = worker.told.at(-1) as { kind: string; place: Uint8Array };
  expect([kind, place.length, place.buffer instanceof SharedArrayBuffer]).toEqual(['reserve', 1000, true]);
  worker.say({ kind: 'done', result: { json: {}, prepared: sampleOf(place) }, tensorBytes: NO_TENSORS });
  expect(await first.outcome).toEqual({});

  const second = ask('second', onSession);
  await settled();
  expect((worker.job as Job).prepared).toEqual(sampleOf(place));
  queue.forgetSession('s');
  worker.done();
  await second.outcome;
  expect(queue.cache).toEqual({ hits: 1, misses: 1, bytes: 0 });
  ask('third', onSession);
  await settled();
  expect((worker.job as Job).prepared).toBe('wanted');
});

test('a job that fails keeps nothing, and its memory is free again', async () => {
  const { queue, workers, ask } = queueOf({ preparedCacheBytes: 1000 });
  for (const id of ['first', 'second']) {
    const { outcome } = ask(id, onSession);
    await settled();
    workers.at(-1)!.say({ kind: 'reserve', bytes: 900 });
    await until(() => workers.at(-1)!.told.at(-1)!.kind === 'reserve');
    expect(workers.at(-1)!.told.at(-1)).toMatchObject({ place: expect.any(Uint8Array) });
    workers.at(-1)!.emit('exit', 1);
    expect(await outcome).toBe('INTERNAL');
    await settled();
  }
  expect(queue.cache.bytes).toBe(0);
});
