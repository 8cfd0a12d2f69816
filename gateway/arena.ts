import { isSharedArrayBuffer } from 'node:util/types';

/** The part of WebAssembly that is used here; Node's types leave it to the browser's. */
declare const WebAssembly: {
  Memory: new (limits: { initial: number; maximum: number; shared: true }) => WasmMemory;
};

/** Memory that SIMD kernels can be given. */
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

/** Below this size V8 makes and frees arrays fast enough. */
const LARGE_FROM_BYTES = 1 << 16;
const PAGE_BYTES = 1 << 16;
/** 4 GB but one page, so that the end of the last block is still a 32-bit number. */
const MOST_PAGES = 65535;
/** Of these, 64 MB are reserved for what kernels need while they work. */
const PAGES_FOR_WORK = 1024;
/** Blocks begin at multiples of it, so that a vector never lies in two cache lines. */
const ALIGNMENT = 64;
/** Bytes that a vector loop may read or write beyond the end of an array. */
const SLACK = 64;
const SCRATCH_BYTES = 8 << 20;
/** States of a page. */
const DIRTY = 1;
const CLEARED = 2;

export interface Block {
  at: number;
  bytes: number;
}

/** Hands out blocks of the bytes from `begin` to `end`, the lowest that is large enough, and takes them back. */
export class Blocks<B extends Block = Block> {
  /** In use, by address. */
  readonly taken: B[] = [];

  constructor(
    private readonly begin: number,
    private readonly end: number,
  ) {}

  /** @returns undefined when no gap is large enough */
  take(bytes: number, more: Omit<B, keyof Block>, end = this.end): B | undefined {
    let at = this.begin;
    let index = 0;
    for (; index < this.taken.length && this.taken[index].at - at < bytes; index++)
      at = this.taken[index].at + this.taken[index].bytes;
    if (at + bytes > end) return undefined;
    const block = { at, bytes, ...more } as B;
    this.taken.splice(index, 0, block);
    return block;
  }

  free(block: B): void {
    const index = this.taken.indexOf(block);
    if (index >= 0) this.taken.splice(index, 1);
  }

  /** The block that holds this address. */
  at(address: number): B | undefined {
    return this.taken.find(({ at, bytes }) => at <= address && address < at + bytes);
  }
}

interface ArenaBlock extends Block {
  /** Rises with each block. */
  serial: number;
  /** The bytes of it that may not be zero when it is given back. */
  written: [from: number, to: number];
  /** Serves several steps of a job. */
  lasting?: boolean;
}

/**
 * The memory of the voxels of one job at a time: one WebAssembly memory, where SIMD kernels work on arrays in place. It grows to 4 GB as needed and never
 * shrinks, so a thread that has one is ended when it is idle.
 *
 * Invariant: a page of 64 KB whose state is not DIRTY holds zeros where no block lies.
 */
class Arena {
  readonly memory = new WebAssembly.Memory({ initial: 1, maximum: MOST_PAGES, shared: true });
  /** The first page belongs to the kernels. */
  readonly blocks = new Blocks<ArenaBlock>(PAGE_BYTES, MOST_PAGES * PAGE_BYTES);
  /** By page: 0 until it is used, then DIRTY or CLEARED. */
  private readonly pages = new Uint8Array(MOST_PAGES);
  /** The memory as it was each time it had grown: arrays keep the buffer that they were made with. */
  private readonly buffers = new WeakSet<ArrayBufferLike>();
  private work: ArenaBlock | undefined;
  serial = 0;
  /** Bytes of this job that found no room. */
  beyond = 0;

  /** @param fill for tests: a byte that fills memory which nobody owns, instead of zero */
  constructor(private readonly fill?: number) {}

  has(buffer: ArrayBufferLike): boolean {
    return this.buffers.has(buffer);
  }

  /** @returns undefined when there is no room */
  take(bytes: number, lasting = false, mostPages = MOST_PAGES - PAGES_FOR_WORK): ArenaBlock | undefined {
    const length = Math.ceil((bytes + SLACK) / ALIGNMENT) * ALIGNMENT;
    const facts = { serial: this.serial++, written: [0, length] as [number, number], lasting };
    const block = this.blocks.take(length, facts, mostPages * PAGE_BYTES);
    if (!block) return undefined;
    const end = block.at + block.bytes;
    const missing = Math.ceil((end - this.memory.buffer.byteLength) / PAGE_BYTES);
    if (missing > 0 && !this.grow(missing, block)) return undefined;
    this.buffers.add(this.memory.buffer);
    return block;
  }

  private grow(pages: number, block: ArenaBlock): boolean {
    let grown = false;
    try {
      beforeGrowth(block.at + block.bytes);
      grown = this.growMemory(pages);
    } finally {
      if (!grown) this.blocks.free(block);
    }
    return grown;
  }

  private growMemory(pages: number): boolean {
    try {
      this.memory.grow(pages);
      return true;
    } catch {
      return false;
    }
  }

  free(block: ArenaBlock): void {
    this.blocks.free(block);
    const { at, bytes } = block;
    if (this.fill !== undefined) new Uint8Array(this.memory.buffer, at, bytes).fill(this.fill);
    const [from, to] = this.fill === undefined ? block.written : [0, bytes];
    this.soil(at + from, at + to);
    this.soil(at + bytes - SLACK - ALIGNMENT, at + bytes);
  }

  private soil(from: number, to: number): void {
    this.pages.fill(DIRTY, Math.floor(from / PAGE_BYTES), Math.ceil(to / PAGE_BYTES));
  }

  /** Makes what a block holds zero. */
  clear({ at, bytes }: Block): void {
    const end = at + bytes;
    let page = this.pages.indexOf(DIRTY, Math.floor(at / PAGE_BYTES));
    for (; page >= 0 && page * PAGE_BYTES < end; page = this.pages.indexOf(DIRTY, page + 1)) {
      const from = Math.max(at, page * PAGE_BYTES);
      // A fill of wide elements is the fastest one in memory that threads share.
      new Float64Array(this.memory.buffer, from, (Math.min(end, (page + 1) * PAGE_BYTES) - from) / 8).fill(0);
    }
  }

  /** Address of memory for one call of a kernel. */
  workspaceOf(bytes: number): number {
    if (this.work && this.work.bytes >= bytes + SLACK) return this.work.at;
    if (this.work) this.free(this.work);
    this.work = this.take(bytes, true, MOST_PAGES);
    if (!this.work) throw new RangeError(`no memory for ${bytes} bytes of a kernel: volumes fill the arena`);
    return this.work.at;
  }

  reset(): void {
    for (const block of [...this.blocks.taken]) this.free(block);
    this.work = undefined;
    this.beyond = 0;
    if (this.fill !== undefined) return;
    this.clear({ at: 0, bytes: this.memory.buffer.byteLength });
    for (let page = this.pages.indexOf(DIRTY); page >= 0; page = this.pages.indexOf(DIRTY, page + 1))
      this.pages[page] = CLEARED;
  }

  /** Bytes that the system has had to give so far. */
  get resident(): number {
    let bytes = 0;
    for (let page = this.memory.buffer.byteLength / PAGE_BYTES - 1; page >= 0; page--)
      if (this.pages[page] !== 0) bytes += PAGE_BYTES;
    return bytes;
  }

  /** The blocks that a value leads to, through objects, arrays, maps and sets. */
  reachedFrom(value: unknown, found = new Set<ArenaBlock>(), seen = new Set<object>()): Set<ArenaBlock> {
    if (typeof value !== 'object' || value === null || seen.has(value)) return found;
    seen.add(value);
    if (ArrayBuffer.isView(value)) {
      const block = this.has(value.buffer) ? this.blocks.at(value.byteOffset) : undefined;
      if (block) found.add(block);
    } else if (isSharedArrayBuffer(value)) {
      // It may be read anywhere.
      if (this.has(value)) for (const block of this.blocks.taken) found.add(block);
    } else {
      const parts = value instanceof Map ? [...value] : value instanceof Set ? [...value] : Object.values(value);
      for (const part of parts) this.reachedFrom(part, found, seen);
    }
    return found;
  }
}

/** Of this thread. */
let own: Arena | undefined;
let isUsed = false;
let unset: number | undefined;
let beforeGrowth: (bytes: number) => void = () => undefined;

/** @param check throws when the voxels of the running job may not take so many bytes; it is asked before each growth */
export function checkGrowth(check: (bytes: number) => void): void {
  beforeGrowth = check;
}

/**
 * From now on the large arrays of this thread lie in an arena, which {@link resetArena} empties after each job. Other threads leave theirs to the
 * garbage collector.
 *
 * @param fill for tests: a byte that arrays which hold anything, and memory that was given back, are full of
 */
export function useArena(fill?: number): void {
  own = new Arena(fill);
  isUsed = true;
  unset = fill;
  scratch = undefined;
}

/** The memory of this thread, for its kernels. */
export const kernelMemory = (): WasmMemory => (own ??= new Arena()).memory;

/** Address of memory for one call of a kernel; the next call gets the same. It holds anything. */
export const workspace = (bytes: number): number => (own ??= new Arena()).workspaceOf(bytes);

/** Where an array begins in {@link kernelMemory}; undefined when it lies elsewhere. */
export function addressOf(array: ArrayBufferView): number | undefined {
  return own?.has(array.buffer) ? array.byteOffset : undefined;
}

/** Whether there is an array of the arena in a value, or in what it leads to. */
export const holdsArena = (value: unknown): boolean => own !== undefined && own.reachedFrom(value).size > 0;

/** Whether a value leads to the block of an array. */
export function leadsTo(value: unknown, { byteOffset }: ArrayBufferView): boolean {
  const block = own?.blocks.at(byteOffset);
  return block !== undefined && own!.reachedFrom(value).has(block);
}

/**
 * Ends a job: none of its arrays may be read or written any more, and their memory is cleared.
 * @returns bytes that the arena has come to take of the machine's memory, and bytes of the job that found no room in its 4 GB
 */
export function resetArena(): { bytes: number; beyond: number } {
  const beyond = own?.beyond ?? 0;
  if (scratch) wroteOnly(scratch.memory, 0, Math.min(scratch.most + SLACK, SCRATCH_BYTES));
  scratch = undefined;
  own?.reset();
  return { bytes: own?.resident ?? 0, beyond };
}

/** Gives an array's block back: nobody reads it, or another view of it, any more. Arrays elsewhere are left alone. */
export function release(array: ArrayBufferView): void {
  const block = addressOf(array) === undefined ? undefined : own?.blocks.at(array.byteOffset);
  if (block && !block.lasting) own?.free(block);
}

/**
 * Runs a step of a job, and gives back what nobody reads after it: blocks that were taken in the step, and those that `given` led to before it.
 *
 * @param given all that the step may replace
 * @param kept all that is read after the step, also by others than its own job; asked for when it has ended
 */
export async function releaseAfter<T>(given: unknown, kept: () => unknown, work: () => T | Promise<T>): Promise<T> {
  const arena = own;
  if (!arena || !isUsed) return work();
  const replaced = arena.reachedFrom(given);
  const first = arena.serial;
  const result = await work();
  const read = arena.reachedFrom([kept(), result]);
  for (const block of [...arena.blocks.taken])
    if ((block.serial >= first || replaced.has(block)) && !block.lasting && !read.has(block)) arena.free(block);
  return result;
}

/** The scratch memory of {@link withScratch}: how much of it is in use, and was at most, and what found no room in it. */
let scratch: { memory: Uint8Array; used: number; most: number; inUse: boolean; more: ArrayBufferView[] } | undefined;

/**
 * Runs `work`, which must return at once, with its arrays, small ones too, in memory that the next call uses again: its result must be copied before.
 * Fresh memory would cost more than what the steps do to a piece of an image.
 */
export function withScratch<T>(work: () => T): T {
  if (scratch?.inUse) return work();
  scratch ??= { memory: scratchMemory(), used: 0, most: 0, inUse: true, more: [] };
  for (const array of scratch.more) release(array);
  Object.assign(scratch, { used: 0, inUse: true, more: [] });
  try {
    return work();
  } finally {
    scratch.inUse = false;
  }
}

function scratchMemory(): Uint8Array {
  const block = isUsed ? own?.take(SCRATCH_BYTES, true) : undefined;
  return block ? new Uint8Array(own!.memory.buffer, block.at, SCRATCH_BYTES) : new Uint8Array(SCRATCH_BYTES);
}

function fromScratch<T extends ArrayBufferView>(type: ArrayConstructor<T>, length: number): T | undefined {
  const bytes = Math.ceil((length * type.BYTES_PER_ELEMENT) / ALIGNMENT) * ALIGNMENT;
  if (!scratch?.inUse || scratch.used + bytes > SCRATCH_BYTES) return undefined;
  const { buffer, byteOffset } = scratch.memory;
  const array = new type(buffer, byteOffset + scratch.used, length);
  scratch.used += bytes;
  scratch.most = Math.max(scratch.most, scratch.used);
  return array;
}

/** In the arena where it is large and there is room: else in memory of its own, which the garbage collector frees. */
function fromArena<T extends ArrayBufferView>(type: ArrayConstructor<T>, length: number, zero: boolean): T {
  const bytes = length * type.BYTES_PER_ELEMENT;
  if (!own || !isUsed || bytes < LARGE_FROM_BYTES) return new type(length);
  const block = own.take(bytes);
  if (!block) {
    beforeGrowth(own.memory.buffer.byteLength + bytes);
    own.beyond += bytes;
    return new type(length);
  }
  if (zero) own.clear(block);
  const array = new type(own.memory.buffer, block.at, length);
  if (scratch?.inUse) scratch.more.push(array);
  return array;
}

/** An array of zeros. Memory that this job has not used yet is zero already: what stays as it is costs nothing. */
export function allocate<T extends ArrayBufferView>(type: ArrayConstructor<T>, length: number): T {
  const used = fromScratch(type, length);
  if (!used) return fromArena(type, length, true);
  new Uint8Array(used.buffer, used.byteOffset, used.byteLength).fill(0);
  return used;
}

/**
 * An array that holds anything, for callers that write every element. Its buffer may be the thread's whole memory, of which it is a part: views of it
 * need its `byteOffset`, and what outlives the job a copy.
 */
export function allocateUnset<T extends ArrayBufferView>(type: ArrayConstructor<T>, length: number): T {
  const array = fromScratch(type, length) ?? fromArena(type, length, false);
  if (unset !== undefined) new Uint8Array(array.buffer, array.byteOffset, array.byteLength).fill(unset);
  return array;
}

/** Says that of an array of {@link allocate} only these elements were written: the others need not be cleared. */
export function wroteOnly(array: ArrayBufferView & { BYTES_PER_ELEMENT: number }, start: number, end: number): void {
  const block = addressOf(array) === undefined ? undefined : own?.blocks.at(array.byteOffset);
  if (block?.at === array.byteOffset)
    block.written = [start, end].map((n) => n * array.BYTES_PER_ELEMENT) as [number, number];
}
