import { queueOf, settled, type FakeWorker } from './fake-worker';

const MB = 2 ** 20;
const idOf = (worker: FakeWorker) => worker.job?.id;

/** A queue with so many MB for its jobs. */
function start(workers: number, mb: number) {
  const { workers: threads, ...made } = queueOf({ workers, queueSize: 40, memoryBytes: () => mb * MB });
  /** The thread that has a job asks for its memory; one that gets none gives the job back. @returns whether it was granted */
  const need = async (id: string, bytes: number, keptMb = 0): Promise<boolean> =>
    (await grantOf(id, bytes, keptMb)) !== 'none';
  const grantOf = async (id: string, bytes: number, keptMb = 0, regionsMb = 0) => {
    const thread = threads.findLast((one) => idOf(one) === id && !one.terminated)!;
    thread.say({ kind: 'memory', bytes: bytes * MB, kept: regionsMb * MB });
    const answer = thread.told.at(-1);
    const grant = answer?.kind === 'memory' ? answer.grant : 'none';
    if (grant === 'none') {
      thread.say({ kind: 'later' });
      thread.say({ kind: 'idle', keptBytes: keptMb * MB });
    }
    await settled();
    return grant;
  };
  const end = async (id: string, keptMb = 0): Promise<void> => {
    threads.findLast((one) => idOf(one) === id)!.done({ id }, keptMb * MB);
    await settled();
  };
  /** Jobs that a thread was given, in turn. */
  const begun = () => threads.map(idOf);
  return { ...made, threads, need, grantOf, end, begun };
}

test('a small job goes on after a large one that waits for memory, and the large one runs when there is room', async () => {
  const { ask, need, end, begun, queue } = start(2, 100);
  const [first, large, small] = ['first', 'large', 'small'].map((id) => ask(id));
  await settled();
  expect(await need('first', 60)).toBe(true);
  expect(await need('large', 70)).toBe(false);
  expect(large.run.view()).toMatchObject({ state: 'queued', position: 1 });
  expect(queue.memory).toEqual({ limit: 100 * MB, used: 60 * MB, waiting: 1 });
  expect(begun()).toEqual(['first', 'small']);
  expect(await need('small', 10)).toBe(true);
  await end('small');
  expect(await small.outcome).toEqual({ id: 'small' });
  await end('first');
  expect([begun().includes('large'), await need('large', 70)]).toEqual([true, true]);
  await end('large');
  expect([await first.outcome, await large.outcome]).toEqual([{ id: 'first' }, { id: 'large' }]);
  expect(queue.memory).toMatchObject({ used: 0, waiting: 0 });
});

test('small jobs overtake a large one sixteen times, then wait for it', async () => {
  const { ask, need, end, begun } = start(2, 100);
  for (const id of ['base', 'large']) ask(id);
  await settled();
  await need('base', 60);
  await need('large', 70);
  for (let n = 0; n < 16; n++) {
    ask(`small${n}`);
    await settled();
    expect(await need(`small${n}`, 10)).toBe(true);
    await end(`small${n}`);
  }
  const late = ask('late');
  await settled();
  expect(await need('late', 10)).toBe(false);
  expect(late.run.view()).toMatchObject({ state: 'queued', position: 2 });
  await end('base');
  expect(begun()).toEqual(expect.arrayContaining(['large', 'late']));
  expect([await need('large', 70), await need('late', 10)]).toEqual([true, true]);
});

test('what idle threads keep is asked back when a job waits', async () => {
  const { ask, need, end, threads, begun } = start(2, 100);
  for (const id of ['a', 'b']) ask(id);
  await settled();
  await need('a', 50);
  await need('b', 40);
  await end('a', 50);
  ask('large');
  await settled();
  expect(await need('large', 90, 50)).toBe(false);
  expect(threads.map(({ told }) => told.at(-1)?.kind)).toEqual(['close', 'memory']);
  await end('b', 40);
  expect([begun().at(-1), await need('large', 90)]).toEqual(['large', true]);
});

test('one that is cancelled while it waits leaves, and what comes after it does not wait for it', async () => {
  const { ask, need, queue } = start(2, 100);
  for (const id of ['base', 'large']) ask(id);
  await settled();
  await need('base', 60);
  const large = ask('larger');
  await need('large', 70);
  await settled();
  await need('larger', 80);
  large.cancel();
  expect(await large.outcome).toBe('CANCELLED');
  expect(queue.memory.waiting).toBe(1);
});

test('jobs that wait for memory count as waiting: the queue is full some time', async () => {
  const { ask, need, queue } = start(1, 100);
  ask('base');
  await settled();
  expect(queue.queueSize).toBe(40);
  const others = Array.from({ length: 40 }, (_, at) => ask(`job${at}`));
  await settled();
  expect(await ask('refused').outcome).toBe('QUEUE_FULL');
  expect([await need('base', 60), others[39].run.view().position]).toEqual([true, 40]);
});

test('regions of earlier jobs stay beside a job where there is room for both, else they make room for it', async () => {
  const { ask, end, grantOf, queue } = start(1, 100);
  const used: number[] = [];
  for (const [id, mb] of [['first', 40], ['small', 60], ['large', 80], ['too large', 101]] as const) {
    ask(id);
    await settled();
    used.push(queue.memory.used / MB);
    expect([id, await grantOf(id, mb, 0, 30)]).toEqual([id, { 40: 'beside', 60: 'beside', 80: 'instead', 101: 'none' }[mb]]);
    used.push(queue.memory.used / MB);
    if (mb <= 100) await end(id, 30);
  }
  expect(used).toEqual([0, 70, 30, 90, 30, 80, 30, 0]);
}); // prettier-ignore
