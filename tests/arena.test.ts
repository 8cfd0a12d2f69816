import {
  addressOf,
  checkGrowth,
  allocate,
  allocateUnset,
  Blocks,
  holdsArena,
  kernelMemory,
  release,
  releaseAfter,
  resetArena,
  useArena,
  withScratch,
  workspace,
  wroteOnly,
  type ArrayConstructor,
} from '../gateway/arena';
import type * as arena from '../gateway/arena';
import { sigmoid } from '../gateway/imaging/ops/intensity/voxel-wise';
import { numbers, TYPES } from './imaging/simd/arrays';

const KB = 1 << 10;
const MB = 1 << 20;
const GB = 1 << 30;
/** Where the first array of a new arena lies: after the page of the kernels. */
const FIRST = 64 * KB;
/** What a block has beyond its array. */
const SLACK = 64;

// Without a byte to fill memory with, as in the gateway.
beforeEach(() => useArena());

/** Writes all over the memory of the kernels, which is theirs until the next call. */
function useWorkspace(bytes: number): number {
  const at = workspace(bytes);
  new Uint8Array(kernelMemory().buffer, at, bytes).fill(0xee);
  return at;
}

const memoryBytes = () => kernelMemory().buffer.byteLength;
const bytesOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView) => Buffer.from(buffer, byteOffset, byteLength);
const isFullOf = (array: ArrayBufferView, byte: number) => bytesOf(array).equals(Buffer.alloc(array.byteLength, byte));
const bytes = (length = MB) => allocateUnset(Uint8Array, length).fill(7);

test('large arrays lie in the memory of the kernels; small ones, and those of threads without an arena, do not', () => {
  expect(addressOf(allocateUnset(Float32Array, (64 * KB) / 4))).toBe(FIRST);
  expect(addressOf(allocateUnset(Float32Array, (64 * KB) / 4 - 1))).toBeUndefined();
  jest.isolateModules(() => {
    // oxlint-disable-next-line typescript/no-require-imports
    const other = require('../gateway/arena') as typeof arena;
    other.workspace(MB);
    for (const make of [other.allocate, other.allocateUnset]) {
      const array = make(Uint8Array, 2 * MB);
      expect([other.addressOf(array), other.holdsArena(array)]).toEqual([undefined, false]);
    }
    expect(other.resetArena().beyond).toBe(0);
  });
});

test('no two arrays ever overlap, and each keeps what was written to it, over hundreds of them', () => {
  const next = numbers(11, 2 ** 30);
  const below = (range: number) => next.next().value % range;
  const live: { array: ArrayBufferView; at: number; tag: number }[] = [];
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
    release(array);
  };
  for (let step = 0; step < 600; step++) {
    take(1 + (step % 200));
    while (live.length > 12) drop();
    if (step % 5 === 0) useWorkspace(1 + below(3 * MB));
  }
  while (live.length > 0) drop();
  expect(reused).toBeGreaterThan(300);
  // Twelve arrays of up to 9 MB; without a second use it were some 3 GB.
  expect(memoryBytes()).toBeLessThan(200 * MB);
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

test('beyond 4 GB arrays lie elsewhere and are counted, what is smaller still finds room, and kernels take both', () => {
  useWorkspace(MB);
  const large = [1, 2, 3].map(() => allocateUnset(Uint8Array, GB));
  expect(large.map((array) => addressOf(array) !== undefined)).toEqual([true, true, true]);
  const beyond = allocateUnset(Uint8Array, GB);
  expect(addressOf(beyond)).toBeUndefined();
  expect([beyond.length, beyond.byteOffset, beyond[0], beyond[GB - 1]]).toEqual([GB, 0, 0, 0]);

  // Kernels have 64 MB for themselves.
  const last = 4 * GB - 64 * MB - 2 * 64 * KB - 3 * (GB + SLACK) - (MB + SLACK);
  const filling = allocateUnset(Uint8Array, last - 16 * MB);
  expect(addressOf(filling)).toBeGreaterThan(3 * GB);
  const atEnd = allocateUnset(Float32Array, 2 * MB).fill(50);
  expect(addressOf(atEnd)).toBeGreaterThan(4 * GB - 84 * MB);
  const chances = sigmoid(atEnd);
  expect([addressOf(chances), chances[0], chances[2 * MB - 1]]).toEqual([undefined, 1, 1]);
  expect(useWorkspace(60 * MB)).toBeGreaterThan(4 * GB - 84 * MB);
  expect(() => workspace(100 * MB)).toThrow(/no memory for 104857600 bytes of a kernel/);
  // What was only asked for would be touched if it were cleared.
  for (const array of [...large, filling]) wroteOnly(array, 0, 0);
  expect(resetArena().beyond).toBe(GB + 8 * MB);
  expect(resetArena().beyond).toBe(0);
  expect(addressOf(bytes())).toBe(FIRST);
});

describe('the end of a job', () => {
  test('gives all memory back, and leaves zeros', () => {
    const [first, second] = [bytes(3 * MB), bytes()];
    withScratch(() => allocateUnset(Uint8Array, 100).fill(7));
    useWorkspace(MB);
    expect(resetArena().bytes).toBeGreaterThanOrEqual(5 * MB);
    for (const array of [first, second]) expect(isFullOf(array, 0)).toBe(true);
    expect(isFullOf(new Uint8Array(kernelMemory().buffer, FIRST), 0)).toBe(true);
    expect(addressOf(bytes())).toBe(FIRST);
  });

  test('tells how much of the machine’s memory the arena takes: what was used once stays, what never was written does not count', () => {
    bytes(20 * MB);
    resetArena();
    wroteOnly(allocate(Uint8Array, 200 * MB), 0, 10);
    const { bytes: taken } = resetArena();
    expect(taken).toBeGreaterThanOrEqual(20 * MB);
    expect(taken).toBeLessThan(22 * MB);
  });

  test('shows in tests: what reads on afterwards finds NaN', () => {
    useArena(0xff);
    const array = allocate(Float32Array, MB);
    expect(array[5]).toBe(0);
    resetArena();
    expect(array[5]).toBeNaN();
    const other = allocateUnset(Float32Array, MB);
    expect(other[5]).toBeNaN();
    release(other.fill(1));
    expect(other[5]).toBeNaN();
    expect(isFullOf(allocate(Float32Array, MB), 0)).toBe(true);
  });
});

describe('after a step', () => {
  const step = (given: unknown, kept: unknown, work: () => unknown = () => undefined) =>
    releaseAfter(
      given,
      () => kept,
      async () => void (await work()),
    );

  test.each<[string, (array: Uint8Array) => unknown]>([
    ['it is kept', (array) => array],
    ['a part of a part is kept', (array) => array.subarray(10, 20).subarray(3, 4)],
    ['its buffer is kept', (array) => array.buffer],
    ['a Buffer is kept', (array) => Buffer.from(array.buffer, array.byteOffset, 10)],
    ['a DataView is kept', (array) => new DataView(array.buffer, array.byteOffset, 10)],
    ['an array of another type is kept', (array) => new Float64Array(array.buffer, array.byteOffset, 2)],
    ['a map of sets leads to it', (array) => new Map([['a', new Set([{ deep: [array] }])]])],
    ['a map has it as a key', (array) => new Map([[array, 1]])],
    ['an object that leads to itself leads to it', (array) => { const own = { array, own: {} }; own.own = own; return own; }], // prettier-ignore
  ])('what was replaced is not used again while %s', async (_, view) => {
    const array = bytes();
    expect(holdsArena(view(array))).toBe(true);
    await step(array, view(array));
    expect(addressOf(bytes())).not.toBe(FIRST);
    await step(array, []);
    expect(addressOf(bytes())).toBe(FIRST);
  });

  test('what it made for itself is used again, what it was not given is left alone', async () => {
    const outer = bytes();
    let made: Uint8Array[] = [];
    await step(undefined, { field: () => made }, () => (made = [bytes(), bytes()]));
    expect(addressOf(bytes())).toBe(addressOf(made[0]));
    expect(isFullOf(outer, 7)).toBe(true);
  });

  test('what it returns is kept', async () => {
    const result = await releaseAfter(
      [],
      () => [],
      () => Promise.resolve({ volume: bytes() }),
    );
    expect(addressOf(bytes())).not.toBe(addressOf(result.volume));
  });

  test('within another one, it gives back its own memory only', async () => {
    await step(undefined, [], async () => {
      const outer = bytes();
      await step(undefined, [], () => bytes());
      expect(addressOf(bytes())).not.toBe(addressOf(outer));
      expect(isFullOf(outer, 7)).toBe(true);
    });
  });

  test('the memory of kernels and of withScratch stays', async () => {
    let scratch = new Uint8Array();
    let work = 0;
    await step(undefined, [], () => {
      scratch = withScratch(() => allocateUnset(Uint8Array, 100));
      work = workspace(MB);
    });
    expect(workspace(MB)).toBe(work);
    const array = bytes(20 * MB);
    withScratch(() => allocateUnset(Uint8Array, 8 * MB).fill(1));
    useWorkspace(MB);
    expect(isFullOf(array, 7)).toBe(true);
    expect(addressOf(withScratch(() => allocateUnset(Uint8Array, 100)))).toBe(addressOf(scratch));
  });
});

describe('an array of zeros', () => {
  test('is one where memory was used before, also in part of a page', () => {
    const used = [bytes(), bytes(100 * KB), bytes(3 * MB)];
    for (const array of used) release(array);
    for (const length of [100 * KB, 2 * MB, 70 * KB, 5 * MB])
      expect(isFullOf(allocate(Uint8Array, length), 0)).toBe(true);
  });

  test('is one after a part of another one was written, and the rest was said to be zero', () => {
    const array = allocate(Uint8Array, 4 * MB);
    array.fill(9, MB, 2 * MB);
    wroteOnly(array, MB, 2 * MB);
    release(array);
    expect(isFullOf(allocate(Uint8Array, 4 * MB), 0)).toBe(true);
  });

  test('is one within withScratch', () => {
    const use = (make: typeof allocate) => withScratch(() => [make(Uint8Array, 999), make(Float64Array, 77), make(Int16Array, MB)]); // prettier-ignore
    const dirty = use(allocateUnset).map((array) => addressOf(bytesOf(array).fill(0xff)));
    const zeros = use(allocate);
    expect(zeros.map(addressOf)).toEqual(dirty);
    for (const array of zeros) expect(isFullOf(array, 0)).toBe(true);
  });
});

describe('the memory of the kernels', () => {
  test('stays at one place until more is asked for', () => {
    const at = workspace(4 * MB);
    for (const size of [1, 2 * MB, 4 * MB]) {
      expect(workspace(size)).toBe(at);
      const array = bytes(2 * MB);
      useWorkspace(4 * MB);
      expect(isFullOf(array, 7)).toBe(true);
    }
  });

  test('is given back when it gets larger, and only then', () => {
    const at = workspace(MB);
    const array = bytes();
    const other = useWorkspace(2 * MB);
    expect(other).toBeGreaterThanOrEqual(addressOf(array)! + MB);
    expect(addressOf(bytes())).toBe(at);
    expect(isFullOf(array, 7)).toBe(true);
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

  test('what found no room in it stays until the next call, too', () => {
    const use = () => withScratch(() => [allocateUnset(Uint8Array, 7 * MB), allocateUnset(Uint8Array, 2 * MB)]);
    const [, large] = use();
    large.fill(1);
    expect(addressOf(bytes())! > addressOf(large)!).toBe(true);
    expect(isFullOf(large, 1)).toBe(true);
    for (let n = 0; n < 300; n++) use();
    expect(memoryBytes()).toBeLessThan(40 * MB);
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
});

test('blocks are taken where the lowest gap is large enough, and not beyond the end', () => {
  const blocks = new Blocks(100, 200);
  const [a, b, c] = [10, 20, 30].map((length) => blocks.take(length, {})!);
  expect([a, b, c].map(({ at }) => at)).toEqual([100, 110, 130]);
  blocks.free(b);
  expect([blocks.take(25, {}), blocks.take(20, {}), blocks.take(16, {})].map((block) => block?.at)).toEqual([160, 110, undefined]); // prettier-ignore
  expect([blocks.at(129)?.at, blocks.at(185)]).toEqual([110, undefined]);
});

test('growth that is refused leaves nothing taken', () => {
  checkGrowth((bytes) => {
    if (bytes > 10 * MB) throw new Error('no more');
  });
  try {
    allocate(Uint8Array, 5 * MB);
    expect(() => allocate(Uint8Array, 6 * MB)).toThrow('no more');
    expect(addressOf(allocate(Uint8Array, 4 * MB))).toBeGreaterThan(5 * MB);
  } finally {
    checkGrowth(() => undefined);
  }
});
