import type { ProgressListener, Stage } from '../telemetry/stages';

/** How far a job is when a stage begins, in the order of a job. The network has the largest part, and its windows are counted. */
export const stageBegins: Record<string, number> = {
  decode: 0.02,
  cache: 0.05,
  pre: 0.08,
  window: 0.15,
  triton: 0.15,
  seeds: 0.4,
  polygons: 0.3,
  post: 0.85,
  write: 0.92,
  answer: 0.98,
};

/** The shared memory holds the place of a stage in this list plus one. */
const stages = Object.keys(stageBegins);

/** How far a running job is. */
export interface Progress {
  /** One of {@link stageBegins}; undefined before the first. */
  stage?: string;
  /** Windows (slices, for a pipeline) through the network; undefined for a model without. */
  windows?: { done: number; total: number };
  /** How long each took until now, in the order they began. A stage that was entered again adds up. */
  stages: Stage[];
}

const CANCELLED = 0;
const STAGE = 1;
const DONE = 2;
const TOTAL = 3;
const CELLS = 4;

/** When the stage that runs was entered, in milliseconds since 1970; 0 between two. */
const ENTERED = 0;
/** For each stage when it began for the first time, then its milliseconds. */
const FIRST = 1;
const TIMES = FIRST + 2 * stages.length;

/**
 * The messages between a worker thread and the main thread while a job runs: the wish to stop one way, the progress the other. A few numbers in
 * shared memory, so that a thread that computes without returning to its event loop hears and is heard, and nothing is sent.
 */
export class SharedJobProgress implements ProgressListener {
  readonly buffer: SharedArrayBuffer;
  private readonly cells: Int32Array;
  private readonly times: Float64Array;

  constructor(
    buffer = new SharedArrayBuffer(CELLS * Int32Array.BYTES_PER_ELEMENT + TIMES * Float64Array.BYTES_PER_ELEMENT),
  ) {
    this.buffer = buffer;
    this.cells = new Int32Array(buffer, 0, CELLS);
    this.times = new Float64Array(buffer, this.cells.byteLength);
  }

  /** For the next job. */
  reset(): void {
    for (let at = 0; at < CELLS; at++) Atomics.store(this.cells, at, 0);
    this.times.fill(0);
  }

  cancel(): void {
    Atomics.store(this.cells, CANCELLED, 1);
  }

  get cancelled(): boolean {
    return Atomics.load(this.cells, CANCELLED) === 1;
  }

  enter(stage: string, at: number): void {
    const place = stages.indexOf(stage);
    if (place < 0) return;
    this.times[ENTERED] = at;
    this.times[FIRST + 2 * place] ||= at;
    Atomics.store(this.cells, STAGE, place + 1);
  }

  leave(stage: string, ms: number): void {
    const place = stages.indexOf(stage);
    if (place < 0) return;
    this.times[ENTERED] = 0;
    this.times[FIRST + 2 * place + 1] += ms;
  }

  advance(done: number, total: number): void {
    Atomics.store(this.cells, TOTAL, total);
    Atomics.store(this.cells, DONE, done);
  }

  read(): Progress {
    const total = Atomics.load(this.cells, TOTAL);
    const done = Math.min(total, Atomics.load(this.cells, DONE));
    const running = Atomics.load(this.cells, STAGE) - 1;
    const entered = this.times[ENTERED];
    const lasts = entered ? Math.max(0, performance.timeOrigin + performance.now() - entered) : 0;
    const times = stages
      .map((name, place) => {
        const [at, ms] = this.times.subarray(FIRST + 2 * place);
        return { name, ms: ms + (place === running ? lasts : 0), at };
      })
      .filter(({ at }) => at > 0)
      .sort((a, b) => a.at - b.at);
    return { stage: stages[running], windows: total > 0 ? { done, total } : undefined, stages: times };
  }
}
