import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { bytesSinceReclaim, dropScratch, reclaimMemory, releaseMemory } from '../arena';

let gc: (() => void) | undefined;

/** Frees what nobody holds any more, now: V8 does not see how large shared buffers are and would keep the volumes of many jobs. */
export function collectGarbage(): void {
  if (!gc) {
    setFlagsFromString('--expose-gc');
    gc = runInNewContext('gc') as () => void;
  }
  gc();
  reclaimMemory();
}

/** Below this many bytes of new arrays a collection takes longer than their memory is worth. */
const COLLECT_FROM_BYTES = 64 << 20;

/** Between the steps of a job: what one has replaced makes room for what the next one makes. */
export async function dropGarbage(): Promise<void> {
  if (bytesSinceReclaim() < COLLECT_FROM_BYTES) return;
  // V8 keeps what was made in this turn of the event loop.
  await setImmediate();
  collectGarbage();
}

/** Work this long, of one job or of several, may have left some 250 MB of volumes; what less of it left waits until the thread is idle. */
const COLLECT_AFTER_MS = 250;
/** An annotator who looks at a mask and clicks again should not pay for a collection: the caches of code it empties cost the next click twice its time. */
const IDLE_MS = 10_000;

/** When large arrays of a thread that is idle go back to the system: memory that is new costs the next job half a second. */
const RELEASE_MS = 60_000;
/** What it keeps: the next click needs no new memory. */
const KEPT_WHEN_IDLE_BYTES = 64 << 20;
/** What it keeps from job to job. */
const KEPT_BYTES = 1 << 30;

/** Collects what jobs leave behind, without making a quick click wait for it; memory goes back to the system when the thread is idle. */
export class JobGarbage {
  private uncollectedMs = 0;
  private idle: NodeJS.Timeout | undefined;
  private release: NodeJS.Timeout | undefined;

  /** @returns what to call when the job has ended */
  jobBegins(): () => void {
    clearTimeout(this.idle);
    clearTimeout(this.release);
    const started = performance.now();
    return () => {
      this.uncollectedMs += performance.now() - started;
      if (this.uncollectedMs >= COLLECT_AFTER_MS) this.collect();
      this.idle = setTimeout(() => this.collect(), IDLE_MS).unref();
      this.release = setTimeout(() => {
        releaseMemory(KEPT_WHEN_IDLE_BYTES);
        this.collect();
      }, RELEASE_MS).unref();
    };
  }

  private collect(): void {
    this.uncollectedMs = 0;
    dropScratch();
    releaseMemory(KEPT_BYTES);
    collectGarbage();
  }
}
