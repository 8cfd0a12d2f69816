import type { ProgressListener } from '../../telemetry/stages';

/** Stages that a worker thread tells of, in the order of a job; a cell holds their place in this list plus one. */
export const workerStages = [
  'decode',
  'cache',
  'pre',
  'window',
  'triton',
  'seeds',
  'polygons',
  'post',
  'write',
] as const;

/** How far a running job is. */
export interface Progress {
  /** One of {@link workerStages}; undefined before the first. */
  stage?: string;
  /** Windows (slices, for a pipeline) through the network; undefined for a model without. */
  windows?: { done: number; total: number };
}

const CANCELLED = 0;
const STAGE = 1;
const DONE = 2;
const TOTAL = 3;
const CELLS = 4;

/**
 * What a worker thread and the main thread tell each other while a job runs: the wish to stop one way, the progress the other. Four Int32 in
 * shared memory, so that a thread that computes without returning to its event loop hears and is heard, and nothing is sent.
 */
export class JobCell implements ProgressListener {
  readonly buffer: SharedArrayBuffer;
  private readonly cells: Int32Array;

  constructor(buffer = new SharedArrayBuffer(CELLS * Int32Array.BYTES_PER_ELEMENT)) {
    this.buffer = buffer;
    this.cells = new Int32Array(buffer);
  }

  /** For the next job. */
  reset(): void {
    for (let at = 0; at < CELLS; at++) Atomics.store(this.cells, at, 0);
  }

  cancel(): void {
    Atomics.store(this.cells, CANCELLED, 1);
  }

  get cancelled(): boolean {
    return Atomics.load(this.cells, CANCELLED) === 1;
  }

  enter(stage: string): void {
    const at = (workerStages as readonly string[]).indexOf(stage);
    if (at >= 0) Atomics.store(this.cells, STAGE, at + 1);
  }

  advance(done: number, total: number): void {
    Atomics.store(this.cells, TOTAL, total);
    Atomics.store(this.cells, DONE, done);
  }

  read(): Progress {
    const total = Atomics.load(this.cells, TOTAL);
    const done = Math.min(total, Atomics.load(this.cells, DONE));
    return {
      stage: workerStages[Atomics.load(this.cells, STAGE) - 1],
      windows: total > 0 ? { done, total } : undefined,
    };
  }
}
