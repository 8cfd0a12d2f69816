import { EventEmitter } from 'node:events';
import { TrackedJob, type JobFacts, type JobView } from './tracked-job';

/** Ended jobs that can still be asked for. */
export const KEPT_JOBS = 100;

/** All inferences under way and the last that ended. Emits `begin` for each new one. */
export class JobBoard extends EventEmitter<{ begin: [TrackedJob] }> {
  private readonly active = new Map<string, TrackedJob>();
  /** Oldest first. */
  private readonly ended = new Map<string, TrackedJob>();

  /**
   * A request has come. While another one with its id is under way it gets the next free one of `id.2`, `id.3`, …; an ended job of that id is
   * forgotten.
   */
  begin(facts: JobFacts): TrackedJob {
    let { id } = facts;
    for (let n = 2; this.active.has(id); n++) id = `${facts.id}.${n}`;
    const job = new TrackedJob({ ...facts, id });
    this.ended.delete(id);
    this.active.set(id, job);
    job.on('change', () => job.ended && this.retire(job));
    this.emit('begin', job);
    return job;
  }

  get(id: string): TrackedJob | undefined {
    return this.active.get(id) ?? this.ended.get(id);
  }

  /** Waits up to `ms` for a job that may just be on its way. */
  async find(id: string, ms: number, signal: AbortSignal): Promise<TrackedJob | undefined> {
    const known = this.get(id);
    if (known || signal.aborted) return known;
    return new Promise((resolve) => {
      const finish = (job?: TrackedJob) => {
        clearTimeout(timer);
        this.off('begin', look);
        signal.removeEventListener('abort', giveUp);
        resolve(job);
      };
      const look = (job: TrackedJob) => job.id === id && finish(job);
      const giveUp = () => finish();
      const timer = setTimeout(giveUp, ms);
      this.on('begin', look);
      signal.addEventListener('abort', giveUp, { once: true });
    });
  }

  /** Those under way, oldest first, then the ended ones, newest first. */
  list(): JobView[] {
    return [...this.active.values(), ...[...this.ended.values()].reverse()].map((job) => job.view());
  }

  private retire(job: TrackedJob): void {
    this.active.delete(job.id);
    this.ended.set(job.id, job);
    const [oldest] = this.ended.keys();
    if (this.ended.size > KEPT_JOBS) this.ended.delete(oldest);
  }
}
