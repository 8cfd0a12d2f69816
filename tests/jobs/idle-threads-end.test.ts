import { queueOf, settled } from './fake-worker';

const MB = 1 << 20;

beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

/** A job that leaves a thread with an arena of this size. */
async function runOne({ ask, workers }: ReturnType<typeof queueOf>, keptBytes: number): Promise<unknown> {
  const { outcome } = ask('job');
  await settled();
  workers.at(-1)!.done({ by: workers.length }, keptBytes);
  return outcome;
}

test.each([
  ['large', 200 * MB, 30_000],
  ['very large', 1100 * MB, 10_000],
])('the memory of a thread whose arena is %s goes back when it was idle for its time; the next job has a new thread', async (_, bytes, ms) => {
  const queue = queueOf();
  await runOne(queue, bytes);
  jest.advanceTimersByTime(ms - 1);
  expect(queue.ended).toEqual([]);
  jest.advanceTimersByTime(1);
  expect(queue.workers[0].told.at(-1)).toEqual({ kind: 'close' });
  expect(queue.ended).toEqual([1]);
  expect(await runOne(queue, bytes)).toEqual({ by: 2 });
}); // prettier-ignore

test('a thread whose arena is small stays for the next click', async () => {
  const queue = queueOf();
  await runOne(queue, 60 * MB);
  jest.advanceTimersByTime(10 * 60_000);
  expect(await runOne(queue, 60 * MB)).toEqual({ by: 1 });
});

test('a thread that jobs follow each other on stays, and so does one that works for long', async () => {
  const queue = queueOf();
  for (let job = 0; job < 10; job++) {
    await runOne(queue, 200 * MB);
    jest.advanceTimersByTime(20_000);
  }
  const { outcome } = queue.ask('long');
  await settled();
  jest.advanceTimersByTime(600_000);
  queue.workers[0].done({ long: true }, 200 * MB);
  expect([await outcome, queue.ended]).toEqual([{ long: true }, []]);
});

test('a thread that does not end is terminated, and the queue does not close before', async () => {
  const queue = queueOf();
  await runOne(queue, 200 * MB);
  const [worker] = queue.workers;
  worker.postMessage = (message) => void worker.told.push(message);
  jest.advanceTimersByTime(30_000);
  let closed = false;
  const closing = queue.queue.close().then(() => (closed = true));
  await settled();
  expect([closed, worker.terminated]).toEqual([false, false]);
  jest.advanceTimersByTime(10_000);
  await closing;
  expect([worker.terminated, queue.ended]).toEqual([true, [1]]);
});
