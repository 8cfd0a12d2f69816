import { availableParallelism } from 'node:os';
import { fail } from '../errors';
import type { Job, JobResult, NiftiJob, TensorBytes, Work } from '../pipeline/job';
import type { PreparedSample } from '../pipeline/prepared-sample';
import type { Arrival } from './arrival';
import { FairOrder, type Ordered } from './fair-order';
import { classOf, jobClasses, type JobClass } from './job-class';
import { RequestRun } from './request-run';
import { wayFor } from './right-of-way';
import { randomUUID } from 'node:crypto';
import { MemoryBudget } from './memory-budget';
import { PreparedCache } from './prepared-cache';
import { ArrivingFile } from '../imaging/formats/arriving-file';
import { NotNow, WorkerSlot, type Asks, type WorkerSlotOptions } from './worker-slot';
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

interface Waiting extends Ordered {
  job: Work;
  signal: AbortSignal;
  run: RequestRun;
  room?: Asks['room'];
  resolve(result: JobResult): void;
  reject(error: unknown): void;
  /** The memory that it needs, once its header was read and there was no room: it waits for that. */
  bytes?: number;
  /** Jobs that came later and took memory before it. */
  overtaken: number;
}

/** So many jobs may take memory before one that came earlier and waits for more. */
const MOST_OVERTAKEN = 16;
/** A job waits no longer for an image that arrives: it holds memory, and a version of its model. */
const MOST_ARRIVING_MS = 3000;

/**
 * The queue of jobs for the worker threads, in a {@link FairOrder}; clicks have a thread more. A job reads its image's header first; where there is no room
 * for what it will need, it waits without a thread, and smaller ones go before it for a while. The main thread touches no voxel.
 */
export class JobQueue {
  private readonly idle: WorkerSlot[];
  private readonly forClicks: WorkerSlot;
  private readonly slots: WorkerSlot[];
  private readonly queue: Waiting[] = [];
  private readonly order = new FairOrder();
  /** Jobs that run, by class. */
  private readonly running: Record<JobClass, number> = { click: 0, image: 0, batch: 0 };
  /** Have jobs whose images are arriving, and none that waits. */
  private readonly ahead = new Set<WorkerSlot>();
  private readonly prepared: PreparedCache;
  private readonly budget: MemoryBudget;
  private arrivals = 0;
  private closed = false;

  constructor(private readonly options: JobQueueOptions) {
    // The last one is for clicks alone.
    const places = options.workers + 1;
    this.budget = new MemoryBudget(places, options.memoryBytes, () => this.startNext());
    const way = wayFor(places);
    this.slots = Array.from({ length: places }, (_, index) => new WorkerSlot(index, options, this.budget, way));
    [this.forClicks] = this.slots.slice(-1);
    this.idle = [...this.slots];
    this.prepared = new PreparedCache(options.preparedCacheBytes ?? 0);
  }

  /** Jobs that run and jobs that wait. */
  get load(): { active: number; queued: number } {
    return { active: this.slots.length - this.idle.length, queued: this.queue.length };
  }

  /** The same by class. */
  get classes(): Record<JobClass, { running: number; queued: number }> {
    const figures = (name: JobClass) => ({
      running: this.running[name],
      queued: this.queue.filter((waiting) => waiting.class === name).length,
    });
    return Object.fromEntries(jobClasses.map((name) => [name, figures(name)])) as ReturnType<() => JobQueue['classes']>;
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

  /** In bytes: the budget of all jobs, and what they have taken; jobs that wait for memory. */
  get memory(): { limit: number; used: number; waiting: number } {
    return { ...this.budget.figures, waiting: this.waitingForMemory };
  }

  /** Whether each job that runs may have a second thread. */
  private get hasSpareThread(): boolean {
    return 2 * this.load.active <= Math.min(this.options.workers, availableParallelism());
  }

  private get waitingForMemory(): number {
    return this.queue.reduce((count, { bytes }) => count + (bytes === undefined ? 0 : 1), 0);
  }

  /** Prepared images of sessions. */
  get cache(): { hits: number; misses: number; bytes: number } {
    return this.prepared.figures;
  }

  /**
   * Runs a job when a worker is free.
   * @param signal aborts the job, waiting or running
   * @param request hears what becomes of it
   * @param room asked for room on the disk
   * @throws QUEUE_FULL, STOPPING, CANCELLED, or what the job fails with (a GatewayError)
   */
  run(job: Work, signal: AbortSignal, request: RequestRun, room?: Asks['room']): Promise<JobResult> {
    if (this.closed) throw fail('STOPPING');
    if (signal.aborted) throw fail('CANCELLED');
    const kind = classOf(job, request.isBatch);
    if (this.queue.length >= this.options.queueSize + this.idleFor(kind).length + this.ahead.size)
      throw fail('QUEUE_FULL', { ...this.load });
    return new Promise((resolve, reject) => {
      const waiting: Waiting = {
        number: this.arrivals++,
        class: kind,
        user: request.user,
        passed: 0,
        job,
        signal,
        run: request,
        room,
        resolve,
        reject,
        overtaken: 0,
      };
      const dropIfQueued = () => {
        const at = this.queue.indexOf(waiting);
        if (at < 0) return;
        this.take(at);
        request.left(false);
        reject(fail('CANCELLED'));
      };
      signal.addEventListener('abort', dropIfQueued, { once: true });
      this.wait(waiting);
      this.startNext();
    });
  }

  /**
   * Begins a job while its image is arriving, with a thread that nobody else needs. It gives that back as soon as another job waits, and when the image
   * takes too long.
   * @throws NotNow: nothing has been done that is not to be done again when the upload is whole; else as {@link run}
   */
  async runAhead(job: Job, arrival: Arrival, signal: AbortSignal, request: RequestRun): Promise<JobResult> {
    const kind = classOf(job, request.isBatch);
    const slot = this.closed || signal.aborted || this.queue.length > 0 ? undefined : this.idleFor(kind).at(-1);
    if (!slot) throw new NotNow();
    this.occupy(slot, kind);
    this.ahead.add(slot);
    const late = setTimeout(() => slot.postpone(), MOST_ARRIVING_MS);
    const confirm = async () => {
      await arrival.whole;
      clearTimeout(late);
      this.ahead.delete(slot);
      arrival.isConfirmed = true;
      request.queued(() => 1);
      request.running(() => slot.progress);
    };
    const memory = (bytes: number, kept: number) =>
      slot.lease.grow(bytes + kept) ? 'beside' : slot.lease.grow(bytes) ? 'instead' : 'none';
    let unfollow = () => {};
    const { mostBytes } = arrival;
    const file = new ArrivingFile(job.image.path, mostBytes);
    try {
      const result = slot.run({ ...job, arriving: { mostBytes, shared: file.shared } }, signal, {
        memory,
        confirm,
        beside: this.hasSpareThread,
        file,
      });
      unfollow = arrival.follow((bytes, whole) => file.grown(bytes, whole));
      const finished = await result;
      request.left(true);
      return finished;
    } catch (error) {
      if (arrival.isConfirmed) request.left(false);
      throw signal.aborted ? fail('CANCELLED', {}, { cause: error }) : error;
    } finally {
      unfollow();
      // A job that gave up by itself may have left a thread that waits for the rest.
      file.fail();
      clearTimeout(late);
      this.ahead.delete(slot);
      this.vacate(slot, kind);
    }
  }

  /**
   * Decodes an image (a file or a folder of DICOM files) and writes it as uncompressed NIfTI: a job as others are.
   * @param room asked with the bytes of the file before it is written; throws where there is none
   * @throws as {@link run}
   */
  async toNifti(
    source: string,
    target: string,
    { name, ...options }: { name: string } & NiftiJob['options'],
    signal: AbortSignal,
    room: NonNullable<Asks['room']>,
  ): Promise<{ shape: number[]; warnings: readonly Sentence[] }> {
    const id = randomUUID();
    const job: NiftiJob = { kind: 'to-nifti', id, image: { path: source, name }, target, options };
    const { json, warnings = [] } = await this.run(job, signal, new RequestRun(id, ''), room);
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

  private wait(waiting: Waiting): void {
    const after = this.queue.findIndex(({ number }) => number > waiting.number);
    this.queue.splice(after < 0 ? this.queue.length : after, 0, waiting);
    this.budget.waiting = this.waitingForMemory;
    waiting.run.queued(() => this.order.sorted(this.queue).indexOf(waiting) + 1);
  }

  private take(at: number): void {
    this.queue.splice(at, 1);
    this.budget.waiting = this.waitingForMemory;
  }

  private startNext(): void {
    this.budget.refresh();
    for (let next = this.takeNext(); next; next = this.takeNext()) {
      const { slot, waiting } = next;
      void this.runOn(slot, waiting).finally(() => this.vacate(slot, waiting.class));
    }
    if (this.queue.length > 0) for (const slot of this.ahead) slot.postpone();
  }

  /** The first job that can start, and the slot for it. */
  private takeNext(): { slot: WorkerSlot; waiting: Waiting } | undefined {
    if (this.idle.length === 0) return undefined;
    for (const waiting of this.order.sorted(this.queue)) {
      const slot = this.slotFor(waiting);
      if (!slot) continue;
      this.take(this.queue.indexOf(waiting));
      this.order.began(waiting, this.queue);
      this.occupy(slot, waiting.class);
      return { slot, waiting };
    }
    if (this.waitingForMemory > 0) for (const slot of [...this.idle]) slot.giveBack();
    return undefined;
  }

  /** The threads that a job may have, the best one last. */
  private idleFor(kind: JobClass): WorkerSlot[] {
    const others = this.idle.filter((slot) => slot !== this.forClicks);
    // The others may have to clear up after a large job first.
    return kind === 'click' && others.length < this.idle.length ? [...others, this.forClicks] : others;
  }

  private occupy(slot: WorkerSlot, kind: JobClass): void {
    this.idle.splice(this.idle.indexOf(slot), 1);
    this.running[kind]++;
  }

  private vacate(slot: WorkerSlot, kind: JobClass): void {
    this.idle.push(slot);
    this.running[kind]--;
    this.startNext();
  }

  private slotFor(waiting: Waiting): WorkerSlot | undefined {
    const { bytes } = waiting;
    const idle = this.idleFor(waiting.class);
    const last = idle.at(-1);
    // A job that does not fit any more, since the budget became smaller, is refused by its thread.
    if (bytes === undefined || !last?.lease.fits(bytes)) return last;
    return idle.findLast((slot) => this.mayTake(waiting, () => slot.grow(bytes)));
  }

  /** Takes memory for a job, unless that would keep one that came earlier from its own for too long. */
  private mayTake({ number }: Waiting, grow: () => boolean): boolean {
    const earlier = this.queue.filter((other) => other.number < number && other.bytes !== undefined);
    if (earlier.some(({ overtaken }) => overtaken >= MOST_OVERTAKEN) || !grow()) return false;
    for (const other of earlier) other.overtaken++;
    return true;
  }

  private async runOn(slot: WorkerSlot, waiting: Waiting): Promise<void> {
    const { job, signal, run, room, resolve, reject } = waiting;
    try {
      signal.throwIfAborted();
      run.running(() => slot.progress);
      const memory: Asks['memory'] = (bytes, kept) => {
        waiting.bytes = bytes;
        const take = (all: number) => slot.lease.has(all) || this.mayTake(waiting, () => slot.lease.grow(all));
        return take(bytes + kept) ? 'beside' : take(bytes) ? 'instead' : 'none';
      };
      const result = await this.runPrepared(slot, job, signal, { memory, room, beside: this.hasSpareThread });
      run.left(true);
      resolve(result);
    } catch (error) {
      run.left(false);
      if (error instanceof NotNow && !signal.aborted && !this.closed) return this.wait(waiting);
      if (signal.aborted) return reject(fail('CANCELLED', {}, { cause: error }));
      reject(error instanceof NotNow ? fail('STOPPING') : error);
    }
  }

  /** Runs the job on what an earlier call on the same session image has prepared, or keeps what this one prepares. */
  private async runPrepared(slot: WorkerSlot, job: Work, signal: AbortSignal, asks: Asks): Promise<JobResult> {
    const key = 'kind' in job ? undefined : this.prepared.keyOf(job);
    if ('kind' in job || key === undefined) return slot.run(job, signal, asks);
    const preparation = this.prepared.begin(key, job.session!);
    let made: PreparedSample | undefined;
    try {
      const work = { ...job, prepared: preparation.sample ?? ('wanted' as const) };
      const { prepared, ...result } = await slot.run(work, signal, {
        ...asks,
        reserve: (bytes) => preparation.reserve(bytes),
      });
      made = prepared;
      return result;
    } finally {
      preparation.end(made);
    }
  }
}
