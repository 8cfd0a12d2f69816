import { jest } from '@jest/globals';
import { MemoryBudget } from '../../gateway/jobs/memory-budget';
import { queueOf, settled } from './fake-worker';

const MB = 2 ** 20;
const never = new AbortController().signal;

const budgetOf = (mb: number, onShort = () => {}) => new MemoryBudget(3, () => mb * MB, onShort);

/** What becomes of a promise: `waits` until it is settled. */
function follow(promise: Promise<void>) {
  const seen = { state: 'waits' };
  promise.then(
    () => (seen.state = 'granted'),
    ({ code }: { code: string }) => (seen.state = code),
  );
  return seen;
}

test('jobs wait for memory, first come, first served', async () => {
  const budget = budgetOf(100);
  const [a, b, c] = [0, 1, 2].map((index) => budget.lease(index));
  const first = follow(budget.take(a, 60 * MB, never));
  const large = follow(budget.take(b, 70 * MB, never));
  const small = follow(budget.take(c, 10 * MB, never));
  await settled();
  expect([first, large, small].map(({ state }) => state)).toEqual(['granted', 'waits', 'waits']);
  budget.end(a);
  await settled();
  expect([large, small].map(({ state }) => state)).toEqual(['granted', 'granted']);
});

test('a job that could never have so much is told what would fit', () => {
  const lease = budgetOf(100).lease(0);
  expect(lease.refusal(200 * MB, 'ct.nii', 40e6)).toMatchObject({
    code: 'MEMORY_EXCEEDED',
    status: 413,
    message: expect.stringContaining('"ct.nii" needs about 200 MB of memory, and this server gives its jobs 100 MB in all. An image of up to about 20 million voxels would fit'),
  }); // prettier-ignore
});

test('one that goes stops waiting, and what comes after it does not', async () => {
  const budget = budgetOf(100);
  const [a, b, c] = [0, 1, 2].map((index) => budget.lease(index));
  await budget.take(a, 50 * MB, never);
  const gone = new AbortController();
  const large = follow(budget.take(b, 80 * MB, gone.signal));
  const small = follow(budget.take(c, 50 * MB, never));
  gone.abort();
  await settled();
  expect([large, small].map(({ state }) => state)).toEqual(['CANCELLED', 'granted']);
});

test('growth is taken at once or refused, and given back with the rest', async () => {
  const budget = budgetOf(100);
  const [a, b] = [0, 1].map((index) => budget.lease(index));
  await budget.take(a, 50 * MB, never);
  await budget.take(b, 40 * MB, never);
  expect([a.grow(60 * MB), a.grow(61 * MB)]).toEqual([true, false]);
  expect(a.refusal(61 * MB)).toMatchObject({ code: 'MEMORY_BUSY', status: 503 });
  budget.end(a);
  expect(b.grow(100 * MB)).toBe(true);
});

test('what an idle thread keeps counts, and is asked back when a job waits', async () => {
  const onShort = jest.fn();
  const budget = budgetOf(100, onShort);
  const [a, b] = [0, 1].map((index) => budget.lease(index));
  await budget.take(a, 50 * MB, never);
  budget.end(a, 30 * MB);
  const waiting = follow(budget.take(b, 80 * MB, never));
  await settled();
  expect([waiting.state, onShort.mock.calls.length]).toEqual(['waits', 1]);
  budget.end(a);
  await settled();
  expect(waiting.state).toBe('granted');
});

test('a job that waits for memory starts when an idle thread has ended', async () => {
  const { workers, ask } = queueOf({ workers: 2, memoryBytes: () => 100 * MB });
  const [first, second] = [ask('first'), ask('second')];
  await settled();
  workers[0].say({ kind: 'memory', bytes: 60 * MB });
  workers[0].done({ n: 1 }, 60 * MB);
  await first.outcome;
  workers[1].say({ kind: 'memory', bytes: 90 * MB });
  await settled();
  expect(workers[0].told.at(-1)).toEqual({ kind: 'close' });
  expect(workers[1].told.at(-1)).toEqual({ kind: 'memory' });
  workers[1].done({ n: 2 });
  expect(await second.outcome).toEqual({ n: 2 });
});

test('jobs that wait for what each other’s threads keep: one thread ends, its job begins anew and keeps its place', async () => {
  const { workers, ask } = queueOf({ workers: 2, memoryBytes: () => 100 * MB });
  const early = [ask('a'), ask('b')];
  await settled();
  for (const [at, worker] of [...workers].entries()) {
    worker.say({ kind: 'memory', bytes: 50 * MB });
    await settled();
    worker.done({ at }, 50 * MB);
  }
  await Promise.all(early.map(({ outcome }) => outcome));
  const late = [ask('c'), ask('d')];
  await settled();
  const [first, second] = ['c', 'd'].map((id) => workers.find(({ job }) => job!.id === id)!);
  second.say({ kind: 'memory', bytes: 50 * MB });
  await settled();
  second.done({ id: 'd' }, 50 * MB);
  expect(await late[1].outcome).toEqual({ id: 'd' });
  const again = ask('e');
  await settled();
  first.say({ kind: 'memory', bytes: 80 * MB });
  second.say({ kind: 'memory', bytes: 90 * MB });
  await settled();
  expect([first.told.at(-1), second.terminated]).toEqual([{ kind: 'memory' }, true]);
  expect(workers[2].job!.id).toBe('e');
  workers[2].say({ kind: 'memory', bytes: 90 * MB });
  await settled();
  expect(workers[2].told.at(-1)).toMatchObject({ kind: 'run' });
  first.done({ id: 'c' }, 0);
  await settled();
  expect(workers[2].told.at(-1)).toEqual({ kind: 'memory' });
  workers[2].done({ id: 'e' });
  expect([await late[0].outcome, await again.outcome]).toEqual([{ id: 'c' }, { id: 'e' }]);
});
