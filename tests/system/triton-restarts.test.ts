import { createTriton } from '../../gateway/triton/triton';
import { type RealTriton, addModel, regionsInSharedMemory, startRealTriton } from './real-triton';
import { until } from '../until';

let server: RealTriton | undefined;
afterAll(() => server?.stop());

test('a Triton that is killed and comes back is noticed, and serves with new registrations', async () => {
  const first = (server = await startRealTriton());
  addModel(first.repository, 'identity');
  const triton = createTriton({ url: first.grpcUrl });
  const seen: boolean[] = [];
  const stopWatching = triton.health.watchLiveness(100, (live) => seen.push(live));
  const waitFor = (live: boolean) => until(() => seen.at(-1) === live);
  await waitFor(true);
  expect(await triton.health.serverMetadata()).toMatchObject({
    name: 'triton',
    version: expect.stringMatching(/^2\./),
  });
  await triton.models.load('identity');

  const input = { name: 'IN', datatype: 'FP32' as const, shape: [100_000], data: new Float32Array(100_000).fill(2) };
  const infer = () =>
    triton.infer({
      model: 'identity',
      inputs: [input],
      outputs: [{ name: 'OUT', expected: { datatype: 'FP32', shape: [100_000] } }],
    });
  expect((await infer()).get('OUT')?.data[5]).toBe(2);
  const regions = regionsInSharedMemory();
  expect(regions).toHaveLength(1);

  await first.kill9();
  await waitFor(false);
  expect(await triton.health.isLive()).toBe(false);
  await expect(infer()).rejects.toMatchObject({
    code: 'TRITON_UNAVAILABLE',
    message: expect.stringContaining(first.grpcUrl),
  });

  const second = await startRealTriton({
    repository: first.repository,
    grpcPort: Number(new URL(first.grpcUrl.replace('grpc', 'http')).port),
  });
  try {
    await waitFor(true);
    expect(seen).toEqual([true, false, true]);
    await expect(infer()).rejects.toMatchObject({ code: 'MODEL_NOT_READY' });
    await triton.models.load('identity');
    expect((await infer()).get('OUT')?.data[99_999]).toBe(2);
    expect(regionsInSharedMemory()).toEqual(regions);
  } finally {
    stopWatching();
    await triton.close();
    await second.stop();
  }
  expect(regionsInSharedMemory()).toEqual([]);
});
