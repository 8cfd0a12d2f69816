import { statfs } from 'node:fs/promises';
import { threadId } from 'node:worker_threads';
import { status } from '@grpc/grpc-js';
import { fail, messageOf } from '../../errors';
import type { Channel } from '../channel';
import { rpcFailureOf } from '../rpc-failure';
import { Region } from './region';

export interface RegionPoolOptions {
  /** A tmpfs that Triton sees as /dev/shm. @default '/dev/shm' */
  directory?: string;
  /** Most bytes the regions of this pool (one per thread) take together. @default 2 GiB, but at most a quarter of the directory */
  maxBytes?: number;
  /** Of a Triton that is another user: it may read and write the files. @default none, the files are for this user alone */
  group?: number;
}

/** No region can be had, for a reason that leaves the inline way open. */
export class RegionUnavailable extends Error {}

const SMALLEST_BYTES = 1 << 20;
const STEP_BYTES = 16 << 20;
const RETIRED_RETRY_MS = 1_000;

let serial = 0;

/**
 * Regions kept for reuse, because fresh pages are what costs. When the bound would be passed, the idle region that was used longest ago
 * goes; when all are busy, requests wait their turn.
 */
export class RegionPool {
  /** Registered and unused, the most recently used last. */
  readonly #idle: Region[] = [];
  readonly #waiting: (() => void)[] = [];
  readonly #retired = new Map<Region, NodeJS.Timeout>();
  readonly #directory: string;
  #bytes = 0;
  #busy = 0;
  #closed = false;

  constructor(
    private readonly channel: Channel,
    private readonly options: RegionPoolOptions = {},
  ) {
    this.#directory = options.directory ?? '/dev/shm';
  }

  /** Bytes in files and in retired regions that Triton has not let go yet. */
  get bytes(): number {
    return this.#bytes;
  }

  /**
   * A registered region of at least `byteSize` bytes with arbitrary content, for the caller alone until {@link release} or {@link retire}.
   * @throws RegionUnavailable when none can be had, CANCELLED, TRITON_UNAVAILABLE
   */
  async acquire(byteSize: number, signal?: AbortSignal): Promise<Region> {
    const wanted = roundUp(byteSize);
    const limit = await this.#limit();
    if (wanted > limit)
      throw new RegionUnavailable(`a region of ${wanted} bytes is above the limit of ${limit} for shared memory`);
    for (;;) {
      if (this.#closed) throw new RegionUnavailable('the pool is closed');
      const [smallest] = this.#idle
        .filter((region) => region.byteSize >= wanted)
        .sort((a, b) => a.byteSize - b.byteSize);
      if (smallest) return this.#take(smallest, byteSize);
      if (this.#bytes + wanted <= limit) return this.#make(wanted, byteSize);
      if (this.#idle.length) await this.#drop(this.#idle.shift() as Region);
      else if (this.#busy) await this.#turn(signal);
      else throw new RegionUnavailable('cancelled requests still hold all of the shared memory');
    }
  }

  /** Gives a region back; Triton must be done with it. */
  release(region: Region): void {
    this.#busy--;
    if (this.#closed) return void this.#drop(region);
    this.#idle.push(region);
    this.#waiting.shift()?.();
  }

  /**
   * Gives a region back that must not be used again: Triton may still write to it, since cancelled requests run to their end, or has lost
   * it. The file goes now, the mapping in Triton as soon as it allows.
   */
  async retire(region: Region): Promise<void> {
    this.#busy--;
    await this.#drop(region);
  }

  /** Clears what earlier requests left in the regions that are unused now. */
  async clear(): Promise<void> {
    for (const region of this.#idle) await region.clear();
  }

  /** Removes the regions that are unused now. */
  async dropIdle(): Promise<void> {
    await Promise.all(this.#idle.splice(0).map((region) => this.#drop(region)));
  }

  /** Removes all files and registrations. Regions of requests that still run in Triton stay mapped there until it restarts. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.dropIdle();
    await Promise.all([...this.#retired.keys()].map((region) => region.unregister(this.channel)));
    for (const timer of this.#retired.values()) clearTimeout(timer);
    this.#retired.clear();
    for (const wake of this.#waiting.splice(0)) wake();
  }

  #take(region: Region, byteSize: number): Region {
    this.#idle.splice(this.#idle.indexOf(region), 1);
    this.#busy++;
    region.use(byteSize);
    return region;
  }

  async #make(byteSize: number, used: number): Promise<Region> {
    this.#bytes += byteSize;
    this.#busy++;
    let region: Region | undefined;
    try {
      const { bavail, bsize, blocks } = await statfs(this.#directory);
      // Triton's Python backends need some of it as well.
      const free = Math.max(0, bavail * bsize - (blocks * bsize) / 16);
      if (byteSize > free)
        throw new RegionUnavailable(`${this.#directory} has room for ${free} bytes, ${byteSize} are needed`);
      const name = `aiaa_gateway_${process.pid}_${threadId}_${serial++}`;
      region = await Region.create(this.#directory, name, byteSize, this.options.group);
      await region.register(this.channel);
      region.use(used);
      return region;
    } catch (error) {
      await region?.remove();
      this.#bytes -= byteSize;
      this.#busy--;
      this.#waiting.shift()?.();
      if (isAboutRegion(error)) throw new RegionUnavailable(messageOf(error), { cause: error });
      throw error;
    }
  }

  async #drop(region: Region): Promise<void> {
    await region.remove();
    if (await region.unregister(this.channel)) return this.#gone(region);
    this.#retired.set(region, this.#retryLater(region));
    this.#waiting.shift()?.();
  }

  #retryLater(region: Region): NodeJS.Timeout {
    const retry = async () => {
      const done = await region.unregister(this.channel);
      if (!this.#retired.has(region)) return;
      if (done) this.#gone(region);
      else this.#retired.set(region, this.#retryLater(region));
    };
    return setTimeout(() => void retry(), RETIRED_RETRY_MS).unref();
  }

  #gone(region: Region): void {
    this.#retired.delete(region);
    this.#bytes -= region.byteSize;
    this.#waiting.shift()?.();
  }

  #turn(signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const wake = (): void => {
        signal?.removeEventListener('abort', leave);
        resolve();
      };
      const leave = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(wake), 1);
        reject(fail('CANCELLED'));
      };
      if (signal?.aborted) return reject(fail('CANCELLED'));
      signal?.addEventListener('abort', leave, { once: true });
      this.#waiting.push(wake);
    });
  }

  async #limit(): Promise<number> {
    if (this.options.maxBytes !== undefined) return this.options.maxBytes;
    const { blocks, bsize } = await statfs(this.#directory).catch((error: unknown) => {
      throw new RegionUnavailable(messageOf(error), { cause: error });
    });
    return Math.min(2 ** 31, (blocks * bsize) / 4);
  }
}

/** Powers of two up to 16 MiB, then multiples of it: few sizes, so that regions fit again, and little that is never used. */
function roundUp(byteSize: number): number {
  const power = 2 ** Math.ceil(Math.log2(Math.max(byteSize, SMALLEST_BYTES)));
  return power <= STEP_BYTES ? power : Math.ceil(byteSize / STEP_BYTES) * STEP_BYTES;
}

/** A failure of the file system or of the registration, as opposed to a Triton that does not answer. */
function isAboutRegion(error: unknown): boolean {
  if (error instanceof RegionUnavailable || typeof (error as NodeJS.ErrnoException).syscall === 'string') return true;
  const code = rpcFailureOf(error)?.code;
  return code !== undefined && ![status.UNAVAILABLE, status.DEADLINE_EXCEEDED, status.CANCELLED].includes(code);
}
