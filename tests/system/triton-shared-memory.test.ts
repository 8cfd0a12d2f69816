import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Channel } from '../../gateway/triton/channel';
import { Region } from '../../gateway/triton/shared-memory/region';
import { RegionPool, RegionUnavailable } from '../../gateway/triton/shared-memory/region-pool';
import type { Tensor } from '../../gateway/triton/tensor';
import { type Triton, createTriton } from '../../gateway/triton/triton';
import { type RealTriton, addModel, regionsInSharedMemory, startRealTriton } from './real-triton';
import { until } from '../until';

const MB = 2 ** 20;
let server: RealTriton;
let channel: Channel;
let triton: Triton;

beforeAll(async () => {
  server = await startRealTriton();
  ['identity', 'failing', 'sleep'].forEach((model) => addModel(server.repository, model as 'identity'));
  channel = new Channel({ url: server.grpcUrl });
  const { models: repository } = createTriton({ url: server.grpcUrl });
  await Promise.all(['identity', 'failing', 'sleep'].map((model) => repository.load(model)));
});

beforeEach(() => {
  triton = createTriton({ url: server.grpcUrl });
});

afterEach(async () => {
  await triton.close();
  expect(regionsInSharedMemory()).toEqual([]);
  expect(await registered()).toEqual([]);
});

afterAll(async () => {
  channel?.close();
  await server?.stop();
});

const registered = async () => Object.keys((await channel.call('SystemSharedMemoryStatus', {})).regions);
const sizesOnDisk = () => regionsInSharedMemory().map((name) => statSync(path.join('/dev/shm', name)));
const filled = (value: number, length: number): Tensor => ({
  name: 'IN',
  datatype: 'FP32',
  shape: [length],
  data: new Float32Array(length).fill(value),
});
const through = (client: Triton, model: string, input: Tensor, signal?: AbortSignal) =>
  client.infer({
    model,
    inputs: [input],
    outputs: [{ name: 'OUT', expected: { datatype: 'FP32', shape: input.shape } }],
    signal,
  });
const isFilled = (data: ArrayLike<number | bigint> | undefined, value: number) =>
  data !== undefined && Array.prototype.every.call(data, (x) => x === value);

describe('files that Triton maps', () => {
  test('have all their pages before Triton hears of them', async () => {
    const region = await Region.create('/dev/shm', `aiaa_gateway_${process.pid}_pages`, 3 * MB + 4096);
    const { size, blocks, mode } = statSync(`/dev/shm/aiaa_gateway_${process.pid}_pages`);
    expect({ size, blocks: blocks * 512, mode: mode & 0o777 }).toEqual({
      size: 3 * MB + 4096,
      blocks: 3 * MB + 4096,
      mode: 0o600,
    });
    await region.remove();
  });

  test('keep their size whatever is sent through them', async () => {
    const sizes = new Set<number>();
    for (const length of [900_000, 20_000, 1_000_000]) {
      await through(triton, 'identity', filled(1, length));
      sizesOnDisk().forEach(({ size, blocks }) => sizes.add(size).add(blocks * 512));
    }
    expect([...sizes]).toEqual([8 * MB]);
  });

  test('are not made where there is no room for them', async () => {
    const pool = new RegionPool(channel, { maxBytes: 2 ** 50 });
    await expect(pool.acquire(2 ** 45)).rejects.toThrow(RegionUnavailable);
    await expect(pool.acquire(2 ** 45)).rejects.toThrow(/has room for \d+ bytes/);
    expect(pool.bytes).toBe(0);
    await pool.close();
  });
});

describe('the pool', () => {
  test('keeps a region for the next request of its size, and makes room for a larger one', async () => {
    const pool = new RegionPool(channel, { maxBytes: 6 * MB });
    const [first, second] = [await pool.acquire(1.5 * MB), await pool.acquire(2 * MB)];
    expect([first.byteSize, second.byteSize, pool.bytes]).toEqual([2 * MB, 2 * MB, 4 * MB]);
    [second, first].forEach((region) => pool.release(region));
    expect(await pool.acquire(100)).toBe(second);
    pool.release(second);
    // Used longest ago is the first one now.
    const large = await pool.acquire(3 * MB);
    expect([large.byteSize, pool.bytes]).toEqual([4 * MB, 6 * MB]);
    expect((await registered()).sort()).toEqual([second.name, large.name].sort());
    pool.release(large);
    await pool.close();
  });

  test('lets requests wait while all is taken, in turn, and until they are cancelled', async () => {
    const pool = new RegionPool(channel, { maxBytes: MB });
    const region = await pool.acquire(MB);
    const abort = new AbortController();
    const order: string[] = [];
    const impatient = pool.acquire(1, abort.signal).catch((error: { code: string }) => order.push(error.code));
    const patient = pool.acquire(1).then((next) => order.push(next === region ? 'same region' : 'another'));
    abort.abort();
    await impatient;
    pool.release(region);
    await patient;
    expect(order).toEqual(['CANCELLED', 'same region']);
    pool.release(region);
    await pool.close();
  });

  test('refuses what is above its bound, and the request goes inline', async () => {
    const log = jest.fn();
    const small = createTriton({ url: server.grpcUrl, regions: { maxBytes: MB }, log });
    expect(isFilled((await through(small, 'identity', filled(5, MB))).get('OUT')?.data, 5)).toBe(true);
    expect(log.mock.calls).toEqual([
      ['warn', expect.any(String), { reason: expect.stringContaining('above the limit of 1048576') }],
    ]);
    await small.close();
  });

  test('keeps using a region after the model failed', async () => {
    for (const value of [1, -1, 2]) {
      const outputs = await through(triton, 'failing', filled(value, 100_000)).catch(
        (error: { code: string }) => error.code,
      );
      expect(value < 0 ? outputs : isFilled((outputs as Map<string, Tensor>).get('OUT')?.data, value)).toBe(
        value < 0 ? 'INFERENCE_FAILED' : true,
      );
    }
    expect(await registered()).toHaveLength(1);
  });
});

test('a cancelled request runs on in Triton, so its region is never given to another', async () => {
  await through(triton, 'sleep', filled(0, 100_000));
  const [used] = regionsInSharedMemory();
  const notes = path.join(server.repository, 'sleep/1/executions.txt');
  const begun = () => readFileSync(notes, 'utf8').split('begin').length - 1;
  const before = begun();
  const abort = new AbortController();
  const cancelled = through(triton, 'sleep', filled(0.8, 100_000), abort.signal);
  await until(() => begun() === before + 1);
  abort.abort();
  await expect(cancelled).rejects.toMatchObject({ code: 'CANCELLED' });
  expect(regionsInSharedMemory()).toEqual([]);
  expect(await registered()).toEqual([used]);
  expect(isFilled((await through(triton, 'identity', filled(4, 100_000))).get('OUT')?.data, 4)).toBe(true);
  expect(regionsInSharedMemory()).not.toContain(used);
  await until(registered, (names) => !names.includes(used));
});

/** Makes Triton forget a region. It may hold a request a moment longer than its answer is there. */
async function lose(name: string): Promise<void> {
  await until(async () => {
    try {
      await channel.call('SystemSharedMemoryUnregister', { name });
      return true;
    } catch (error) {
      if (!/currently in use/.test(String(error))) throw error;
      return false;
    }
  });
}

describe('registration', () => {
  test('that fails sends the request inline, once, and the lost region is not used again', async () => {
    await through(triton, 'identity', filled(1, 100_000));
    const [name] = await registered();
    await lose(name);
    rmSync(`/dev/shm/${name}`);
    expect(isFilled((await through(triton, 'identity', filled(2, 100_000))).get('OUT')?.data, 2)).toBe(true);
    expect(isFilled((await through(triton, 'identity', filled(3, 100_000))).get('OUT')?.data, 3)).toBe(true);
    expect(await registered()).not.toContain(name);
    expect(await registered()).toHaveLength(1);
  });

  test('takes the place of a dead one of the same name', async () => {
    const name = `aiaa_gateway_${process.pid}_again`;
    const dead = await Region.create('/dev/shm', name, MB);
    await dead.register(channel);
    await dead.remove();
    const live = await Region.create('/dev/shm', name, 2 * MB);
    await live.register(channel);
    const { regions } = await channel.call('SystemSharedMemoryStatus', { name });
    expect(regions[name]).toMatchObject({ key: name, byte_size: 2 * MB });
    expect(regions[name].offset ?? 0).toBe(0);
    expect(await live.unregister(channel)).toBe(true);
    await live.remove();
  });

  test('is made again when Triton has lost it, and the request is sent once more', async () => {
    await through(triton, 'identity', filled(1, 100_000));
    const [name] = await registered();
    await lose(name);
    expect(isFilled((await through(triton, 'identity', filled(2, 100_000))).get('OUT')?.data, 2)).toBe(true);
    expect(await registered()).toEqual([name]);
  });
});

test('a sweep removes what killed gateways left, files and registrations, and nothing else', async () => {
  const { pid: dead } = spawnSync('true');
  const stale = `aiaa_gateway_${dead}_0_0`;
  const olderThanThisProcess = `aiaa_gateway_${process.pid}_0_77`;
  const ofEndedThread = `aiaa_gateway_${process.pid}_9_0`;
  const others = [`aiaa_gateway_1_0_0_test`, `aiaa_gateway_${process.pid}_99_0`, `other_${dead}`];
  for (const name of [stale, olderThanThisProcess, ofEndedThread, ...others])
    writeFileSync(`/dev/shm/${name}`, new Uint8Array(4096));
  utimesSync(`/dev/shm/${olderThanThisProcess}`, 1, 1);
  await channel.call('SystemSharedMemoryRegister', { name: stale, key: stale, byte_size: 4096 });
  await through(triton, 'identity', filled(1, 100_000));
  const mine = await registered().then((names) => names.filter((name) => name !== stale));
  expect((await triton.sweepSharedMemory(9)).sort()).toEqual([stale, olderThanThisProcess, ofEndedThread].sort());
  expect(regionsInSharedMemory().sort()).toEqual([...mine, others[1]].sort());
  expect(await registered()).toEqual(mine);
  others.forEach((name) => rmSync(`/dev/shm/${name}`));
});
