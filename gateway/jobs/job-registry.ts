import { setTimeout as sleep } from 'node:timers/promises';
import type { Job as JobView } from '../contract/jobs';
import type { JobFacts, RequestRun } from './request-run';

/** Ended jobs that can still be asked for. */
export const KEPT_JOBS = 100;
const LOOK_EVERY_MS = 20;

/** All inferences under way and the last that ended. */
export class JobRegistry {
  private readonly active = new Map<string, RequestRun>();
  /** Oldest first. */
  private readonly ended = new Map<string, RequestRun>();

  /**
   * A request is an inference. While another one with its id is under way it gets the next free one of `id.2`, `id.3`, …; an ended job of that id is
   * forgotten.
   */
  begin(run: RequestRun, job: JobFacts): void {
    const asked = run.id;
    for (let n = 2; this.active.has(run.id); n++) run.id = `${asked}.${n}`;
    run.job = job;
    this.ended.delete(run.id);
    this.active.set(run.id, run);
    run.whenEnded(() => this.retire(run));
  }

  get(id: string): RequestRun | undefined {
    return this.active.get(id) ?? this.ended.get(id);
  }

  /** Waits up to `ms` for a job that may just be on its way. */
  async find(id: string, ms: number, signal: AbortSignal): Promise<RequestRun | undefined> {
    const until = performance.now() + ms;
    while (!this.get(id) && !signal.aborted && performance.now() < until) await sleep(LOOK_EVERY_MS);
    return this.get(id);
  }

  /** For operators: those under way, oldest first, then the ended ones, newest first. */
  list(): JobView[] {
    return [...this.active.values(), ...[...this.ended.values()].reverse()].map((run) => run.view('record'));
  }

  private retire(run: RequestRun): void {
    this.active.delete(run.id);
    this.ended.set(run.id, run);
    const [oldest] = this.ended.keys();
    if (this.ended.size > KEPT_JOBS) this.ended.delete(oldest);
  }
}
