import { totalmem } from 'node:os';
import { fail, type GatewayError } from '../errors';

const MB = 2 ** 20;
/** Of what the machine or the container has: the rest is for Node, uploads in the page cache, and other programs. */
const SHARE = 0.6;
/** Places in the memory that threads share. */
const [USED, LIMIT, WAITING, FIRST_LEASE] = [0, 1, 2, 3];

/** The system reads files to tell what it gives. */
const LOOK_EVERY_MS = 1000;
let known = { at: -Infinity, bytes: 0 };

/** 60 % of the memory that this process may use now, in bytes: a container's limit, or the machine's memory. */
export function defaultBudget(): number {
  const now = performance.now();
  if (now - known.at > LOOK_EVERY_MS) {
    const limit = process.constrainedMemory() ?? 0;
    known = { at: now, bytes: SHARE * (limit > 0 ? Math.min(limit, totalmem()) : totalmem()) };
  }
  return known.bytes;
}

/**
 * The memory that all jobs together may take. A job takes what it will need before it decodes its image; growth beyond that is taken at once, or
 * refused. All figures are kept in MB, in memory that worker threads share.
 */
export class MemoryBudget {
  private readonly shared: Int32Array<SharedArrayBuffer>;

  /** @param leases places for jobs @param bytes the budget @param onFreed some of it was given back */
  constructor(
    leases: number,
    private readonly bytes: () => number = defaultBudget,
    private readonly onFreed: () => void = () => undefined,
  ) {
    this.shared = new Int32Array(new SharedArrayBuffer(4 * (FIRST_LEASE + leases)));
    this.refresh();
  }

  /** In bytes: the budget, what jobs have taken, and what idle threads keep. */
  get figures(): { limit: number; used: number } {
    return { limit: Atomics.load(this.shared, LIMIT) * MB, used: Atomics.load(this.shared, USED) * MB };
  }

  /** Reads the budget again: a container's limit may change. */
  refresh(): void {
    Atomics.store(this.shared, LIMIT, Math.floor(this.bytes() / MB));
  }

  /** How many jobs wait for memory: while there are any, no other one takes some unasked. */
  set waiting(jobs: number) {
    Atomics.store(this.shared, WAITING, jobs);
  }

  lease(index: number): Lease {
    return new Lease(this.shared, FIRST_LEASE + index);
  }

  /** A job has ended. @param bytes that its thread keeps */
  end(lease: Lease, bytes = 0): void {
    lease.keep(bytes);
    this.onFreed();
  }
}

/** The part of the budget that one place for jobs has; worker threads have it too. */
export class Lease {
  constructor(
    readonly shared: Int32Array<SharedArrayBuffer>,
    readonly index: number,
  ) {}

  /** Whether it is so large. */
  has(bytes: number): boolean {
    return inMb(bytes) <= Atomics.load(this.shared, this.index);
  }

  /** Whether a job of this size could ever run. */
  fits(bytes: number): boolean {
    return inMb(bytes) <= Atomics.load(this.shared, LIMIT);
  }

  /** Makes it so large, if it is smaller and the budget has room. */
  grow(bytes: number): boolean {
    const { shared, index } = this;
    const missing = inMb(bytes) - Atomics.load(shared, index);
    if (missing <= 0) return true;
    const used = Atomics.add(shared, USED, missing) + missing;
    if (used > Atomics.load(shared, LIMIT)) {
      Atomics.sub(shared, USED, missing);
      return false;
    }
    Atomics.add(shared, index, missing);
    return true;
  }

  /** The same for a job that begins, unless others wait for memory: who is first then is for the queue to say. */
  growUnasked(bytes: number): boolean {
    return Atomics.load(this.shared, WAITING) === 0 && this.grow(bytes);
  }

  /** Gives back all but this. */
  keep(bytes: number): void {
    const kept = inMb(bytes);
    Atomics.add(this.shared, USED, kept - Atomics.exchange(this.shared, this.index, kept));
  }

  /** Why a job cannot have so much. @param voxels of its image */
  refusal(bytes: number, file?: string, voxels?: number): GatewayError {
    const limit = Atomics.load(this.shared, LIMIT);
    const needed = inMb(bytes);
    const values = { file: file ?? 'image', needed, limit };
    if (needed <= limit) return fail('MEMORY_BUSY', values);
    const fitting = voxels && Math.floor((voxels * limit) / needed / 1e4) / 100;
    const fits = fitting ? `An image of up to about ${fitting} million voxels would fit` : 'A smaller image would fit';
    return fail('MEMORY_EXCEEDED', { ...values, fits });
  }
}

const inMb = (bytes: number) => Math.min(Math.ceil(bytes / MB), 2 ** 30);
