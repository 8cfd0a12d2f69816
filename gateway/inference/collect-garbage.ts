import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

let gc: (() => void) | undefined;

/** Frees what nobody holds any more, now: V8 does not see how large shared buffers are and would keep the volumes of many jobs. */
export function collectGarbage(): void {
  if (!gc) {
    setFlagsFromString('--expose-gc');
    gc = runInNewContext('gc') as () => void;
  }
  gc();
}

/** A job this short has touched little memory: what it left may wait until the thread is idle, or for a few more like it. */
const SHORT_MS = 250;
const SHORT_JOBS = 4;
const IDLE_MS = 100;

/** Collects what jobs leave behind, without making a quick click wait for it. */
export class JobGarbage {
  private uncollected = 0;
  private idle: NodeJS.Timeout | undefined;

  /** @returns what to call when the job has ended */
  jobBegins(): () => void {
    clearTimeout(this.idle);
    const started = performance.now();
    return () => {
      this.uncollected += performance.now() - started < SHORT_MS ? 1 : SHORT_JOBS;
      if (this.uncollected >= SHORT_JOBS) this.collect();
      else this.idle = setTimeout(() => this.collect(), IDLE_MS).unref();
    };
  }

  private collect(): void {
    this.uncollected = 0;
    collectGarbage();
  }
}
