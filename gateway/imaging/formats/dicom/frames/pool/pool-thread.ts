import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { layoutOf } from '../frame';
import type { Batch, Outcome } from './messages';

/** What a decoder may take, of time: the slowest ones make several million samples a second. */
const DEADLINE_MS = 60_000;
const SAMPLES_PER_MS = 500;

/** One decode thread. Its program never keeps the process alive. */
export class PoolThread {
  private readonly progress = new Int32Array(new SharedArrayBuffer(4));
  private readonly worker: Worker;
  private finish: ((outcome: Outcome) => void) | undefined;
  private reason = '';

  /** @param gone is called once, when the thread has ended for whatever reason */
  constructor(gone: () => void) {
    this.worker = new Worker(join(__dirname, 'decode-thread.js'), { workerData: this.progress.buffer, name: 'decode' });
    this.worker.on('message', (outcome: Outcome) => this.settle(outcome));
    this.worker.on('error', ({ message }) => (this.reason ||= message));
    this.worker.on('exit', () => {
      gone();
      this.settle({
        ok: false,
        index: Atomics.load(this.progress, 0),
        kind: 'unreadable',
        message: `its decoder ended without an answer (${this.reason || 'it was stopped'}): it is damaged, or too large for the memory of this server`,
      });
    });
    this.worker.unref();
  }

  get idle(): boolean {
    return this.finish === undefined;
  }

  /** Never rejects. The batch's array is not written to any more when this has settled. */
  run(batch: Batch): Promise<Outcome> {
    const samples = batch.tasks.reduce((sum, { source }) => sum + layoutOf(source.format).length, 0);
    const most = DEADLINE_MS + samples / SAMPLES_PER_MS;
    const timer = setTimeout(() => {
      this.reason = `it took more than ${Math.round(most / 1000)} s`;
      this.end();
    }, most).unref();
    return new Promise<Outcome>((resolve) => {
      this.finish = resolve;
      Atomics.store(this.progress, 0, 0);
      this.worker.postMessage(batch);
    }).finally(() => clearTimeout(timer));
  }

  end(): void {
    void this.worker.terminate();
  }

  private settle(outcome: Outcome): void {
    const { finish } = this;
    this.finish = undefined;
    finish?.(outcome);
  }
}
