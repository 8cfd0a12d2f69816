import { JobBoard, KEPT_JOBS } from '../../gateway/jobs/job-board';
import { SharedJobProgress } from '../../gateway/jobs/shared-job-progress';

const facts = (id: string) => ({ id, endpoint: '/v1/segmentation', model: 'm', client: '127.0.0.1' });

test('jobs under way come first, then those that ended, the newest first; the oldest are forgotten', () => {
  const board = new JobBoard();
  const running = board.begin(facts('running'));
  for (let n = 0; n <= KEPT_JOBS; n++) board.begin(facts(`job${n}`)).end({ state: 'done' });
  const ids = board.list().map(({ id }) => id);
  expect(ids.length).toBe(KEPT_JOBS + 1);
  expect(ids.slice(0, 2)).toEqual(['running', `job${KEPT_JOBS}`]);
  expect(board.get('job0')).toBeUndefined();
  expect(board.get('running')).toBe(running);
});

test('an id that is taken by a job under way gets a number; that of an ended one is used again', () => {
  const board = new JobBoard();
  const ids = [1, 2, 3].map(() => board.begin(facts('same')).id);
  expect(ids).toEqual(['same', 'same.2', 'same.3']);
  board.get('same')!.end({ state: 'failed', error: { code: 'NO_IMAGE', message: 'none' } });
  expect(board.begin(facts('same')).id).toBe('same');
  expect(board.list().map(({ state }) => state)).toEqual(['queued', 'queued', 'queued']);
});

test('progress is what the worker writes, never goes back, and is kept when the job has left the worker', () => {
  const job = new JobBoard().begin(facts('a'));
  const cell = new SharedJobProgress();
  job.queued(() => 3);
  expect(job.view()).toMatchObject({ state: 'queued', position: 3, progress: 0, stage: null });
  job.started(() => cell.read());
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
  job.end({ state: 'done' });
  job.end({ state: 'cancelled' });
  expect(job.view()).toMatchObject({ state: 'done', stage: null, progress: 1, error: null });
});

test('stages are those until now, the running one included; they are kept, and no part of the next job', () => {
  const job = new JobBoard().begin(facts('a'));
  expect(job.stages).toEqual([]);
  job.queued(() => 1);
  const cell = new SharedJobProgress();
  job.started(() => cell.read());
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
  job.end({ state: 'cancelled' });
  expect(job.view().progress).toBe(0.15);
  cell.reset();
  expect(job.stages).toEqual(stages);
  expect(cell.read().stages).toEqual([]);
});

test('whoever asks a moment too early waits for the job', async () => {
  const board = new JobBoard();
  const { signal } = new AbortController();
  const soon = board.find('soon', 5000, signal);
  board.begin(facts('other'));
  const job = board.begin(facts('soon'));
  expect(await soon).toBe(job);
  expect(await board.find('never', 10, signal)).toBeUndefined();
  expect(await board.find('never', 5000, AbortSignal.abort())).toBeUndefined();
  expect(board.listenerCount('begin')).toBe(0);
});
