import { createHash } from 'node:crypto';
import { totalmem } from 'node:os';
import { setImmediate } from 'node:timers/promises';
import { Blocks, type Block } from '../arena';
import { filesByField } from '../pipeline/files-by-field';
import type { Job } from '../pipeline/job';
import type { PreparedSample } from '../pipeline/prepared-sample';

interface Entry {
  session: string;
  sample: PreparedSample;
  block: Block;
  /** Jobs that read it. */
  users: number;
  /** It goes with its last user. */
  dropped: boolean;
}

/** Of one job: a prepared image to begin with, or the memory for one that it prepares. */
export interface Preparation {
  sample?: PreparedSample;
  /** Memory for a prepared image; undefined when others leave no room, or the job has ended meanwhile. */
  reserve(bytes: number): Promise<Uint8Array | undefined>;
  /** The job has ended. @param made what it has prepared in the memory it was given */
  end(made?: PreparedSample): void;
}

/** Blocks begin at multiples of it. */
const ALIGNMENT = 64;
/** A few milliseconds. */
const CLEARED_AT_ONCE = 4 << 20;

/**
 * Images of sessions after the pre-transforms that do not look at the request, least recently used first. Their voxels lie in one memory of a fixed size,
 * which the threads share: a block of it becomes zeros and is used again when its image is dropped and no job reads it any more.
 */
export class PreparedCache {
  private readonly entries = new Map<string, Entry>();
  private readonly maxBytes: number;
  private readonly blocks: Blocks;
  private memory: SharedArrayBuffer | undefined;
  /** Settles when all blocks that were given back are zeros, and free. */
  private cleared: Promise<unknown> = Promise.resolve();
  private hits = 0;
  private misses = 0;

  constructor(maxBytes: number) {
    this.maxBytes = Math.min(maxBytes, totalmem());
    this.blocks = new Blocks(0, this.maxBytes);
  }

  /**
   * The key of what a job's cacheable steps give: all that their outcome depends on (the content of own transforms is in `steps`). Undefined when there is
   * nothing to keep.
   */
  keyOf(job: Job): string | undefined {
    const { session, spec, options, params } = job;
    if (!session || spec.cacheableSteps === 0 || this.maxBytes === 0) return undefined;
    const steps = spec.pre.slice(0, spec.cacheableSteps);
    const fields = [...filesByField(job).keys()];
    const parts = JSON.stringify([steps, options, spec.dialect, spec.monai, fields, params.nan ?? null]);
    return `${session}:${createHash('sha256').update(parts).digest('hex')}`;
  }

  /** Since the start: how often an image was at hand or had to be prepared; and what is kept now. */
  get figures(): { hits: number; misses: number; bytes: number } {
    const bytes = [...this.entries.values()].reduce((sum, { block }) => sum + block.bytes, 0);
    return { hits: this.hits, misses: this.misses, bytes };
  }

  /** A job with this key begins. */
  begin(key: string, session: string): Preparation {
    const entry = this.entries.get(key);
    if (entry) {
      this.hits++;
      entry.users++;
      this.entries.delete(key);
      this.entries.set(key, entry);
    } else this.misses++;
    let block: Block | undefined;
    let ended = false;
    return {
      sample: entry?.sample,
      reserve: async (bytes) => {
        const taken = await this.take(bytes);
        if (taken && ended) this.blocks.free(taken);
        if (!taken || ended) return undefined;
        block = taken;
        return this.bytesOf({ at: block.at, bytes });
      },
      end: (sample) => {
        ended = true;
        if (entry && --entry.users === 0 && entry.dropped) this.giveBack(entry.block);
        if (!block) return;
        if (!sample) return this.giveBack(block);
        this.drop(key);
        this.entries.set(key, { session, sample, block, users: 0, dropped: false });
      },
    };
  }

  /** The session is gone. */
  forgetSession(session: string): void {
    for (const [key, entry] of this.entries) if (entry.session === session) this.drop(key);
  }

  /** Drops images that nobody uses, the least recently used first, until there is room. */
  private async take(bytes: number): Promise<Block | undefined> {
    const aligned = Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
    if (aligned > this.maxBytes) return undefined;
    for (;;) {
      await this.cleared;
      const block = this.blocks.take(aligned, {});
      const oldest = [...this.entries].find(([, { users }]) => users === 0);
      if (block || !oldest) return block;
      this.drop(oldest[0]);
    }
  }

  private bytesOf({ at, bytes }: Pick<Block, 'at' | 'bytes'>): Uint8Array {
    return new Uint8Array((this.memory ??= new SharedArrayBuffer(this.maxBytes)), at, bytes);
  }

  /** Nobody finds there what was an image of a patient. In pieces: others get their turn. */
  private giveBack(block: Block): void {
    const clear = async () => {
      const bytes = this.bytesOf(block);
      for (let at = 0; at < bytes.length; at += CLEARED_AT_ONCE) {
        bytes.fill(0, at, at + CLEARED_AT_ONCE);
        await setImmediate();
      }
      this.blocks.free(block);
    };
    this.cleared = Promise.all([this.cleared, clear()]);
  }

  private drop(key: string): void {
    const entry = this.entries.get(key);
    if (!entry) return;
    this.entries.delete(key);
    entry.dropped = true;
    if (entry.users === 0) this.giveBack(entry.block);
  }
}
