import { JobRegistry, KEPT_JOBS } from '../../gateway/jobs/job-registry';
import { RequestRun } from '../../gateway/jobs/request-run';
import { SharedJobProgress } from '../../gateway/jobs/shared-job-progress';
import { fail } from '../../gateway/errors';

/** A request that has come, as a job. */
function begin(id: string, registry = new JobRegistry()): RequestRun {
  const run = new RequestRun(id, '127.0.0.1');
  registry.begin(run, { endpoint: '/v1/segmentation', model: 'm' });
  return run;
}

test('jobs under way come first, then those that ended, the newest first; the oldest are forgotten', () => {
  const registry = new JobRegistry();
  const running = begin('running', registry);
  for (let n = 0; n <= KEPT_JOBS; n++) begin(`job${n}`, registry).end(true);
  const ids = registry.list().map(({ id }) => id);
  expect(ids.length).toBe(KEPT_JOBS + 1);
  expect(ids.slice(0, 2)).toEqual(['running', `job${KEPT_JOBS}`]);
  expect(registry.get('job0')).toBeUndefined();
  expect(registry.get('running')).toBe(running);
});

test('an id that is taken by a job under way gets a number; that of an ended one is used again', () => {
  const registry = new JobRegistry();
  const ids = [1, 2, 3].map(() => begin('same', registry).id);
  expect(ids).toEqual(['same', 'same.2', 'same.3']);
  registry.get('same')!.end(false);
  expect(begin('same', registry).id).toBe('same');
  expect(registry.list().map(({ state }) => state)).toEqual(['queued', 'queued', 'queued']);
});

test('progress is what the worker writes, never goes back, and is kept when the job has left the worker', () => {
  const job = begin('a');
  const cell = new SharedJobProgress();
  job.queued(() => 3);
  expect(job.view()).toMatchObject({ state: 'queued', position: 3, progress: 0, stage: null });
  job.running(() => cell.read());
  cell.enter('triton', 1);
  cell.advance(5, 10);
  expect(job.view()).toMatchObject({ state: 'running', position: null, stage: 'triton', progress: 0.5 });
  cell.enter('pre', 1);
  cell.enter('a stage nobody knows', 1);
  expect(job.view()).toMatchObject({ stage: 'pre', progress: 0.5, windows: { done: 5, total: 10 } });
  job.left(true);
  // The next job of the same worker.
  cell.reset();
  expect(job.view()).toMatchObject({ stage: 'answer', progress: 0.98, windows: { done: 5, total: 10 } });
  job.end(true);
  job.end(false);
  expect(job.view()).toMatchObject({ state: 'done', stage: null, progress: 1, error: null });
});

test('stages are those until now, the running one included; they are kept, and no part of the next job', () => {
  const job = begin('a');
  expect(job.stages).toEqual([]);
  job.queued(() => 1);
  const cell = new SharedJobProgress();
  job.running(() => cell.read());
  const now = performance.timeOrigin + performance.now();
  cell.enter('decode', now - 100);
  cell.leave('decode', 20.04);
  for (const at of [now - 80, now - 40]) {
    cell.enter('triton', at);
    cell.leave('triton', 10);
    cell.enter('window', at + 10);
    if (at < now - 40) cell.leave('window', 30);
  }
  const stages = ['queue', 'decode', 'triton', 'window'].map((name) => expect.objectContaining({ name }));
  expect(job.stages).toEqual(stages);
  const [, decode, triton, window] = job.stages.map(({ ms }) => ms);
  expect([decode, triton]).toEqual([20, 20]);
  expect(window).toBeGreaterThanOrEqual(60);
  job.left(false);
  job.end(false);
  expect(job.view().progress).toBe(0.15);
  cell.reset();
  expect(job.stages).toEqual(stages);
  expect(cell.read().stages).toEqual([]);
});

test('whoever asks a moment too early waits for the job', async () => {
  const registry = new JobRegistry();
  const { signal } = new AbortController();
  const soon = registry.find('soon', 5000, signal);
  begin('other', registry);
  const job = begin('soon', registry);
  expect(await soon).toBe(job);
  expect(await registry.find('never', 10, signal)).toBeUndefined();
  expect(await registry.find('never', 5000, AbortSignal.abort())).toBeUndefined();
});

test.each([
  [true, undefined, 'done', null],
  [true, fail('NO_IMAGE'), 'failed', 'NO_IMAGE'],
  [true, fail('CANCELLED'), 'cancelled', 'CANCELLED'],
  [false, undefined, 'cancelled', 'CANCELLED'],
])('answered: %s, with the error %j: %s', (isAnswered, error, state, code) => {
  const job = begin('a');
  const ended = jest.fn();
  job.whenEnded(ended);
  job.error = error;
  expect(job.view()).toMatchObject({ state: 'queued', stage: 'upload', error: null });
  job.end(isAnswered);
  job.end(true);
  expect(job.view()).toMatchObject({ state, error: code && { code, message: expect.any(String) } });
  expect([job.ended, ended.mock.calls.length]).toEqual([true, 1]);
  job.cancel();
  expect(job.signal.aborted).toBe(false);
});
