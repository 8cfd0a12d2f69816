import { ArrivingFile } from '../../gateway/imaging/formats/arriving-file';
import type { Arrival } from '../../gateway/jobs/arrival';
import { RequestRun } from '../../gateway/jobs/request-run';
import type { Job } from '../../gateway/pipeline/job';
import { queueOf, settled } from './fake-worker';

/** An upload that the test drives. */
function arriving() {
  let hear: ((bytes: number, whole: boolean) => void) | undefined;
  let end!: { resolve: () => void; reject: (error: Error) => void };
  const whole = new Promise<void>((resolve, reject) => (end = { resolve, reject }));
  whole.catch(() => undefined);
  const arrival: Arrival = {
    mostBytes: 1000,
    isConfirmed: false,
    whole,
    follow(listener) {
      (hear = listener)(100, false);
      return () => (hear = undefined);
    },
  };
  return { arrival, grow: (bytes: number, all = false) => hear?.(bytes, all), ...end };
}

function start(options: Parameters<typeof queueOf>[0] = {}) {
  const made = queueOf(options);
  const upload = arriving();
  const run = new RequestRun('early', '');
  const abort = new AbortController();
  const outcome = made.queue
    .runAhead(
      { id: 'early', image: { path: 'image', name: 'image' }, params: {} } as Job,
      upload.arrival,
      abort.signal,
      run,
    )
    .then(
      ({ json }) => json,
      (error: Error & { code?: string }) => error.code ?? error.name,
    );
  return { ...made, ...upload, run, outcome, cancel: () => abort.abort() };
}

const kinds = (told: readonly { kind: string }[]) => told.map(({ kind }) => kind);

test('its thread hears how far the image is, and goes on to the end when the upload is whole', async () => {
  const { workers, grow, run, resolve, outcome, arrival } = start();
  const [worker] = workers;
  expect(worker.told).toMatchObject([{ kind: 'run', job: { id: 'early', arriving: { mostBytes: 1000 } } }]);
  const { arriving } = worker.job as Job;
  const file = new ArrivingFile('image', 1000, arriving!.shared);
  expect(await file.beyond(99)).toBe(100);
  const more = file.beyond(100);
  grow(500);
  expect(await more).toBe(500);
  grow(900, true);
  expect(await file.size()).toBe(900);
  worker.say({ kind: 'confirm' });
  await settled();
  expect([worker.told.length, run.view().stage, arrival.isConfirmed]).toEqual([1, 'upload', false]);
  resolve();
  await settled();
  expect([worker.told.at(-1)?.kind, run.view().state, arrival.isConfirmed]).toEqual(['confirm', 'running', true]);
  worker.done({ n: 1 });
  expect(await outcome).toEqual({ n: 1 });
});

test('another job takes its thread, and it is to be begun anew', async () => {
  const { workers, ask, outcome, queue } = start({ queueSize: 0 });
  const other = ask('other');
  await settled();
  expect(kinds(workers[0].told)).toEqual(['run', 'postpone']);
  const { arriving } = workers[0].job as Job;
  await expect(new ArrivingFile('image', 1000, arriving!.shared).size()).rejects.toThrow('nobody waits');
  workers[0].say({ kind: 'later' });
  workers[0].say({ kind: 'idle', keptBytes: 0 });
  expect(await outcome).toBe('NotNow');
  await settled();
  expect(workers[0].job?.id).toBe('other');
  workers[0].done({ n: 2 });
  expect([await other.outcome, queue.load]).toEqual([{ n: 2 }, { active: 0, queued: 0 }]);
});

test('where it gives up before the image is whole, nobody waits for the rest of that', async () => {
  const { workers, outcome } = start();
  const { arriving } = workers[0].job as Job;
  const waits = new ArrivingFile('image', 1000, arriving!.shared).beyond(100);
  waits.catch(() => undefined);
  workers[0].say({ kind: 'later' });
  expect(await outcome).toBe('NotNow');
  await expect(waits).rejects.toThrow('nobody waits');
});

test('where no thread is idle it does not begin', async () => {
  const { queue, ask, workers } = queueOf();
  ask('first');
  await settled();
  const { arrival } = arriving();
  const run = new RequestRun('early', '');
  const refused = queue.runAhead(
    { id: 'early', image: { path: 'image', name: 'image' }, params: {} } as Job,
    arrival,
    new AbortController().signal,
    run,
  );
  await expect(refused).rejects.toThrow(expect.objectContaining({ name: 'NotNow' }));
  expect(kinds(workers[0].told)).toEqual(['run']);
});

test('an upload that breaks, or brings more than the image, takes its thread', async () => {
  const { workers, reject } = start();
  workers[0].say({ kind: 'confirm' });
  reject(new Error('cut'));
  await settled();
  expect(workers[0].told.at(-1)).toEqual({ kind: 'postpone' });
});

test('an image that takes longer than 3 s is not waited for', () => {
  jest.useFakeTimers();
  try {
    const { workers } = start();
    jest.advanceTimersByTime(2999);
    expect(kinds(workers[0].told)).not.toContain('postpone');
    jest.advanceTimersByTime(1);
    expect(workers[0].told.at(-1)).toEqual({ kind: 'postpone' });
  } finally {
    jest.useRealTimers();
  }
});

test('a client that goes cancels it', async () => {
  const { workers, cancel, outcome } = start();
  cancel();
  expect(workers[0].told.at(-1)).toEqual({ kind: 'cancel' });
  workers[0].say({ kind: 'later' });
  workers[0].say({ kind: 'idle', keptBytes: 0 });
  expect(await outcome).toBe('CANCELLED');
});
