/** Time that one stage of a request took, in milliseconds. */
export interface Stage {
  name: string;
  ms: number;
  /** When it began for the first time, in milliseconds since 1970. */
  at?: number;
}

/** Hears how far a job is while it runs. Called often: it must cost next to nothing and not throw. */
export interface ProgressListener {
  /** A stage begins, or begins again. */
  enter(stage: string): void;
  /** `done` of `total` windows (slices, for a pipeline) are through the network. */
  advance(done: number, total: number): void;
}

/** Collects how long each stage took; a stage that is entered again adds up. */
export class StageClock {
  private readonly total = new Map<string, number>();
  private readonly begun = new Map<string, number>();

  constructor(private readonly listener?: ProgressListener) {}

  add(name: string, ms: number): void {
    this.total.set(name, (this.total.get(name) ?? 0) + ms);
  }

  /** Tells the listener how many windows are done. */
  advance(done: number, total: number): void {
    this.listener?.advance(done, total);
  }

  /** Runs `work` and adds its time to the stage `name`, also when it throws. */
  async measure<T>(name: string, work: () => T | Promise<T>): Promise<T> {
    const start = performance.now();
    if (!this.begun.has(name)) this.begun.set(name, performance.timeOrigin + start);
    this.listener?.enter(name);
    try {
      return await work();
    } finally {
      this.add(name, performance.now() - start);
    }
  }

  list(): Stage[] {
    return [...this.total].map(([name, ms]) => ({ name, ms: Math.round(ms * 10) / 10, at: this.begun.get(name) }));
  }
}

/** Value of the `Server-Timing` header (W3C Server Timing): `decode;dur=41.2, pre;dur=120`. */
export function serverTiming(stages: readonly Stage[]): string {
  return stages.map(({ name, ms }) => `${name};dur=${ms}`).join(', ');
}
