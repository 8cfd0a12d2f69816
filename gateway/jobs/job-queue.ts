import { fail } from '../errors';
import type { JobResult, NiftiJob, TensorBytes, Work } from '../pipeline/job';
import type { PreparedSample } from '../pipeline/prepared-sample';
import { RequestRun } from './request-run';
import { randomUUID } from 'node:crypto';
import { MemoryBudget, type Lease } from './memory-budget';
import { PreparedCache } from './prepared-cache';
import { WorkerSlot, type WorkerSlotOptions } from './worker-slot';
import type { Sentence } from '../sentence';

export interface JobQueueOptions extends WorkerSlotOptions {
  /** Jobs that run at the same time. */
  workers: number;
  /** Jobs that may wait. */
  queueSize: number;
  /** Memory for prepared images of sessions. @default 0: none is kept */
  preparedCacheBytes?: number;
  /** Memory that all jobs may take together; asked for at each job. @default {@link defaultBudget} */
  memoryBytes?: () => number;
}

interface Waiting {
  job: Work;
  signal: AbortSignal;
  run: RequestRun;
  resolve(result: JobResult): void;
  reject(error: unknown): void;
}

/** The queue of jobs for the worker threads, first come, first served. The main thread touches no voxel. */
export class JobQueue {
  private readonly idle: WorkerSlot[];
  private readonly slots: WorkerSlot[];
  private readonly queue: Waiting[] = [];
  private readonly prepared: PreparedCache;
  private readonly budget: MemoryBudget;
  private closed = false;

  constructor(private readonly options: JobQueueOptions) {
    const giveBack = (first: Lease) => this.slots.filter((slot) => !slot.has(first)).forEach((slot) => slot.giveBack());
    this.budget = new MemoryBudget(options.workers, options.memoryBytes, giveBack);
    this.slots = Array.from({ length: options.workers }, (_, index) => new WorkerSlot(index, options, this.budget));
    this.idle = [...this.slots];
    this.prepared = new PreparedCache(options.preparedCacheBytes ?? 0);
  }

  /** Jobs that run and jobs that wait. */
  get load(): { active: number; queued: number } {
    return { active: this.slots.length - this.idle.length, queued: this.queue.length };
  }

  /** Jobs that may wait. */
  get queueSize(): number {
    return this.options.queueSize;
  }

  /** Bytes of tensors to and from Triton, by the way they went. */
  get tensorBytes(): TensorBytes {
    const sum = (way: keyof TensorBytes) => this.slots.reduce((bytes, slot) => bytes + slot.tensorBytes[way], 0);
    return { inline: sum('inline'), shared_memory: sum('shared_memory') };
  }

  /** Prepared images of sessions. */
  get cache(): { hits: number; misses: number; bytes: number } {
    return this.prepared.figures;
  }

  /**
   * Runs a job when a worker is free.
   * @param signal aborts the job, waiting or running
   * @param request hears what becomes of it
   * @throws QUEUE_FULL, STOPPING, CANCELLED, or what the job fails with (a GatewayError)
   */
  run(job: Work, signal: AbortSignal, request: RequestRun): Promise<JobResult> {
    if (this.closed) throw fail('STOPPING');
    if (signal.aborted) throw fail('CANCELLED');
    if (this.idle.length === 0 && this.queue.length >= this.options.queueSize)
      throw fail('QUEUE_FULL', { ...this.load });
    return new Promise((resolve, reject) => {
      const waiting: Waiting = { job, signal, run: request, resolve, reject };
      const dropIfQueued = () => {
        const at = this.queue.indexOf(waiting);
        if (at < 0) return;
        this.queue.splice(at, 1);
        request.left(false);
        reject(fail('CANCELLED'));
      };
      signal.addEventListener('abort', dropIfQueued, { once: true });
      this.queue.push(waiting);
      request.queued(() => this.queue.indexOf(waiting) + 1);
      this.startNext();
    });
  }

  /**
   * Decodes an image (a file or a folder of DICOM files) and writes it as uncompressed NIfTI: a job as others are.
   * @throws as {@link run}
   */
  async toNifti(
    source: string,
    target: string,
    { name, ...options }: { name: string } & NiftiJob['options'],
    signal: AbortSignal,
  ): Promise<{ shape: number[]; warnings: readonly Sentence[] }> {
    const id = randomUUID();
    const job: NiftiJob = { kind: 'to-nifti', id, image: { path: source, name }, target, options };
    const { json, warnings = [] } = await this.run(job, signal, new RequestRun(id, ''));
    return { shape: json.shape as number[], warnings };
  }

  /** Drops what was kept for the images of a session. */
  forgetSession(session: string): void {
    this.prepared.forgetSession(session);
  }

  /** Waits for what runs and refuses what waits; then ends the threads. */
  async close(): Promise<void> {
    this.closed = true;
    for (const waiting of this.queue.splice(0)) waiting.reject(fail('STOPPING'));
    await Promise.all(this.slots.map((slot) => slot.close()));
  }

  private startNext(): void {
    while (this.idle.length > 0 && this.queue.length > 0) {
      const slot = this.idle.pop()!;
      const waiting = this.queue.shift()!;
      void this.runOn(slot, waiting).finally(() => {
        this.idle.push(slot);
        this.startNext();
      });
    }
  }

  private async runOn(slot: WorkerSlot, { job, signal, run, resolve, reject }: Waiting): Promise<void> {
    try {
      signal.throwIfAborted();
      this.budget.refresh();
      run.running(() => slot.progress);
      const result = await this.runPrepared(slot, job, signal);
      run.left(true);
      resolve(result);
    } catch (error) {
      run.left(false);
      reject(signal.aborted ? fail('CANCELLED', {}, { cause: error }) : error);
    }
  }

  /** Runs the job on what an earlier call on the same session image has prepared, or keeps what this one prepares. */
  private async runPrepared(slot: WorkerSlot, job: Work, signal: AbortSignal): Promise<JobResult> {
    const key = 'kind' in job ? undefined : this.prepared.keyOf(job);
    if ('kind' in job || key === undefined) return slot.run(job, signal);
    const preparation = this.prepared.begin(key, job.session!);
    let made: PreparedSample | undefined;
    try {
      const work = { ...job, prepared: preparation.sample ?? ('wanted' as const) };
      const { prepared, ...result } = await slot.run(work, signal, (bytes) => preparation.reserve(bytes));
      made = prepared;
      return result;
    } finally {
      preparation.end(made);
    }
  }
}
