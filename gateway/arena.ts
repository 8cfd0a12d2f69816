/** What is used of it; Node's types leave it to the browser's. */
declare const WebAssembly: {
  Memory: new (limits: { initial: number; maximum: number; shared: true }) => WasmMemory;
};

/** Memory that vector code can be given. */
export interface WasmMemory {
  readonly buffer: SharedArrayBuffer;
  grow(pages: number): number;
}

/** A constructor of typed arrays. */
export interface ArrayConstructor<T> {
  new (length: number): T;
  new (buffer: ArrayBufferLike, byteOffset?: number, length?: number): T;
  readonly BYTES_PER_ELEMENT: number;
}

/** Arrays below this size V8 makes and frees faster. */
const LARGE_FROM_BYTES = 1 << 20;
const PAGE_BYTES = 1 << 16;
/** Four GB but one page: the end of the last block still is a number of 32 bits. */
const MOST_PAGES = 65535;
/** Of them are left for the work of kernels: 64 MB. */
const PAGES_FOR_WORK = 1024;
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
class ArrayMemory {
  readonly memory = new WebAssembly.Memory({ initial: 1, maximum: MOST_PAGES, shared: true });
  private readonly buffers = new WeakSet<ArrayBufferLike>();
  /** By address, no two of them neighbours. The first page belongs to the vector code. */
  private free: Block[] = [];
  private leases: Lease[] = [];
  private end = PAGE_BYTES;
  /** End of what has been handed out so far. */
  private touched = PAGE_BYTES;
  private workspace: Block = { at: 0, bytes: 0 };
  /** Bytes handed out since the garbage collector was last asked for what is gone. */
  leased = 0;

  /** Bytes of the machine's memory that it may take. */
  get bytes(): number {
    return this.touched;
  }

  has(buffer: ArrayBufferLike): boolean {
    return this.buffers.has(buffer);
  }

  /** @returns undefined when there is not as much left */
  lease(bytes: number): { buffer: SharedArrayBuffer; at: number } | undefined {
    const block = this.take(bytes, MOST_PAGES - PAGES_FOR_WORK);
    if (!block) return undefined;
    const buffer = structuredClone(this.memory.buffer);
    this.buffers.add(buffer);
    this.leases.push({ ...block, buffer: new WeakRef(buffer) });
    this.leased += block.bytes;
    return { buffer, at: block.at };
  }

  /** Memory for the vector code, at one place until more is asked for. */
  workspaceOf(bytes: number): number {
    if (this.workspace.bytes < bytes) {
      this.giveBack(this.workspace);
      this.workspace = { at: 0, bytes: 0 };
      const block = this.take(bytes, MOST_PAGES);
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

  private take(wanted: number, mostPages: number): Block | undefined {
    const bytes = Math.ceil((wanted + SLACK) / ALIGNMENT) * ALIGNMENT;
    let place = this.placeFor(bytes);
    if (!place) {
      this.reclaim();
      place = this.placeFor(bytes) ?? this.grown(bytes, mostPages);
    }
    if (!place) return undefined;
    const { at } = place;
    if (place.bytes === bytes) this.free.splice(this.free.indexOf(place), 1);
    else {
      place.at += bytes;
      place.bytes -= bytes;
    }
    this.touched = Math.max(this.touched, at + bytes);
    return { at, bytes };
  }

  /** The lowest one: what has been used before is in the machine's memory already. */
  private placeFor(bytes: number): Block | undefined {
    return this.free.find((block) => block.bytes >= bytes);
  }

  private grown(bytes: number, mostPages: number): Block | undefined {
    const last = this.free.at(-1);
    const there = last && last.at + last.bytes === this.end ? last.bytes : 0;
    const pages = Math.ceil((bytes - there) / PAGE_BYTES);
    if (this.end / PAGE_BYTES + pages > mostPages) return undefined;
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
let own: ArrayMemory | undefined;
let managed = false;
let dirt: number | undefined;
const arrayMemory = () => (own ??= new ArrayMemory());

/**
 * From now on large arrays of this thread lie in {@link kernelMemory}, where vector code works on them without copies. For threads that call
 * {@link reclaimMemory} between pieces of work and {@link releaseMemory} when idle; others leave large arrays to the garbage collector.
 *
 * @param fill for tests: a byte that arrays which hold anything are full of
 */
export function manageLargeArrays(fill?: number): void {
  managed = true;
  dirt = fill;
}

/** The memory of this thread, for its vector code. */
export const kernelMemory = (): WasmMemory => arrayMemory().memory;

/** Address of memory for one call of a kernel; the next call gets the same. It holds anything. */
export const workspace = (bytes: number): number => arrayMemory().workspaceOf(bytes);

/** Where an array begins in {@link kernelMemory}; undefined when it lies elsewhere. */
export function addressOf(array: ArrayBufferView): number | undefined {
  return own?.has(array.buffer) ? array.byteOffset : undefined;
}

/** Bytes of large arrays made since {@link reclaimMemory}: what they replaced may be garbage. */
export const bytesSinceReclaim = (): number => own?.leased ?? 0;

/** Makes memory ready to be used again whose arrays the garbage collector has taken. */
export function reclaimMemory(): void {
  own?.reclaim();
  if (own) own.leased = 0;
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
  if (scratch) return work();
  scratch = { memory: (kept ??= allocateUnset(Uint8Array, SCRATCH_BYTES)), used: 0 };
  try {
    return work();
  } finally {
    scratch = undefined;
  }
}

/** What {@link withScratch} keeps becomes garbage: between jobs it would part the memory that is free. */
export function dropScratch(): void {
  kept = undefined;
}

function fromScratch<T extends ArrayBufferView>(type: ArrayConstructor<T>, length: number): T | undefined {
  const bytes = Math.ceil((length * type.BYTES_PER_ELEMENT) / ALIGNMENT) * ALIGNMENT;
  if (!scratch || scratch.used + bytes > SCRATCH_BYTES) return undefined;
  const { buffer, byteOffset } = scratch.memory;
  const array = new type(buffer as SharedArrayBuffer, byteOffset + scratch.used, length);
  scratch.used += bytes;
  return array;
}

/** An array of zeros. Above 1 MB the system makes them when they are read, so that those costs nothing which stay as they are. */
export function allocate<T extends ArrayBufferView>(type: ArrayConstructor<T>, length: number): T {
  const used = fromScratch(type, length);
  if (used) {
    new Uint8Array(used.buffer, used.byteOffset, used.byteLength).fill(0);
    return used;
  }
  const bytes = length * type.BYTES_PER_ELEMENT;
  return bytes < LARGE_FROM_BYTES ? new type(length) : new type(new SharedArrayBuffer(bytes));
}

/**
 * An array that holds anything, for who writes every element. Above 1 MB its buffer may be the thread's whole memory, of which it is a part: views of it
 * need its `byteOffset`, and other threads a copy ({@link shareable}).
 */
export function allocateUnset<T extends ArrayBufferView>(type: ArrayConstructor<T>, length: number): T {
  const array = fromScratch(type, length) ?? fromMemory(type, length) ?? allocate(type, length);
  if (dirt !== undefined) new Uint8Array(array.buffer, array.byteOffset, array.byteLength).fill(dirt);
  return array;
}

function fromMemory<T>(type: ArrayConstructor<T>, length: number): T | undefined {
  const bytes = length * type.BYTES_PER_ELEMENT;
  const lease = managed && bytes >= LARGE_FROM_BYTES ? arrayMemory().lease(bytes) : undefined;
  return lease && new type(lease.buffer, lease.at, length);
}

/**
 * The array, or a copy, in memory that other threads can keep: this thread does not see when they have done with it, and would use memory of its own
 * again. Small arrays are copied when they are sent.
 */
export function shareable<T extends ArrayBufferView & { set(from: T): void }>(array: T): T {
  const { buffer } = array;
  const isApart = addressOf(array) === undefined;
  if (isApart && (buffer instanceof SharedArrayBuffer || buffer.byteLength < LARGE_FROM_BYTES)) return array;
  const type = array.constructor as ArrayConstructor<T>;
  const copy = new type(new SharedArrayBuffer(array.byteLength));
  copy.set(array);
  return copy;
}
