import { readdir, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { namedFolders } from '../disk-errors';
import { asGatewayError, fail, GatewayError, whyThreadEnded } from '../errors';
import { connectDecoders } from '../imaging/formats/dicom/frames/pool/decode-pool';
import type { ArrivingFile } from '../imaging/formats/arriving-file';
import type { Grant, FromWorker, JobResult, TensorBytes, ToWorker, Work } from '../pipeline/job';
import type { Logger } from '../telemetry/logger';
import type { TritonOptions } from '../triton/triton';
import type { Lease, MemoryBudget } from './memory-budget';
import { say, Sentence, sentenceOf } from '../sentence';
import { SharedJobProgress, type Progress } from './shared-job-progress';
import { RightOfWay } from './right-of-way';
import type { WorkerSettings } from './worker';

export interface WorkerSlotOptions {
  /** Options of the client each thread makes for itself; plain data. */
  triton: Omit<TritonOptions, 'log'>;
  /** Those for TensorFlow models. @default the same */
  tensorflowTriton?: Omit<TritonOptions, 'log'>;
  /** Most voxels that resampling may make of one image. */
  maxVoxels: number;
  /** Folder with the transforms that model authors brought. */
  lib: string;
  /** Path and first letters of folders for files that ITK reads; the thread's number follows. */
  scratch: string;
  logger: Logger;
  /** A thread is gone, perhaps without giving back its shared memory. */
  onThreadEnd(threadId: number): void;
  /** Starts a thread. @default one that runs `worker.js` */
  startWorker?: (name: string, settings: WorkerSettings) => Worker;
}

/** Questions of a job while it runs. */
export interface Asks {
  /** Another thread may work for the job as well. @default false */
  beside?: boolean;
  /** Its image, while that arrives. */
  file?: ArrivingFile;
  /** Memory for all that it will take. @param kept bytes of shared memory that its thread has already */
  memory(bytes: number, kept: number): Grant;
  /** Memory for a prepared image. */
  reserve?(bytes: number): Promise<Uint8Array | undefined>;
  /** Room on the disk for the file that it makes; rejects where there is none. */
  room?(bytes: number): Promise<void>;
  /** Whether the upload of an image that was still arriving is whole: settles when it is. */
  confirm?(): Promise<void>;
}

interface Running extends Asks {
  resolve(result: JobResult): void;
  reject(error: Error): void;
}

/** A job was not granted its memory, or has begun before its image was there: it begins anew when there is room, or the image. */
export class NotNow extends Error {
  override readonly name = 'NotNow';
}

const NO_TENSORS: TensorBytes = { inline: 0, shared_memory: 0 };
const CLOSE_WITHIN_MS = 10_000;
/** An idle thread that keeps more than this is ended: its memory goes back to the system. Less is worth keeping for the next click. */
const KEPT_BYTES = 64 << 20;
const END_AFTER_MS = 30_000;
/** From here on the memory goes back sooner, though not between the calls of a client that makes one after the other. */
const LARGE_BYTES = 1 << 30;
const END_LARGE_AFTER_MS = 10_000;

/** One place for a worker thread: started when first needed, started again after a crash or after it was ended. Runs one job at a time. */
export class WorkerSlot {
  private worker: Worker | undefined;
  private running: Running | undefined;
  private finished: Promise<unknown> = Promise.resolve();
  /** Threads that are on their way out. */
  private readonly ending = new Set<Promise<void>>();
  private idle: NodeJS.Timeout | undefined;
  private readonly shared = new SharedJobProgress();
  /** Since the start, over all threads this place has had. */
  readonly tensorBytes: TensorBytes = { inline: 0, shared_memory: 0 };

  /** False while a message of its thread is on its way that says what that keeps of the budget. */
  private settled = true;
  readonly lease: Lease;

  constructor(
    private readonly index: number,
    private readonly options: WorkerSlotOptions,
    private readonly budget: MemoryBudget,
    /** Memory of {@link RightOfWay}. */
    private readonly way: Int32Array<SharedArrayBuffer>,
  ) {
    this.lease = budget.lease(index);
  }

  /** Gives it so much of the budget, for the job that it is about to run; only where that is sure to stay. */
  grow(bytes: number): boolean {
    return this.settled && this.lease.grow(bytes);
  }

  /** Ends an idle thread that keeps memory of earlier jobs: others wait for it. */
  giveBack(): void {
    if (this.settled && this.lease.has(1)) this.endThread();
  }

  /** How far the running job is. */
  get progress(): Progress {
    return this.shared.read();
  }

  /** Runs one job; the slot must be idle. Rejects with a GatewayError or {@link NotNow}. */
  async run(job: Work, signal: AbortSignal, asks: Asks): Promise<JobResult> {
    clearTimeout(this.idle);
    this.settled = false;
    this.shared.reset();
    const worker = (this.worker ??= this.start());
    const cancel = () => {
      // Decoding looks at no signal, and nobody else has its file.
      if ('kind' in job && job.kind === 'to-nifti') return void this.worker?.terminate();
      this.shared.cancel();
      this.running?.file?.fail();
      if (this.worker) tell(this.worker, { kind: 'cancel' });
    };
    signal.addEventListener('abort', cancel, { once: true });
    const result = new Promise<JobResult>((resolve, reject) => {
      this.running = { ...asks, resolve, reject };
      tell(worker, { kind: 'run', job, beside: asks.beside ?? false });
    });
    this.finished = result.catch(() => undefined);
    try {
      return await result;
    } finally {
      this.running = undefined;
      signal.removeEventListener('abort', cancel);
    }
  }

  /** Takes the thread from a job whose upload is not whole: it rejects with {@link NotNow}. */
  postpone(): void {
    this.running?.file?.fail();
    if (this.worker) tell(this.worker, { kind: 'postpone' });
  }

  /** Waits for the running job, lets the thread give back its shared memory, and ends it. */
  async close(): Promise<void> {
    await this.finished;
    this.endThread();
    await Promise.all(this.ending);
  }

  /** The next job starts another one. */
  private endThread(): void {
    clearTimeout(this.idle);
    const { worker } = this;
    if (!worker) return;
    this.worker = undefined;
    const timer = setTimeout(() => void worker.terminate(), CLOSE_WITHIN_MS);
    const gone = new Promise<void>((resolve) => worker.once('exit', () => resolve())).then(() => {
      clearTimeout(timer);
      this.ending.delete(gone);
    });
    this.ending.add(gone);
    tell(worker, { kind: 'close' });
  }

  private start(): Worker {
    const { triton, tensorflowTriton, maxVoxels, lib, scratch, startWorker = startThread, onThreadEnd } = this.options;
    const { shared, index } = this.lease;
    const own = {
      progress: this.shared.buffer,
      decoders: connectDecoders(),
      lease: { shared, index },
      way: { shared: this.way, thread: this.index },
      folders: namedFolders(),
    };
    const settings = { triton, tensorflowTriton, maxVoxels, lib, scratch, ...own };
    const worker = startWorker(`inference-${this.index}`, settings);
    worker.on('message', (message: FromWorker) => this.receive(worker, message));
    const { threadId } = worker;
    worker.on('error', (error) => this.lose(worker, say`the worker thread failed: ${sentenceOf(error)}`));
    worker.on('exit', (code) => {
      onThreadEnd(threadId);
      void removeAll(`${scratch}${threadId}-`);
      this.lose(worker, say`the worker thread ended with code ${code}`);
      if (!this.worker) this.settle(0);
    });
    return worker;
  }

  private receive(worker: Worker, message: FromWorker): void {
    if (message.kind === 'log') this.options.logger.log(message.level, message.message, message.facts);
    // Messages of a lost thread belong to no job that runs now.
    if (this.worker !== worker) return;
    switch (message.kind) {
      case 'done':
        return this.finish(message.tensorBytes)?.resolve(withSentences(message.result));
      case 'failed':
        return this.finish(message.tensorBytes)?.reject(new GatewayError(message.error));
      case 'reserve':
        return void this.giveRoom(worker, message.bytes);
      case 'memory':
        return tell(worker, { kind: 'memory', grant: this.running?.memory(message.bytes, message.kept) ?? 'none' });
      case 'room':
        return void this.giveDisk(worker, message.bytes);
      case 'confirm':
        return this.confirm(worker);
      case 'later':
        return this.finish()?.reject(new NotNow());
      case 'idle':
        this.endLater(message.keptBytes);
        return this.settle(message.keptBytes);
    }
  }

  private async giveRoom(worker: Worker, bytes: number): Promise<void> {
    tell(worker, { kind: 'reserve', place: await this.running?.reserve?.(bytes) });
  }

  private async giveDisk(worker: Worker, bytes: number): Promise<void> {
    const error = await this.running?.room?.(bytes).then(() => undefined, asGatewayError);
    tell(worker, { kind: 'room', error: error?.toData() });
  }

  private confirm(worker: Worker): void {
    const answer = (kind: 'confirm' | 'postpone') => () => tell(worker, { kind });
    this.running?.confirm?.().then(answer('confirm'), answer('postpone'));
  }

  /** @param bytes that its thread keeps */
  private settle(bytes: number): void {
    this.settled = this.running === undefined;
    this.budget.end(this.lease, bytes);
  }

  private finish({ inline, shared_memory }: TensorBytes = NO_TENSORS): Running | undefined {
    this.tensorBytes.inline += inline;
    this.tensorBytes.shared_memory += shared_memory;
    const { running } = this;
    this.running = undefined;
    return running;
  }

  /** The memory of a thread never shrinks. */
  private endLater(keptBytes: number): void {
    if (this.running || keptBytes <= KEPT_BYTES) return;
    const ms = keptBytes > LARGE_BYTES ? END_LARGE_AFTER_MS : END_AFTER_MS;
    this.idle = setTimeout(() => this.endThread(), ms).unref();
  }

  /** A lost thread fails its job and is replaced when the next one comes. */
  private lose(worker: Worker, what: Sentence): void {
    if (this.worker !== worker) return;
    this.worker = undefined;
    new RightOfWay(this.way, this.index).leave();
    const { running } = this;
    this.running = undefined;
    running?.reject(fail('INTERNAL', { what: whyThreadEnded(what) }));
  }
}

/** Removes folders by path and first letters. */
async function removeAll(prefix: string): Promise<void> {
  const names = await readdir(dirname(prefix)).catch(() => []);
  const left = names.filter((name) => name.startsWith(basename(prefix))).map((name) => join(dirname(prefix), name));
  await Promise.all(left.map((folder) => rm(folder, { recursive: true, force: true }).catch(() => undefined)));
}

/** On the way from a thread its sentences became plain data. */
function withSentences({ warnings, ...result }: JobResult): JobResult {
  return warnings ? { ...result, warnings: warnings.map(Sentence.of) } : result;
}

const tell = (worker: Worker, message: ToWorker) => worker.postMessage(message);

function startThread(name: string, settings: WorkerSettings): Worker {
  return new Worker(join(__dirname, 'worker.js'), { workerData: settings, transferList: [settings.decoders], name });
}
