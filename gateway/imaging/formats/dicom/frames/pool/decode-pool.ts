import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { MessageChannel, Worker, type MessagePort } from 'node:worker_threads';
import pLimit from 'p-limit';
import type { ImageError } from '../../../../image-error';
import type { NumericArray } from '../../../../volume';
import type { FrameTask } from '../decode-frame';
import { layoutOf } from '../frame';
import { say, type Sentence } from '../../../../../sentence';

/** Frames for one decode thread, and the array in shared memory that they are written into. */
export interface Batch {
  tasks: readonly FrameTask[];
  target: NumericArray;
}

/** The outcome of a batch: `index` is that of its first frame that cannot be decoded. */
export type Outcome = { ok: true } | { ok: false; index: number; kind: ImageError['kind']; said: Sentence };

/** Messages of a client and answers to it, by number. */
export type ToPool = readonly [id: number, batch: Batch];
export type FromPool = readonly [id: number, outcome: Outcome];

/** A thread without work ends after this: its memory goes back to the system. */
const IDLE_MS = 10_000;
/** The time that a decoder may take: the slowest ones make several million samples a second. */
const DEADLINE_MS = 60_000;
const SAMPLES_PER_MS = 500;

/** One decode thread. Its program never keeps the process alive. */
class DecodeThread {
  private readonly progress = new Int32Array(new SharedArrayBuffer(4));
  private readonly worker: Worker;
  private finish: ((outcome: Outcome) => void) | undefined;
  private reason = '';
  private idleTimer: NodeJS.Timeout | undefined;

  /** @param gone is called when the thread has ended, or will take no more work */
  constructor(private readonly gone: () => void) {
    this.worker = new Worker(join(__dirname, 'decode-thread.js'), { workerData: this.progress.buffer, name: 'decode' });
    this.worker.on('message', (outcome: Outcome) => this.settle(outcome));
    this.worker.on('error', ({ message }) => (this.reason ||= message));
    this.worker.on('exit', () => {
      gone();
      const ended = `its decoder ended without an answer (${this.reason || 'it was stopped'})`;
      const said = say`${ended}: it is damaged, or too large for the memory of this server`;
      this.settle({ ok: false, index: Atomics.load(this.progress, 0), kind: 'unreadable', said });
    });
    this.worker.unref();
  }

  get idle(): boolean {
    return this.finish === undefined;
  }

  /** Never rejects. The batch's array is not written to any more when this has settled. */
  run(batch: Batch): Promise<Outcome> {
    clearTimeout(this.idleTimer);
    const samples = batch.tasks.reduce((sum, { source }) => sum + layoutOf(source.format).length, 0);
    const most = DEADLINE_MS + samples / SAMPLES_PER_MS;
    const deadline = setTimeout(() => {
      this.reason = `it took more than ${Math.round(most / 1000)} s`;
      void this.worker.terminate();
    }, most).unref();
    return new Promise<Outcome>((resolve) => {
      this.finish = resolve;
      Atomics.store(this.progress, 0, 0);
      this.worker.postMessage(batch);
    }).finally(() => clearTimeout(deadline));
  }

  private settle(outcome: Outcome): void {
    const { finish } = this;
    this.finish = undefined;
    this.idleTimer = setTimeout(() => {
      this.gone();
      void this.worker.terminate();
    }, IDLE_MS).unref();
    finish?.(outcome);
  }
}

/**
 * The decode threads of the process, as many as cores. It lives in the main thread, which outlives every client and only passes messages on: pixels go from
 * the file into shared memory in a decode thread. First come, first served; what a client leaves when its thread ends is dropped.
 */
class DecodePool {
  private readonly threads = new Set<DecodeThread>();
  private readonly limit = pLimit(availableParallelism());

  connect(): MessagePort {
    const { port1: client, port2 } = new MessageChannel();
    let isOpen = true;
    client.on('message', ([id, batch]: ToPool) => {
      void this.limit(async () => {
        if (isOpen) client.postMessage([id, await this.threadForWork().run(batch)] satisfies FromPool);
      });
    });
    client.on('close', () => (isOpen = false));
    client.unref();
    return port2;
  }

  private threadForWork(): DecodeThread {
    const idle = [...this.threads].find((thread) => thread.idle);
    if (idle) return idle;
    const thread = new DecodeThread(() => this.threads.delete(thread));
    this.threads.add(thread);
    return thread;
  }
}

let pool: DecodePool | undefined;

/** A connection to the process's decode threads, for one thread; to be called in the main thread. It never keeps the process alive. */
export function connectDecoders(): MessagePort {
  return (pool ??= new DecodePool()).connect();
}
