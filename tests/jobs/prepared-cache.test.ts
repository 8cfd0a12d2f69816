import { addressOf, allocateUnset } from '../../gateway/arena';
import type { Job } from '../../gateway/pipeline/job';
import { PreparedCache } from '../../gateway/jobs/prepared-cache';
import { bytesOf, restore, takeSnapshot, type PreparedSample } from '../../gateway/pipeline/prepared-sample';
import { firstAxisFastest, type Volume } from '../../gateway/imaging/volume';
import { Sample } from '../../gateway/transforms/sample';

const volume = (length: number): Volume => ({
  data: new Float32Array(length),
  shape: [length, 1, 1],
  strides: firstAxisFastest([length, 1, 1]),
  axes: 'XYZ',
  properties: {},
});

const prepared = (bytes: number): PreparedSample => ({
  volumes: [['image', volume(bytes / 4)]],
  values: [],
  result: {},
  history: [],
  warnings: [],
});

/** A job of a model with three steps, two of them cacheable. */
function job(
  session: string | undefined,
  change: { args?: object; last?: string; resampling?: string; steps?: number; params?: object } = {},
): Job {
  const { args = {}, last = 'Guidance', resampling = 'half-pixel', steps = 2, params = {} } = change;
  return {
    session,
    options: { resampling },
    params,
    spec: {
      pre: [
        { name: 'Load', args: {} },
        { name: 'Scale', args },
        { name: last, args: {} },
      ],
      cacheableSteps: steps,
      inference: { inputs: [{ tensor: 'IN', field: 'image' }] },
    },
  } as unknown as Job;
}

test('the key is the session, the steps that are kept with their arguments, the settings, and what NaN becomes; nothing else', () => {
  const cache = new PreparedCache(100);
  const key = cache.keyOf(job('a'));
  expect(cache.keyOf(job('a', { last: 'Other', params: { points: [] } }))).toBe(key);
  const others = [job('b'), job('a', { args: { x: 1 } }), job('a', { resampling: 'monai' }), job('a', { steps: 1 }), job('a', { params: { nan: 'zero' } })]; // prettier-ignore
  expect(new Set([key, ...others.map((one) => cache.keyOf(one))]).size).toBe(6);
  expect(cache.keyOf(job(undefined))).toBeUndefined();
  expect(cache.keyOf(job('a', { steps: 0 }))).toBeUndefined();
  expect(new PreparedCache(0).keyOf(job('a'))).toBeUndefined();
});

test('it is bounded in bytes; what was not used for longest goes', () => {
  const cache = new PreparedCache(1000);
  for (const key of ['a', 'b']) cache.set(key, key, prepared(400));
  expect(cache.get('a')).toBeDefined();
  cache.set('c', 'c', prepared(400));
  expect(['a', 'b', 'c'].map((key) => cache.get(key) !== undefined)).toEqual([true, false, true]);
  cache.set('c', 'c', prepared(600));
  expect(['a', 'c'].map((key) => cache.get(key) !== undefined)).toEqual([true, true]);
  cache.set('huge', 'd', prepared(2000));
  expect(['a', 'c', 'huge'].map((key) => cache.get(key) !== undefined)).toEqual([true, true, false]);
});

test('it forgets everything of a session that is gone, and has room again', () => {
  const cache = new PreparedCache(1000);
  cache.set('a1', 'a', prepared(400));
  cache.set('a2', 'a', prepared(400));
  cache.forgetSession('a');
  cache.set('b1', 'b', prepared(900));
  expect(['a1', 'a2', 'b1'].map((key) => cache.get(key) !== undefined)).toEqual([false, false, true]);
});

test('a snapshot shares large voxel arrays, and a restored sample goes its own way', () => {
  const sample = new Sample(new Map(), {});
  sample.volumes.set('image', volume(1 << 19));
  sample.volumes.set('again', sample.volumes.get('image')!);
  sample.history.push({ transform: 'Scale', field: 'image', state: { factor: 2 } });
  const snapshot = takeSnapshot(sample)!;
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

test('a snapshot has copies of what lies in memory that this thread uses again', () => {
  const sample = new Sample(new Map(), {});
  const whole = allocateUnset(Float32Array, 1 << 20).fill(3);
  const image = { ...volume(1 << 19), data: whole.subarray(100, 100 + (1 << 19)) };
  for (const field of ['image', 'again']) sample.volumes.set(field, image);
  sample.volumes.set('small', { ...volume(10), data: whole.subarray(0, 10) });
  const { volumes } = takeSnapshot(sample)!;
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
])('nothing is kept when %s of that memory lies elsewhere in the sample', (_, view) => {
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
      expect(takeSnapshot(sample) !== undefined).toBe(isKept);
    }
  }
}); // prettier-ignore

test('a buffer that two fields share is counted once; what cannot be sent is not kept', () => {
  const shared = volume(100);
  expect(bytesOf({ ...prepared(4), volumes: [['a', shared], ['b', shared]] })).toBe(400); // prettier-ignore
  const sample = new Sample(new Map(), {});
  sample.values.set('function', () => 1);
  expect(takeSnapshot(sample)).toBeUndefined();
});
