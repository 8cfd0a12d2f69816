import type { NumericArray, VoxelArray } from './volume';

/** What is used of it; Node's types leave it to the browser's. */
declare const WebAssembly: {
  Memory: new (limits: { initial: number; maximum: number; shared: true }) => WasmMemory;
};

/** Memory that vector code can be given. */
export interface WasmMemory {
  readonly buffer: SharedArrayBuffer;
  grow(pages: number): number;
}

interface VoxelArrayConstructor<T> {
  new (length: number): T;
  new (buffer: SharedArrayBuffer, byteOffset?: number, length?: number): T;
  readonly BYTES_PER_ELEMENT: number;
}

/** Arrays below this size V8 makes and frees faster. */
const LARGE_FROM_BYTES = 1 << 20;
const PAGE_BYTES = 1 << 16;
/** Four GB but one page: the end of the last block still is a number of 32 bits. */
const MOST_PAGES = 65535;
/** Begins of blocks: a vector never lies in two cache lines. */
const ALIGNMENT = 64;
/** What a vector loop may read or write beyond the end of an array. */
const SLACK = 64;

interface Block {
  at: number;
  bytes: number;
}

/** A block in use. Every view of its arrays has this buffer: when the buffer is gone, nobody can reach the block. */
interface Lease extends Block {
  buffer: WeakRef<SharedArrayBuffer>;
}

/**
 * Memory that large arrays and vector code share, up to 4 GB, grown as needed. Each block is handed out with a buffer object of its own, though all of
 * them are the whole memory; a block whose buffer object the garbage collector has taken is used again.
 */
class VoxelMemory {
  readonly memory = new WebAssembly.Memory({ initial: 1, maximum: MOST_PAGES, shared: true });
  private readonly buffers = new WeakSet<ArrayBufferLike>();
  /** By address, no two of them neighbours. The first page belongs to the vector code. */
  private free: Block[] = [];
  private leases: Lease[] = [];
  private end = PAGE_BYTES;
  /** Nothing has been written from here on: it is zeros. */
  private untouched = PAGE_BYTES;
  private workspace: Block = { at: 0, bytes: 0 };

  /** Bytes of the machine's memory that it may take. */
  get bytes(): number {
    return this.untouched;
  }

  has(buffer: ArrayBufferLike): boolean {
    return this.buffers.has(buffer);
  }

  /** @returns undefined when there is not as much left */
  lease(bytes: number, zeroed: boolean): { buffer: SharedArrayBuffer; at: number } | undefined {
    const known = this.untouched;
    const block = this.take(bytes);
    if (!block) return undefined;
    const { at } = block;
    const buffer = structuredClone(this.memory.buffer);
    this.buffers.add(buffer);
    this.leases.push({ ...block, buffer: new WeakRef(buffer) });
    const dirty = Math.min(at + bytes, known) - at;
    if (zeroed && dirty > 0) Buffer.from(buffer, at, dirty).fill(0);
    return { buffer, at };
  }

  /** Memory for the vector code, at one place until more is asked for. */
  workspaceOf(bytes: number): number {
    if (this.workspace.bytes < bytes) {
      this.giveBack(this.workspace);
      this.workspace = { at: 0, bytes: 0 };
      const block = this.take(bytes);
      if (!block)
        throw new RangeError(`no memory for ${bytes} bytes of a kernel: volumes fill the ${this.end} there are`);
      this.workspace = block;
    }
    return this.workspace.at;
  }

  /** Makes the blocks free whose arrays are gone. */
  reclaim(): void {
    const gone = this.leases.filter(({ buffer }) => buffer.deref() === undefined);
    if (gone.length === 0) return;
    this.leases = this.leases.filter((lease) => !gone.includes(lease));
    for (const block of gone) this.giveBack(block);
  }

  private take(wanted: number): Block | undefined {
    const bytes = Math.ceil((wanted + SLACK) / ALIGNMENT) * ALIGNMENT;
    let place = this.placeFor(bytes);
    if (!place) {
      this.reclaim();
      place = this.placeFor(bytes) ?? this.grown(bytes);
    }
    if (!place) return undefined;
    const { at } = place;
    if (place.bytes === bytes) this.free.splice(this.free.indexOf(place), 1);
    else {
      place.at += bytes;
      place.bytes -= bytes;
    }
    this.untouched = Math.max(this.untouched, at + bytes);
    return { at, bytes };
  }

  /** The lowest one: what has been used before is in the machine's memory already. */
  private placeFor(bytes: number): Block | undefined {
    return this.free.find((block) => block.bytes >= bytes);
  }

  private grown(bytes: number): Block | undefined {
    const last = this.free.at(-1);
    const there = last && last.at + last.bytes === this.end ? last.bytes : 0;
    const pages = Math.ceil((bytes - there) / PAGE_BYTES);
    if (this.end / PAGE_BYTES + pages > MOST_PAGES) return undefined;
    try {
      this.memory.grow(pages);
    } catch {
      return undefined;
    }
    const begin = this.end;
    this.end += pages * PAGE_BYTES;
    this.giveBack({ at: begin, bytes: this.end - begin });
    return this.free.at(-1);
  }

  private giveBack({ at, bytes }: Block): void {
    if (bytes === 0) return;
    const next = this.free.findIndex((block) => block.at > at);
    const index = next < 0 ? this.free.length : next;
    const [before, after] = [this.free[index - 1] as Block | undefined, this.free[index] as Block | undefined];
    const block = { at, bytes };
    const joinsAfter = after && at + bytes === after.at;
    if (joinsAfter) block.bytes += after.bytes;
    if (before && before.at + before.bytes === at) {
      before.bytes += block.bytes;
      if (joinsAfter) this.free.splice(index, 1);
    } else this.free.splice(index, joinsAfter ? 1 : 0, block);
  }
}

/** Of this thread. */
let own: VoxelMemory | undefined;
const voxelMemory = () => (own ??= new VoxelMemory());

/** The memory of this thread, for its vector code. */
export const kernelMemory = (): WasmMemory => voxelMemory().memory;

/** Address of memory for one call of a kernel; the next call gets the same. It holds anything. */
export const workspace = (bytes: number): number => voxelMemory().workspaceOf(bytes);

/** Where an array begins in {@link kernelMemory}; undefined when it lies elsewhere. */
export function addressOf(array: NumericArray): number | undefined {
  return own?.has(array.buffer) ? array.byteOffset : undefined;
}

/** Makes memory ready to be used again whose arrays the garbage collector has taken. */
export function reclaimMemory(): void {
  own?.reclaim();
}

/**
 * Begins with new memory, unless what is there is small. The old one goes back to the system when the garbage collector has taken its last array.
 * @param least bytes from which on it is given back
 */
export function releaseMemory(least = 0): void {
  if (own && own.bytes >= least) own = scratch = kept = undefined;
}

const SCRATCH_BYTES = 8 << 20;
/** What {@link withScratch} hands out, and how much of it is in use. */
let scratch: { memory: Uint8Array; used: number } | undefined;
let kept: Uint8Array | undefined;

/**
 * Runs `work`, which must return at once, with its small arrays in memory that the next call uses again: its result must be copied before.
 * Fresh memory would cost more than what the steps do to a piece of an image.
 */
export function withScratch<T>(work: () => T): T {
  scratch = { memory: (kept ??= allocateUnset(Uint8Array, SCRATCH_BYTES)), used: 0 };
  try {
    return work();
  } finally {
    scratch = undefined;
  }
}

function fromScratch<T extends VoxelArray>(type: VoxelArrayConstructor<T>, length: number): T | undefined {
  const bytes = Math.ceil((length * type.BYTES_PER_ELEMENT) / ALIGNMENT) * ALIGNMENT;
  if (!scratch || scratch.used + bytes > SCRATCH_BYTES) return undefined;
  const { buffer, byteOffset } = scratch.memory;
  const array = new type(buffer as SharedArrayBuffer, byteOffset + scratch.used, length);
  scratch.used += bytes;
  return array;
}

/**
 * A zeroed array. Above 1 MB its buffer is the thread's whole memory, of which it is a part: make views with its `byteOffset`, and see
 * {@link shareable} before another thread gets it.
 */
export function allocate<T extends VoxelArray>(type: VoxelArrayConstructor<T>, length: number): T {
  const used = fromScratch(type, length);
  if (used) {
    (used as Uint8Array).fill(0);
    return used;
  }
  return large(type, length, true) ?? new type(length);
}

/** The same for who writes every element: it holds anything. */
export function allocateUnset<T extends VoxelArray>(type: VoxelArrayConstructor<T>, length: number): T {
  return fromScratch(type, length) ?? large(type, length, false) ?? new type(length);
}

function large<T>(type: VoxelArrayConstructor<T>, length: number, zeroed: boolean): T | undefined {
  const bytes = length * type.BYTES_PER_ELEMENT;
  if (bytes < LARGE_FROM_BYTES) return undefined;
  const lease = voxelMemory().lease(bytes, zeroed);
  return lease ? new type(lease.buffer, lease.at, length) : new type(new SharedArrayBuffer(bytes));
}

/**
 * The array, or a copy, in memory that other threads can keep: this thread does not see when they have done with it, and would use memory of its own
 * again. Small arrays are copied when they are sent.
 */
export function shareable<T extends NumericArray>(array: T): T {
  const { buffer } = array;
  const isApart = addressOf(array) === undefined;
  if (isApart && (buffer instanceof SharedArrayBuffer || buffer.byteLength < LARGE_FROM_BYTES)) return array;
  const type = array.constructor as VoxelArrayConstructor<T>;
  const copy = new type(new SharedArrayBuffer(array.byteLength));
  copy.set(array);
  return copy;
}
