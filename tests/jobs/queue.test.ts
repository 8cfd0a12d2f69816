import { queueOf, settled } from './fake-worker';

const idOf = (job?: { id: string }) => job?.id;

test('the first come is the first served; each is told its place until a worker has it', async () => {
  const { workers, ask, queue } = queueOf({ queueSize: 10 });
  const [a, b, c] = ['a', 'b', 'c'].map((id) => ask(id));
  await settled();
  expect(workers.map(({ job }) => idOf(job))).toEqual(['a']);
  expect([a, b, c].map(({ run }) => [run.view().state, run.view().position])).toEqual([['running', null], ['queued', 1], ['queued', 2]]); // prettier-ignore
  expect(queue.load).toEqual({ active: 1, queued: 2 });
  workers[0].done({ n: 1 });
  await settled();
  expect([idOf(workers[0].job), c.run.view().position]).toEqual(['b', 1]);
  workers[0].done({ n: 2 });
  await settled();
  workers[0].done({ n: 3 });
  expect(await Promise.all([a, b, c].map(({ outcome }) => outcome))).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }]);
  expect([queue.load, workers.length]).toEqual([{ active: 0, queued: 0 }, 1]);
});

test('as many jobs run at a time as there are workers, and a job runs on the worker that worked last', async () => {
  const { workers, ask } = queueOf({ workers: 2 });
  for (const id of ['a', 'b', 'c']) ask(id);
  await settled();
  expect(workers.map(({ job }) => idOf(job))).toEqual(['a', 'b']);
  workers[1].done();
  await settled();
  expect(workers.map(({ job }) => idOf(job))).toEqual(['a', 'c']);
  for (const worker of workers) worker.done();
  await settled();
  ask('d');
  await settled();
  expect(workers.map(({ job }) => idOf(job))).toEqual(['a', 'd']);
});

test('what finds the queue full is refused, and what comes when there is room again is not', async () => {
  const { workers, ask } = queueOf({ queueSize: 1 });
  const [, , refused] = ['a', 'b', 'c'].map((id) => ask(id));
  expect(await refused.outcome).toBe('QUEUE_FULL');
  workers[0].done();
  await settled();
  const d = ask('d');
  await settled();
  expect(d.run.view()).toMatchObject({ state: 'queued', position: 1 });
});

describe('a job that is cancelled', () => {
  test('leaves the queue when it waits, and those after it move up', async () => {
    const { ask } = queueOf({ queueSize: 3 });
    const [, b, c] = ['a', 'b', 'c'].map((id) => ask(id));
    await settled();
    b.cancel();
    expect(await b.outcome).toBe('CANCELLED');
    expect(c.run.view().position).toBe(1);
  });

  test('is stopped where it runs, and keeps its worker until that says so', async () => {
    const { workers, ask } = queueOf();
    const [a, b] = ['a', 'b'].map((id) => ask(id));
    await settled();
    a.cancel();
    await settled();
    expect([workers[0].told.at(-1), idOf(workers[0].job)]).toEqual([{ kind: 'cancel' }, 'a']);
    const error = { code: 'INFERENCE_FAILED', message: 'cut off', status: 500 } as never;
    workers[0].say({ kind: 'failed', error, tensorBytes: { inline: 1, shared_memory: 2 } });
    expect(await a.outcome).toBe('CANCELLED');
    await settled();
    expect([idOf(workers[0].job), b.run.view().state]).toEqual(['b', 'running']);
  });

  test('before it has come is refused', async () => {
    const { workers, queue, ask } = queueOf();
    const { run } = ask('a');
    expect(() => queue.run({ id: 'b' } as never, AbortSignal.abort(), run)).toThrow(
      expect.objectContaining({ code: 'CANCELLED' }),
    );
    await settled();
    expect(workers[0].told).toHaveLength(1);
  });
});

test('a worker that dies fails its job alone; the next job has a new one', async () => {
  const { workers, ended, ask } = queueOf();
  const [a, b] = ['a', 'b'].map((id) => ask(id));
  await settled();
  workers[0].emit('error', new Error('out of memory'));
  workers[0].emit('exit', 1);
  expect(await a.outcome).toBe('INTERNAL');
  await settled();
  expect([ended, workers.length, idOf(workers[1].job)]).toEqual([[1], 2, 'b']);
  workers[0].done({ late: true });
  workers[1].done({ own: true });
  expect(await b.outcome).toEqual({ own: true });
});

test('bytes of tensors are those of all jobs, failed ones too, over all threads', async () => {
  const { workers, queue, ask } = queueOf();
  for (const id of ['a', 'b']) ask(id);
  await settled();
  workers[0].say({ kind: 'done', result: { json: {} }, tensorBytes: { inline: 1, shared_memory: 10 } });
  await settled();
  const error = { code: 'INTERNAL', message: '', status: 500 } as never;
  workers[0].say({ kind: 'failed', error, tensorBytes: { inline: 2, shared_memory: 20 } });
  expect(queue.tensorBytes).toEqual({ inline: 3, shared_memory: 30 });
});

test('when the queue closes, what waits is refused, what runs ends, and the threads go', async () => {
  const { workers, ended, queue, ask } = queueOf();
  const [a, b] = ['a', 'b'].map((id) => ask(id));
  await settled();
  const closed = queue.close();
  expect(await b.outcome).toBe('STOPPING');
  expect(() => queue.run({ id: 'c' } as never, new AbortController().signal, a.run)).toThrow(
    expect.objectContaining({ code: 'STOPPING' }),
  );
  workers[0].done({ last: true });
  expect(await a.outcome).toEqual({ last: true });
  await closed;
  expect(ended).toEqual([1]);
});

test('a click has a thread of its own where larger jobs have the others, and those never have it', async () => {
  const { workers, ask, queue } = queueOf({ queueSize: 10 });
  const click = { interaction: { prompts: [{ kind: 'point' }] } } as never;
  for (const id of ['large', 'next']) ask(id);
  ask('click', click);
  ask('later click', click);
  await settled();
  expect(workers.map(({ job }) => idOf(job))).toEqual(['large', 'click']);
  expect(queue.classes).toEqual({ click: { running: 1, queued: 1 }, image: { running: 1, queued: 1 }, batch: { running: 0, queued: 0 } }); // prettier-ignore
  workers[1].done();
  await settled();
  expect(workers.map(({ job }) => idOf(job))).toEqual(['large', 'later click']);
  workers[1].done();
  await settled();
  expect(workers.map(({ job }) => idOf(job))).toEqual(['large', 'later click']);
  workers[0].done();
  await settled();
  expect(workers.map(({ job }) => idOf(job))).toEqual(['next', 'later click']);
});
