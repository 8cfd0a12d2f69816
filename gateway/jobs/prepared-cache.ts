import { createHash } from 'node:crypto';
import { collectGarbage } from './collect-garbage';
import type { Job } from '../pipeline/job';
import { bytesOf, type PreparedSample } from '../pipeline/prepared-sample';

interface Entry {
  session: string;
  sample: PreparedSample;
  bytes: number;
}

/** Images of sessions behind the pre-transforms that do not look at the request, least recently used first; bounded in bytes. */
export class PreparedCache {
  private readonly entries = new Map<string, Entry>();
  private bytes = 0;
  private hits = 0;
  private misses = 0;

  constructor(private readonly maxBytes: number) {}

  /** The key of what a job's cacheable steps give; undefined when there is nothing to keep. */
  keyOf({ session, spec, options, params }: Job): string | undefined {
    if (!session || spec.cacheableSteps === 0 || this.maxBytes === 0) return undefined;
    const steps = spec.pre.slice(0, spec.cacheableSteps);
    const parts = JSON.stringify([steps, options, spec.inference.inputs[0]?.field, params.nan ?? null]);
    return `${session}:${createHash('sha256').update(parts).digest('hex')}`;
  }

  /** Since the start: how often an image was at hand or had to be prepared; and what is kept now. */
  get figures(): { hits: number; misses: number; bytes: number } {
    return { hits: this.hits, misses: this.misses, bytes: this.bytes };
  }

  get(key: string): PreparedSample | undefined {
    const entry = this.entries.get(key);
    if (!entry) {
      this.misses++;
      return undefined;
    }
    this.hits++;
    this.entries.delete(key);
    this.entries.set(key, entry);
    return entry.sample;
  }

  /** Keeps a sample; those that were not used for longest go. One that is larger than the whole cache is not kept. */
  set(key: string, session: string, sample: PreparedSample): void {
    const bytes = bytesOf(sample);
    if (bytes > this.maxBytes) return;
    this.drop(key);
    this.entries.set(key, { session, sample, bytes });
    this.bytes += bytes;
    let dropped = false;
    for (const oldest of this.entries.keys()) {
      if (this.bytes <= this.maxBytes) break;
      dropped = this.drop(oldest);
    }
    if (dropped) collectGarbage();
  }

  /** The session is gone. */
  forgetSession(session: string): void {
    const keys = [...this.entries].filter(([, entry]) => entry.session === session).map(([key]) => key);
    for (const key of keys) this.drop(key);
    if (keys.length > 0) collectGarbage();
  }

  private drop(key: string): boolean {
    const entry = this.entries.get(key);
    if (!entry) return false;
    this.entries.delete(key);
    this.bytes -= entry.bytes;
    return true;
  }
}
