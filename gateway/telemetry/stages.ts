/** Time that one stage of a request took, in milliseconds. */
export interface Stage {
  name: string;
  ms: number;
  /** When it began for the first time, in milliseconds since 1970. */
  at?: number;
}

/** Hears how far a job is while it runs. Called often: it must cost next to nothing and not throw. */
export interface ProgressListener {
  /** A stage begins, or begins again. @param at milliseconds since 1970 */
  enter(stage: string, at: number): void;
  /** The stage ends; it may be entered again. @param ms since it was entered */
  leave(stage: string, ms: number): void;
  /** `done` of `total` windows (slices, for a pipeline) are through the network. */
  advance(done: number, total: number): void;
}

/** Measures the stages of a job. */
export class StageClock {
  constructor(private readonly listener?: ProgressListener) {}

  /** Tells the listener how many windows are done. */
  advance(done: number, total: number): void {
    this.listener?.advance(done, total);
  }

  /** Begins a part of the stage `name`. @returns ends it */
  begin(name: string): () => void {
    const start = performance.now();
    this.listener?.enter(name, performance.timeOrigin + start);
    return () => this.listener?.leave(name, performance.now() - start);
  }

  /** Runs `work` as a part of the stage `name`, over also when it throws. */
  async measure<T>(name: string, work: () => T | Promise<T>): Promise<T> {
    const end = this.begin(name);
    try {
      return await work();
    } finally {
      end();
    }
  }

  /** The same for work that returns at once. */
  measureNow<T>(name: string, work: () => T): T {
    const end = this.begin(name);
    try {
      return work();
    } finally {
      end();
    }
  }
}
