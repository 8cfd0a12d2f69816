import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type * as arrayMemory from '../gateway/arena';
import {
  addressOf,
  allocate,
  allocateUnset,
  bytesSinceReclaim,
  kernelMemory,
  manageLargeArrays,
  reclaimMemory,
  releaseMemory,
  shareable,
  withScratch,
  workspace,
  type ArrayConstructor,
} from '../gateway/arena';
import { sigmoid } from '../gateway/imaging/ops/intensity/activations';
import { collectGarbage } from '../gateway/jobs/collect-garbage';
import { numbers, TYPES } from './imaging/simd/arrays';

const KB = 1 << 10;
const MB = 1 << 20;
const GB = 1 << 30;
/** Where the first array of a new memory lies. */
const FIRST = 64 * KB;
/** What a block has beyond its array. */
const SLACK = 64;

// Without a byte to fill arrays with, so that those cost nothing that are only asked for.
beforeEach(() => {
  manageLargeArrays();
  releaseMemory();
});

/** What nobody holds any more is gone then. V8 keeps what was made or looked at in this turn of the event loop. */
async function collected(): Promise<void> {
  await setImmediate();
  collectGarbage();
  await setImmediate();
}

/** Writes all over the memory of the kernels, which is theirs until the next call. */
function useWorkspace(bytes: number): number {
  const at = workspace(bytes);
  new Uint8Array(kernelMemory().buffer, at, bytes).fill(0xee);
  return at;
}

const memoryBytes = () => kernelMemory().buffer.byteLength;
const bytesOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView) => Buffer.from(buffer, byteOffset, byteLength);
const isFullOf = (array: ArrayBufferView, byte: number) => bytesOf(array).equals(Buffer.alloc(array.byteLength, byte));

/** Takes a block, and leaves of it what `view` makes. */
function leave<V>(view: (array: Uint8Array) => V, bytes = MB): { at: number; view: V } {
  const array = allocateUnset(Uint8Array, bytes).fill(7);
  return { at: addressOf(array)!, view: view(array) };
}

/** Places of some new arrays, which nobody holds afterwards. */
const placesOf = (count: number) =>
  Array.from({ length: count }, () => allocateUnset(Uint8Array, MB)).map((array) => addressOf(array));

test('large arrays lie in the memory of the vector code, small ones and those of other threads do not', () => {
  expect(addressOf(allocateUnset(Float32Array, MB / 4))).toBe(FIRST);
  expect(addressOf(allocateUnset(Float32Array, MB / 4 - 1))).toBeUndefined();
  jest.isolateModules(() => {
    // eslint-disable-next-line @typescript-eslint/no-require-imports
    const unmanaged = require('../gateway/arena') as typeof arrayMemory;
    const array = unmanaged.allocateUnset(Uint8Array, 2 * MB);
    expect(unmanaged.addressOf(array)).toBeUndefined();
    expect(unmanaged.shareable(array) === array).toBe(true);
  });
});

describe('a block', () => {
  test.each<[string, (array: Uint8Array) => unknown]>([
    ['the array', (array) => array],
    ['a part of it', (array) => array.subarray(10, 20)],
    ['a part of a part', (array) => array.subarray(10, 20).subarray(3, 4)],
    ['its buffer', (array) => array.buffer],
    ['a Buffer', (array) => Buffer.from(array.buffer, array.byteOffset, 10)],
    ['a DataView', (array) => new DataView(array.buffer, array.byteOffset, 10)],
    ['an array of another type', (array) => new Float64Array(array.buffer, array.byteOffset, 2)],
    ['an iterator', (array) => array.values()],
    ['a function', (array) => () => array[0]],
  ])('is not used again while %s is left, and is when that is gone', async (_, view) => {
    const left = leave(view);
    const { at } = left;
    await collected();
    expect(placesOf(4)).not.toContain(at);
    await collected();
    expect(placesOf(4)).not.toContain(at);
    left.view = undefined;
    await collected();
    expect(placesOf(1)).toEqual([at]);
  });

  /** Takes all that is written. */
  const drain = async (file: FileHandle) => {
    for (let taken = 0; taken < MB;) taken += (await file.read(Buffer.alloc(MB), 0, MB, null)).bytesRead;
  };

  test.each<
    [string, (file: FileHandle, array: Uint8Array) => Promise<unknown>, (file: FileHandle) => Promise<unknown>]
  >([
    ['read into it', (file, array) => file.read(array, 0, array.length, null), (file) => file.write('x')],
    ['written from it', (file, array) => file.writeFile(array), drain],
  ])('is not used again while a file is %s, though nobody else holds it', async (_, use, release) => {
    const folder = mkdtempSync(join(tmpdir(), 'pipe-'));
    const path = join(folder, 'pipe');
    execFileSync('mkfifo', [path]);
    const file = await open(path, 'r+');
    let done = false;
    const { at, view: end } = leave((array) => use(file, array).then(() => (done = true)));
    await collected();
    await collected();
    expect(placesOf(4)).not.toContain(at);
    expect(done).toBe(false);
    await release(file);
    await end;
    await file.close();
    rmSync(folder, { recursive: true });
  });

  test('is not used again before the garbage collector has taken its array', () => {
    const places = Array.from({ length: 8 }, () => leave(() => undefined).at);
    expect(new Set(places).size).toBe(8);
  });

  test('is found by who asks for memory, without a call of reclaimMemory', async () => {
    const before = Array.from({ length: 4 }, () => leave(() => undefined).at);
    const end = memoryBytes();
    await setImmediate();
    setFlagsFromString('--expose-gc');
    (runInNewContext('gc') as () => void)();
    expect(placesOf(4)).toEqual(before);
    expect(memoryBytes()).toBe(end);
  });

  test('is joined with its neighbours, in whatever order they become free', async () => {
    const next = numbers(5, 1 << 20);
    for (let round = 0; round < 6; round++) {
      releaseMemory();
      let live: Uint8Array[] = Array.from({ length: 24 }, () => allocateUnset(Uint8Array, MB + next.next().value));
      while (live.length > 0) {
        live = live.filter(() => next.next().value % 3 > 0);
        await collected();
      }
      const end = memoryBytes();
      expect(addressOf(allocateUnset(Uint8Array, end - FIRST - SLACK))).toBe(FIRST);
      expect(memoryBytes()).toBe(end);
    }
  });

  test('at the end of the memory is made longer, not left behind', async () => {
    const { at } = leave(() => undefined, 10 * MB);
    await collected();
    expect(leave(() => undefined, 12 * MB).at).toBe(at);
    expect(memoryBytes()).toBe(FIRST + 12 * MB + 64 * KB);
  });

  test('that is free before an end in use is no part of what is added behind', async () => {
    const { at } = leave(() => undefined, 10 * MB);
    const last = allocateUnset(Uint8Array, memoryBytes() - FIRST - 10 * MB - 2 * SLACK + MB);
    expect(addressOf(last)! + last.length + SLACK).toBe(memoryBytes());
    await collected();
    const array = allocateUnset(Uint8Array, 11 * MB);
    expect([addressOf(array), array.length]).toEqual([addressOf(last)! + last.length + SLACK, 11 * MB]);
    expect(leave(() => undefined, 10 * MB).at).toBe(at);
  });
});

test('what was handed out since memory was last looked through is counted', () => {
  expect(bytesSinceReclaim()).toBe(0);
  allocateUnset(Uint8Array, 2 * MB);
  allocateUnset(Uint8Array, 100);
  allocateUnset(Float32Array, MB);
  expect(bytesSinceReclaim()).toBe(6 * MB + 2 * SLACK);
  reclaimMemory();
  expect(bytesSinceReclaim()).toBe(0);
});

interface Held {
  array: ArrayBufferView;
  at: number;
  tag: number;
}

test('no two arrays ever overlap, and each keeps what was written to it, over hundreds of them', async () => {
  const next = numbers(11, 2 ** 30);
  const below = (range: number) => next.next().value % range;
  const live: Held[] = [];
  let reused = 0;
  let highest = 0;
  const take = (tag: number) => {
    const type = TYPES[below(TYPES.length)] as ArrayConstructor<Float64Array>;
    const array = allocateUnset(type, MB / type.BYTES_PER_ELEMENT + below(MB));
    const at = addressOf(array)!;
    const clash = live.find((other) => at < other.at + other.array.byteLength && other.at < at + array.byteLength);
    if (clash || at < FIRST || at % 64 > 0) throw new Error(`${at} (${array.byteLength}) over ${clash?.at}`);
    reused += Number(at < highest);
    highest = Math.max(highest, at);
    bytesOf(array).fill(tag);
    live.push({ array, at, tag });
  };
  const drop = () => {
    const [{ array, at, tag }] = live.splice(below(live.length), 1);
    if (!isFullOf(array, tag)) throw new Error(`what lay at ${at} was written over`);
  };
  for (let step = 0; step < 600; step++) {
    take(1 + (step % 200));
    while (live.length > 12) drop();
    if (step % 5 === 0) useWorkspace(1 + below(3 * MB));
    if (step % 7 === 0) await collected();
  }
  while (live.length > 0) drop();
  expect(reused).toBeGreaterThan(300);
  // Twelve arrays of up to 9 MB and what seven more left; without a second use it were some 3 GB.
  expect(memoryBytes()).toBeLessThan(400 * MB);
});

test('what lies in a memory that grows stays where it is, and kernels see it', () => {
  const array = allocateUnset(Float32Array, MB).fill(0);
  const at = addressOf(array);
  const before = memoryBytes();
  const other = allocateUnset(Uint8Array, 200 * MB);
  expect(memoryBytes()).toBeGreaterThan(before);
  expect(addressOf(array)).toBe(at);
  expect(addressOf(other)).toBeGreaterThan(at!);
  array[MB - 1] = 50;
  const chances = sigmoid(array);
  expect([chances[0], chances[MB - 2], chances[MB - 1]]).toEqual([0.5, 0.5, 1]);
});

test('beyond 4 GB arrays lie elsewhere, what is smaller still finds room, and kernels take both', () => {
  useWorkspace(MB);
  const large = [1, 2, 3].map(() => allocateUnset(Uint8Array, GB));
  expect(large.map((array) => addressOf(array) !== undefined)).toEqual([true, true, true]);
  const beyond = allocateUnset(Uint8Array, GB);
  expect(addressOf(beyond)).toBeUndefined();
  expect(beyond.buffer).toBeInstanceOf(SharedArrayBuffer);
  expect([beyond.length, beyond.byteOffset, beyond[0], beyond[GB - 1]]).toEqual([GB, 0, 0, 0]);
  expect(allocateUnset(Float64Array, GB / 4).length).toBe(GB / 4);

  // Kernels have 64 MB for themselves.
  const last = 4 * GB - 64 * MB - 2 * 64 * KB - 3 * (GB + SLACK) - (MB + SLACK);
  expect(addressOf(allocateUnset(Uint8Array, last - 16 * MB))).toBeGreaterThan(3 * GB);
  const atEnd = allocateUnset(Float32Array, 2 * MB).fill(50);
  expect(addressOf(atEnd)).toBeGreaterThan(4 * GB - 84 * MB);
  const chances = sigmoid(atEnd);
  expect([addressOf(chances), chances[0], chances[2 * MB - 1]]).toEqual([undefined, 1, 1]);
  expect(useWorkspace(60 * MB)).toBeGreaterThan(4 * GB - 84 * MB);
  expect(() => workspace(100 * MB)).toThrow(/no memory for 104857600 bytes of a kernel/);
  // What the kernels had until then may be somebody's now.
  const array = allocateUnset(Uint8Array, MB).fill(1);
  expect(addressOf(array)).toBe(FIRST);
  expect(useWorkspace(MB / 2)).not.toBe(FIRST);
  expect(isFullOf(array, 1)).toBe(true);
  expect(sigmoid(Float32Array.of(0))[0]).toBe(0.5);
});

describe('shareable', () => {
  test.each<[string, (array: Uint16Array) => Uint16Array]>([
    ['an array', (array) => array],
    ['a part of an array', (array) => array.subarray(100, 200)],
  ])('copies %s that lies in the memory', (_, part) => {
    const array = part(allocateUnset(Uint16Array, MB).fill(3));
    const copy = shareable(array);
    expect(copy).toBeInstanceOf(Uint16Array);
    expect(copy.buffer).toBeInstanceOf(SharedArrayBuffer);
    expect(addressOf(copy)).toBeUndefined();
    expect([copy.length, copy.byteOffset, copy.buffer.byteLength]).toEqual([array.length, 0, array.byteLength]);
    array.fill(4);
    expect(isFullOf(new Uint8Array(new Set(copy)), 3)).toBe(true);
  });

  test('copies a small array of withScratch', () => {
    const copy = withScratch(() => shareable(allocateUnset(Uint8Array, 100).fill(3)));
    withScratch(() => allocateUnset(Uint8Array, 100).fill(4));
    expect(isFullOf(copy, 3)).toBe(true);
  });

  test('copies a large array that no other thread can see', () => {
    const array = new Float32Array(MB / 4).fill(2);
    const copy = shareable(array);
    expect(copy.buffer).toBeInstanceOf(SharedArrayBuffer);
    expect(copy.every((x) => x === 2)).toBe(true);
  });

  test('leaves others alone', () => {
    for (const array of [
      new Uint8Array(10),
      new Uint8Array(new SharedArrayBuffer(2 * MB)),
      allocate(Uint8Array, 2 * MB),
    ])
      expect(shareable(array) === array).toBe(true);
  });
});

describe('an array of zeros', () => {
  test('is one where memory was used before', async () => {
    leave((array) => array.fill(0xff), 2 * MB);
    await collected();
    for (const length of [10, MB, 2 * MB]) expect(isFullOf(allocate(Float32Array, length / 2), 0)).toBe(true);
  });

  test('is one within withScratch', () => {
    const use = (make: typeof allocate) => withScratch(() => [make(Uint8Array, 999), make(Float64Array, 77), make(Int16Array, MB)]); // prettier-ignore
    const dirty = use(allocateUnset).map((array) => addressOf(bytesOf(array).fill(0xff)));
    const zeros = use(allocate);
    expect(zeros.map(addressOf)).toEqual(dirty);
    for (const array of zeros) expect(isFullOf(array, 0)).toBe(true);
  });
});

describe('memory that is released', () => {
  test('keeps its arrays as they were, though new ones are made and kernels run', async () => {
    const old = [1, 2, 3].map((tag) => allocateUnset(Uint8Array, 2 * MB).fill(tag));
    releaseMemory();
    expect(old.map(addressOf)).toEqual([undefined, undefined, undefined]);
    expect(bytesSinceReclaim()).toBe(0);
    await collected();
    const young = [4, 5, 6, 7].map((tag) => allocateUnset(Uint8Array, 2 * MB).fill(tag));
    expect(addressOf(young[0])).toBe(FIRST);
    useWorkspace(MB);
    for (const [n, array] of [...old, ...young].entries()) expect(isFullOf(array, n + 1)).toBe(true);
    expect(sigmoid(old[0])[2 * MB - 1]).toBeCloseTo(1 / (1 + Math.exp(-1)));
    expect(isFullOf(shareable(old[1]), 2)).toBe(true);
  });

  test('takes along what withScratch used', () => {
    const used = () => withScratch(() => allocateUnset(Uint8Array, 100).fill(1));
    const old = used();
    releaseMemory();
    const young = used().fill(2);
    expect(addressOf(young)).toBeDefined();
    expect(isFullOf(old, 1)).toBe(true);
  });

  test('goes back to the system with its last array', async () => {
    const use = () => {
      const array = allocateUnset(Float32Array, MB).fill(1);
      withScratch(() => sigmoid(array.subarray(0, 100)));
      return new WeakRef(kernelMemory());
    };
    const memory = use();
    await collected();
    expect(memory.deref() === undefined).toBe(false);
    releaseMemory();
    await collected();
    expect(memory.deref() === undefined).toBe(true);
  });

  test('is not when it is small', () => {
    const array = allocateUnset(Uint8Array, 2 * MB);
    releaseMemory(16 * MB);
    expect(addressOf(array)).toBe(FIRST);
    releaseMemory(2 * MB);
    expect(addressOf(array)).toBeUndefined();
  });
});

describe('the memory of the kernels', () => {
  test('stays at one place until more is asked for', () => {
    const at = workspace(4 * MB);
    for (const bytes of [1, 2 * MB, 4 * MB]) {
      expect(workspace(bytes)).toBe(at);
      const array = allocateUnset(Uint8Array, 2 * MB).fill(1);
      useWorkspace(4 * MB);
      expect(isFullOf(array, 1)).toBe(true);
    }
  });

  test('is given back when it gets larger, and only then', () => {
    const at = workspace(MB);
    const array = allocateUnset(Uint8Array, MB).fill(1);
    const other = useWorkspace(2 * MB);
    expect(other).toBeGreaterThanOrEqual(addressOf(array)! + MB);
    expect(addressOf(allocateUnset(Uint8Array, MB))).toBe(at);
    expect(isFullOf(array, 1)).toBe(true);
  });
});

describe('withScratch', () => {
  test('hands out pieces apart from each other, from the begin again with each call', () => {
    const use = () =>
      withScratch(() =>
        [1, 63, 64, 65, 8197].map((length, n) => allocateUnset(TYPES[n + 2] as ArrayConstructor<Float64Array>, length)),
      );
    const first = use();
    const places = first.map((array) => addressOf(array)!);
    for (const [n, array] of first.entries()) array.fill(n + 1);
    expect(first.every((array, n) => array.every((x) => x === n + 1))).toBe(true);
    expect(places.every((at) => at % 64 === 0)).toBe(true);
    expect(use().map((array) => addressOf(array))).toEqual(places);
  });

  test('leaves what does not fit to memory that is not used again so soon', () => {
    const use = () =>
      withScratch(() => [allocateUnset(Uint8Array, 7 * MB), allocateUnset(Uint8Array, 2 * MB), allocateUnset(Uint8Array, 10)]); // prettier-ignore
    const [[, large], [, again]] = [use(), use()];
    large.fill(1);
    again.fill(2);
    expect(isFullOf(large, 1)).toBe(true);
    expect(addressOf(large)).not.toBe(addressOf(again));
  });

  test('ends with its work, also when that fails', () => {
    expect(() => withScratch(() => { throw new Error('no'); })).toThrow('no'); // prettier-ignore
    expect(addressOf(allocateUnset(Uint8Array, 10))).toBeUndefined();
    expect(allocate(Uint8Array, 10).buffer.byteLength).toBe(10);
  });

  test('within itself does not use again what is still in use', () => {
    withScratch(() => {
      const outer = allocateUnset(Uint8Array, 100).fill(1);
      withScratch(() => allocateUnset(Uint8Array, 100).fill(2));
      const later = allocateUnset(Uint8Array, 100).fill(3);
      expect([isFullOf(outer, 1), isFullOf(later, 3)]).toEqual([true, true]);
      expect(addressOf(later)).toBeDefined();
    });
  });

  test('keeps its memory from other arrays while it is not in use', async () => {
    const at = addressOf(withScratch(() => allocateUnset(Uint8Array, 100)))!;
    await collected();
    for (let n = 0; n < 4; n++) {
      const place = addressOf(allocateUnset(Uint8Array, 3 * MB))!;
      expect(place + 3 * MB <= at || place >= at + 8 * MB).toBe(true);
    }
  });
});
