import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { MessageChannel, Worker, type MessagePort } from 'node:worker_threads';
import pLimit from 'p-limit';
import type { ImageError } from '../../../../image-error';
import type { NumericArray } from '../../../../volume';
import type { ArrivingFile } from '../../../arriving-file';
import { noMoreComes, type ComingCount } from '../../../coming-count';
import type { ValueType } from '../../../value-types';
import type { VoxelSource } from '../../../voxel-source';
import type { FrameTask } from '../decode-frame';
import { layoutOf } from '../frame';
import { say, type Sentence } from '../../../../../sentence';

/** Frames for one decode thread, and the array in shared memory that they are written into. */
export interface Batch {
  tasks: readonly FrameTask[];
  target: NumericArray;
}

/** Voxels of one file for one decode thread, which are used while they come. */
export interface Reading {
  source: VoxelSource;
  type: ValueType;
  /** The bytes of the voxels, in shared memory. */
  target: Uint8Array;
  count: ComingCount;
  /** The file, where it is still being written. */
  arriving?: Pick<ArrivingFile, 'mostBytes' | 'shared'>;
}

/** The outcome: `index` is that of the first frame of a batch that cannot be decoded; `trailing` bytes follow the voxels that were read. */
export type Outcome =
  { ok: true; trailing?: number } | { ok: false; index: number; kind: ImageError['kind']; said: Sentence };

/** Messages of a client and answers to it, by number. */
export type ToPool = readonly [id: number, work: Batch | Reading];
export type FromPool = readonly [id: number, outcome: Outcome];

/** A thread without work ends after this: its memory goes back to the system. */
const IDLE_MS = 10_000;
/** The time that a decoder may take: the slowest ones make several million samples a second. */
const DEADLINE_MS = 60_000;
const SAMPLES_PER_MS = 500;
const BYTES_PER_MS = 10_000;

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

  /** Never rejects. The array is not written to any more when this has settled. */
  run(work: Batch | Reading): Promise<Outcome> {
    clearTimeout(this.idleTimer);
    const most = DEADLINE_MS + leastMs(work);
    const deadline = setTimeout(() => {
      this.reason = `it took more than ${Math.round(most / 1000)} s`;
      void this.worker.terminate();
    }, most).unref();
    return new Promise<Outcome>((resolve) => {
      this.finish = resolve;
      Atomics.store(this.progress, 0, 0);
      this.worker.postMessage(work);
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
    client.on('message', ([id, work]: ToPool) => {
      void this.limit(async () => {
        if (!isOpen) return;
        const outcome = await this.threadForWork().run(work);
        // Its client may wait where it hears no message.
        if (!outcome.ok && 'count' in work) noMoreComes(work.count);
        client.postMessage([id, outcome] satisfies FromPool);
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

/** How long a slow decoder, or a slow disk, takes. */
function leastMs(work: Batch | Reading): number {
  if ('count' in work) return work.target.length / BYTES_PER_MS;
  return work.tasks.reduce((sum, { source }) => sum + layoutOf(source.format).length, 0) / SAMPLES_PER_MS;
}

let pool: DecodePool | undefined;

/** A connection to the process's decode threads, for one thread; to be called in the main thread. It never keeps the process alive. */
export function connectDecoders(): MessagePort {
  return (pool ??= new DecodePool()).connect();
}
