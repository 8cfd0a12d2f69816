import { totalmem } from 'node:os';
import { fail, type GatewayError } from '../errors';

const MB = 2 ** 20;
/** Of what the machine or the container has: the rest is for Node, uploads in the page cache, and other programs. */
const SHARE = 0.6;
/** Places in the memory that threads share. */
const [USED, LIMIT, FIRST_LEASE] = [0, 1, 2];

/** 60 % of the memory that this process may use now, in bytes: a container's limit, or the machine's memory. */
export function defaultBudget(): number {
  const limit = process.constrainedMemory() ?? 0;
  return SHARE * (limit > 0 ? Math.min(limit, totalmem()) : totalmem());
}

interface Waiting {
  lease: Lease;
  bytes: number;
  grant(): void;
}

/**
 * The memory that all jobs together may take. A job takes what it will need before it decodes its image, and waits for it, first come, first served;
 * growth beyond that is taken at once, or refused. All figures are kept in MB, in memory that worker threads share.
 */
export class MemoryBudget {
  private readonly shared: Int32Array<SharedArrayBuffer>;
  private readonly waiting: Waiting[] = [];

  /** @param leases places for jobs @param bytes the budget @param onShort the job of this lease is next and waits: what other threads keep is wanted */
  constructor(
    leases: number,
    private readonly bytes: () => number = defaultBudget,
    private readonly onShort: (first: Lease) => void = () => undefined,
  ) {
    this.shared = new Int32Array(new SharedArrayBuffer(4 * (FIRST_LEASE + leases)));
    this.refresh();
  }

  /** Reads the budget again: a container's limit may change. */
  refresh(): void {
    Atomics.store(this.shared, LIMIT, Math.floor(this.bytes() / MB));
  }

  lease(index: number): Lease {
    return new Lease(this.shared, FIRST_LEASE + index);
  }

  /** Takes what a job needs, now or when others have ended. @param signal ends the waiting @throws MEMORY_EXCEEDED, CANCELLED */
  take(lease: Lease, bytes: number, signal: AbortSignal): Promise<void> {
    if (!lease.fits(bytes)) throw lease.refusal(bytes);
    return new Promise((resolve, reject) => {
      const entry: Waiting = { lease, bytes, grant: resolve };
      this.waiting.push(entry);
      signal.addEventListener(
        'abort',
        () => {
          const at = this.waiting.indexOf(entry);
          if (at < 0) return;
          this.waiting.splice(at, 1);
          reject(fail('CANCELLED'));
          this.next();
        },
        { once: true },
      );
      this.next();
    });
  }

  isWaiting(lease: Lease): boolean {
    return this.waiting.some((entry) => entry.lease.index === lease.index);
  }

  /** A job has ended. @param bytes that its thread keeps */
  end(lease: Lease, bytes = 0): void {
    lease.keep(bytes);
    this.next();
  }

  private next(): void {
    for (let first = this.waiting.at(0); first; first = this.waiting.at(0)) {
      if (!first.lease.grow(first.bytes)) return this.onShort(first.lease);
      this.waiting.shift();
      first.grant();
    }
  }
}

/** The part of the budget that one place for jobs has; worker threads have it too. */
export class Lease {
  constructor(
    readonly shared: Int32Array<SharedArrayBuffer>,
    readonly index: number,
  ) {}

  /** The whole budget, to a MB. */
  get bytes(): number {
    return Atomics.load(this.shared, this.index) * MB;
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
