import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { fail, GatewayError } from '../errors';
import { connectDecoders } from '../imaging/formats/dicom/frames/pool/decode-pool';
import type { Logger } from '../telemetry/logger';
import type { TritonOptions } from '../triton/triton';
import type { FromWorker, JobResult, ToWorker, Work } from '../pipeline/job';
import { JobCell, type Progress } from './job-cell';
import { TensorBytes } from './tensor-bytes';
import type { WorkerSettings } from './worker';

export interface WorkerSlotOptions {
  /** Options of the client each thread makes for itself; plain data. */
  triton: Omit<TritonOptions, 'log'>;
  /** Most voxels that resampling may make of one image. */
  maxVoxels: number;
  /** Folder with the transforms that model authors brought. */
  lib: string;
  logger: Logger;
  /** A thread is gone, perhaps without giving back its shared memory. */
  onThreadEnd(threadId: number): void;
}

interface Running {
  resolve(result: JobResult): void;
  reject(error: Error): void;
}

const CLOSE_WITHIN_MS = 10_000;

/** One place for a worker thread: started when first needed, started again after a crash. Runs one job at a time. */
export class WorkerSlot {
  private worker: Worker | undefined;
  private running: Running | undefined;
  private finished: Promise<unknown> = Promise.resolve();
  private readonly cell = new JobCell();
  /** Since the start, over all threads this place has had. */
  readonly tensorBytes = new TensorBytes();

  constructor(
    private readonly index: number,
    private readonly options: WorkerSlotOptions,
  ) {}

  /** How far the running job is. */
  get progress(): Progress {
    return this.cell.read();
  }

  /** Forgets the progress of the last job. */
  begin(): void {
    this.cell.reset();
  }

  /** Runs one job; the slot must be idle. Rejects with a GatewayError. */
  async run(job: Work, signal: AbortSignal): Promise<JobResult> {
    const worker = (this.worker ??= this.start());
    const cancel = () => {
      this.cell.cancel();
      this.tell(worker, { kind: 'cancel' });
    };
    signal.addEventListener('abort', cancel, { once: true });
    const result = new Promise<JobResult>((resolve, reject) => {
      this.running = { resolve, reject };
      this.tell(worker, { kind: 'run', job });
    });
    this.finished = result.catch(() => undefined);
    try {
      return await result;
    } finally {
      this.running = undefined;
      signal.removeEventListener('abort', cancel);
    }
  }

  /** Waits for the running job, lets the thread give back its shared memory, and ends it. */
  async close(): Promise<void> {
    await this.finished;
    const worker = this.worker;
    if (!worker) return;
    const gone = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
    this.tell(worker, { kind: 'close' });
    const timer = setTimeout(() => void worker.terminate(), CLOSE_WITHIN_MS);
    await gone;
    clearTimeout(timer);
  }

  private start(): Worker {
    const { triton, maxVoxels, lib } = this.options;
    const decoders = connectDecoders();
    const workerData: WorkerSettings = {
      triton,
      maxVoxels,
      lib,
      cell: this.cell.buffer,
      tensorBytes: this.tensorBytes.buffer,
      decoders,
    };
    const worker = new Worker(join(__dirname, 'worker.js'), {
      workerData,
      transferList: [decoders],
      name: `inference-${this.index}`,
    });
    worker.on('message', (message: FromWorker) => this.receive(message));
    const { threadId } = worker;
    worker.on('error', (error) => this.lose(worker, `the worker thread failed: ${error.message}`));
    worker.on('exit', (code) => {
      this.options.onThreadEnd(threadId);
      this.lose(worker, `the worker thread ended with code ${code}`);
    });
    return worker;
  }

  private tell(worker: Worker, message: ToWorker): void {
    worker.postMessage(message);
  }

  private receive(message: FromWorker): void {
    switch (message.kind) {
      case 'done':
        return this.running?.resolve(message.result);
      case 'failed':
        return this.running?.reject(new GatewayError(message.error));
      case 'log':
        this.options.logger.log(message.level, message.message, message.facts);
    }
  }

  /** A lost thread fails its job and is replaced when the next one comes. */
  private lose(worker: Worker, what: string): void {
    if (this.worker !== worker) return;
    this.worker = undefined;
    this.running?.reject(
      fail('INTERNAL', { what: `${what}; the image may be too large for the memory of this server` }),
    );
  }
}
