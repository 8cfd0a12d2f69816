import { EventEmitter } from 'node:events';
import type { Worker } from 'node:worker_threads';
import { RequestRun } from '../../gateway/jobs/request-run';
import { JobQueue, type JobQueueOptions } from '../../gateway/jobs/job-queue';
import type { FromWorker, Job, ToWorker, Work } from '../../gateway/pipeline/job';
import { silentLogger } from '../silent-logger';

const NO_TENSORS = { inline: 0, shared_memory: 0 };

/** Stands in for a worker thread: notes what it is told, and says what a test has it say. */
export class FakeWorker extends EventEmitter {
  readonly told: ToWorker[] = [];
  terminated = false;

  constructor(readonly threadId: number) {
    super();
  }

  postMessage(message: ToWorker): void {
    this.told.push(message);
    if (message.kind === 'close') this.emit('exit', 0);
  }

  terminate(): void {
    this.terminated = true;
    this.emit('exit', 1);
  }

  say(message: FromWorker): void {
    this.emit('message', message);
  }

  /** The job that it was given last. */
  get job(): Work | undefined {
    return this.told.flatMap((message) => (message.kind === 'run' ? [message.job] : [])).at(-1);
  }

  done(json = {}, keptBytes = 0): void {
    this.say({ kind: 'done', result: { json }, tensorBytes: NO_TENSORS });
    this.say({ kind: 'idle', keptBytes });
  }
}

/** A queue with such workers: `workers` are those that it has started. */
export function queueOf(options: Partial<JobQueueOptions> = {}) {
  const workers: FakeWorker[] = [];
  const ended: number[] = [];
  const queue = new JobQueue({
    workers: 1,
    queueSize: 2,
    triton: { url: 'grpc://localhost:1' } as JobQueueOptions['triton'],
    maxVoxels: 1,
    lib: '/nowhere',
    scratch: '/nowhere/image-',
    logger: silentLogger(),
    onThreadEnd: (thread) => ended.push(thread),
    startWorker: () => {
      workers.push(new FakeWorker(workers.length + 1));
      return workers.at(-1) as unknown as Worker;
    },
    ...options,
  });
  /** Asks for a job; its outcome is what it resolves to, or the code it fails with. */
  const ask = (id: string, more: Partial<Job> = {}) => {
    const run = new RequestRun(id, '');
    const abort = new AbortController();
    const job = { id, params: {}, ...more } as Job;
    const outcome = Promise.resolve()
      .then(() => queue.run(job, abort.signal, run))
      .then(
        ({ json }) => json,
        (error: { code: string }) => error.code,
      );
    return { run, outcome, cancel: () => abort.abort() };
  };
  return { queue, workers, ended, ask };
}

/** Lets what is ready go on, also where timers are injected. */
export async function settled(): Promise<void> {
  for (let n = 0; n < 20; n++) await Promise.resolve();
}
