import { addressOf, allocateUnset } from '../../gateway/arena';
import type { Job } from '../../gateway/pipeline/job';
import { PreparedCache } from '../../gateway/jobs/prepared-cache';
import { restore, takeSnapshot, type PreparedSample } from '../../gateway/pipeline/prepared-sample';
import { firstAxisFastest, type Volume } from '../../gateway/imaging/volume';
import { Sample } from '../../gateway/transforms/sample';

const volume = (length: number): Volume => ({
  data: new Float32Array(length),
  shape: [length, 1, 1],
  strides: firstAxisFastest([length, 1, 1]),
  axes: 'XYZ',
  properties: {},
});

const prepared = (data: Uint8Array): PreparedSample => ({
  volumes: [['image', { ...volume(0), data }]],
  values: [],
  result: {},
  history: [],
  warnings: [],
});

/** Memory that threads share. */
const reserve = (bytes: number) => Promise.resolve(new Uint8Array(new SharedArrayBuffer(bytes)));

/** A job of a model with three steps, two of them cacheable. */
function job(
  session: string | undefined,
  change: {
    args?: object;
    last?: string;
    resampling?: string;
    steps?: number;
    params?: object;
    dialect?: string;
    monai?: string;
    field?: string;
  } = {},
): Job {
  const { args = {}, last = 'Guidance', resampling = 'half-pixel', steps = 2, params = {}, dialect = 'clara-4', monai, field = 'image' } = change; // prettier-ignore
  return {
    session,
    options: { resampling },
    params,
    spec: {
      dialect,
      monai,
      pre: [
        { name: 'Load', args: {} },
        { name: 'Scale', args },
        { name: last, args: {} },
      ],
      cacheableSteps: steps,
      inference: { inputs: [{ tensor: 'IN', field }] },
    },
  } as unknown as Job;
}

test('the key is the session and all that the kept steps depend on: their arguments, the settings, the dialect, the field, what NaN becomes; nothing else', () => {
  const cache = new PreparedCache(100);
  const key = cache.keyOf(job('a'));
  expect(cache.keyOf(job('a', { last: 'Other', params: { points: [] } }))).toBe(key);
  const others = [
    ...[job('b'), job('a', { args: { x: 1 } }), job('a', { resampling: 'monai' }), job('a', { steps: 1 })],
    ...[{ params: { nan: 'zero' } }, { dialect: 'monai-bundle' }, { monai: '1.0' }, { field: 'scan' }].map((change) => job('a', change)),
  ]; // prettier-ignore
  expect(new Set([key, ...others.map((one) => cache.keyOf(one))]).size).toBe(9);
  expect(cache.keyOf(job(undefined))).toBeUndefined();
  expect(cache.keyOf(job('a', { steps: 0 }))).toBeUndefined();
  expect(new PreparedCache(0).keyOf(job('a'))).toBeUndefined();
});

/** A job prepares an image of so many bytes, all of this value. */
async function put(cache: PreparedCache, key: string, bytes: number, session = key): Promise<Uint8Array | undefined> {
  const preparation = cache.begin(key, session);
  const place = (await preparation.reserve(bytes))?.fill(1);
  preparation.end(place && prepared(place));
  return place;
}

/** Whether an image is at hand. */
function has(cache: PreparedCache, key: string): boolean {
  const preparation = cache.begin(key, key);
  preparation.end();
  return preparation.sample !== undefined;
}

test('it is bounded in bytes; what was not used for longest goes', async () => {
  const cache = new PreparedCache(64 * 10);
  for (const key of ['a', 'b']) await put(cache, key, 64 * 4);
  expect(has(cache, 'a')).toBe(true);
  await put(cache, 'c', 64 * 4);
  expect(['a', 'b', 'c'].map((key) => has(cache, key))).toEqual([true, false, true]);
  await put(cache, 'c', 64 * 2);
  expect(['a', 'c'].map((key) => has(cache, key))).toEqual([true, true]);
  expect(await put(cache, 'huge', 64 * 11)).toBeUndefined();
  expect(['a', 'c', 'huge'].map((key) => has(cache, key))).toEqual([true, true, false]);
  expect(cache.figures).toMatchObject({ bytes: 64 * 6 });
});

test('it forgets everything of a session that is gone, and has room again', async () => {
  const cache = new PreparedCache(64 * 10);
  await put(cache, 'a1', 64 * 4, 'a');
  await put(cache, 'a2', 64 * 4, 'a');
  cache.forgetSession('a');
  await put(cache, 'b1', 64 * 9);
  expect(['a1', 'a2', 'b1'].map((key) => has(cache, key))).toEqual([false, false, true]);
});

test('an image that a job reads keeps its memory until the job has ended, though it is replaced or its session is gone', async () => {
  const cache = new PreparedCache(64 * 10);
  const place = (await put(cache, 'a', 64 * 6))!;
  const [reader, other] = [cache.begin('a', 'a'), cache.begin('a', 'a')];
  expect(await put(cache, 'b', 64 * 6)).toBeUndefined();
  cache.forgetSession('a');
  reader.end();
  expect(await put(cache, 'b', 64 * 6)).toBeUndefined();
  expect(place.every((x) => x === 1)).toBe(true);
  other.end();
  expect((await put(cache, 'b', 64 * 6))?.byteOffset).toBe(place.byteOffset);
});

test('memory that a job was given and did not fill is free again, also where it ended before', async () => {
  const cache = new PreparedCache(64);
  const failed = cache.begin('a', 'a');
  expect(await failed.reserve(64)).toBeDefined();
  failed.end();
  const lost = cache.begin('a', 'a');
  const late = lost.reserve(64);
  lost.end();
  expect(await late).toBeUndefined();
  expect(await put(cache, 'b', 64)).toBeDefined();
});

test('an image that goes leaves zeros, before another one gets its memory', async () => {
  const cache = new PreparedCache(64 * 10);
  const place = (await put(cache, 'a', 64 * 8))!;
  const other = await cache.begin('b', 'b').reserve(64 * 4);
  expect(other!.byteOffset).toBe(place.byteOffset);
  expect(place.every((byte) => byte === 0)).toBe(true);
});

test('a snapshot has its voxels in memory that threads share, and a restored sample goes its own way', async () => {
  const sample = new Sample(new Map(), {});
  sample.volumes.set('image', volume(1 << 19));
  sample.volumes.set('again', sample.volumes.get('image')!);
  sample.history.push({ transform: 'Scale', field: 'image', state: { factor: 2 } });
  const snapshot = (await takeSnapshot(sample, reserve))!;
  expect(snapshot.volumes[0][1].data.buffer).toBeInstanceOf(SharedArrayBuffer);
  sample.history.push({ transform: 'Later', field: 'image', state: {} });

  const next = new Sample(new Map(), {});
  restore(next, structuredClone(snapshot));
  expect(next.history.map(({ transform }) => transform)).toEqual(['Scale']);
  next.history.push({ transform: 'Own', field: 'image', state: {} });
  next.volumes.delete('again');
  expect(snapshot.history).toHaveLength(1);
  expect(snapshot.volumes).toHaveLength(2);
});

test('a snapshot has copies of what lies in memory that this thread uses again', async () => {
  const sample = new Sample(new Map(), {});
  const whole = allocateUnset(Float32Array, 1 << 20).fill(3);
  const image = { ...volume(1 << 19), data: whole.subarray(100, 100 + (1 << 19)) };
  for (const field of ['image', 'again']) sample.volumes.set(field, image);
  sample.volumes.set('small', { ...volume(10), data: whole.subarray(0, 10) });
  const { volumes } = (await takeSnapshot(sample, reserve))!;
  whole.fill(4);
  for (const [, { data }] of volumes) {
    expect(addressOf(data)).toBeUndefined();
    expect(data.every((x) => x === 3)).toBe(true);
  }
  expect(volumes.map(([, { data }]) => data.length)).toEqual([1 << 19, 1 << 19, 10]);
  expect(volumes[0][1].data).toBe(volumes[1][1].data);
});

test.each<[string, (array: Float32Array) => unknown]>([
  ['an array', (array) => array],
  ['a part of an array, deep within', (array) => [{ a: new Map([['b', new Set([array.subarray(5, 6)])]]) }]],
  ['a DataView', (array) => new DataView(array.buffer, array.byteOffset, 8)],
  ['a buffer', (array) => ({ buffer: array.buffer })],
])('nothing is kept when %s of that memory lies elsewhere in the sample', async (_, view) => {
  const [inMemory, apart] = [allocateUnset(Float32Array, 1 << 19), new Float32Array(new SharedArrayBuffer(80))];
  for (const [array, isKept] of [[inMemory, false], [apart, true]] as const) {
    const put: ((sample: Sample, value: unknown) => unknown)[] = [
      (sample, value) => sample.values.set('guidance', value),
      (sample, value) => sample.history.push({ transform: 'Own', field: 'image', state: { value } }),
      (sample, value) => sample.volumes.set('image', { ...volume(10), properties: { value } as never }),
    ];
    for (const into of put) {
      const sample = new Sample(new Map(), {});
      into(sample, view(array));
      expect((await takeSnapshot(sample, reserve)) !== undefined).toBe(isKept);
    }
  }
}); // prettier-ignore

test('an array that two fields share is kept once; what cannot be sent, or finds no room, is not kept', async () => {
  const sample = new Sample(new Map(), {});
  for (const field of ['a', 'b']) sample.volumes.set(field, volume(100));
  sample.volumes.set('again', sample.volumes.get('a')!);
  const asked: number[] = [];
  const full = (bytes: number) => Promise.resolve(void asked.push(bytes));
  expect(await takeSnapshot(sample, full)).toBeUndefined();
  // 400 bytes each, to the next multiple of 64.
  expect(asked).toEqual([2 * 448]);
  sample.values.set('function', () => 1);
  expect(await takeSnapshot(sample, reserve)).toBeUndefined();
});
