import { type status as Status, status } from '@grpc/grpc-js';
import { Channel } from '../../gateway/triton/channel';
import { encodeInferRequest } from '../../gateway/triton/infer-message';
import { rpcFailureOf } from '../../gateway/triton/rpc-failure';
import type { Tensor } from '../../gateway/triton/tensor';
import { type Triton, createTriton } from '../../gateway/triton/triton';
import { type RealTriton, addModel, regionsInSharedMemory, startRealTriton, tensorConfig } from './real-triton';

let server: RealTriton;
let triton: Triton;
let channel: Channel;

beforeAll(async () => {
  server = await startRealTriton();
  addModel(server.repository, 'identity', { name: 'fixed', config: tensorConfig({ dims: [2, 3] }) });
  addModel(server.repository, 'identity', { name: 'batched', config: tensorConfig({ dims: [-1], maxBatchSize: 2 }) });
  triton = createTriton({ url: server.grpcUrl });
  channel = new Channel({ url: server.grpcUrl });
  await Promise.all(['fixed', 'batched'].map((model) => triton.models.load(model)));
});

afterAll(async () => {
  channel?.close();
  await triton?.close();
  // With a dead model process a polite end would take Triton's whole exit time-out.
  await server?.kill9();
  await server?.stop();
  expect(regionsInSharedMemory()).toEqual([]);
});

const good: Tensor = { name: 'IN', datatype: 'FP32', shape: [2, 3], data: new Float32Array(6) };

/** What Triton itself says to a request that passes no check of the gateway. */
async function askTriton(
  model: string,
  datatype: string,
  shape: number[],
  raw: Uint8Array,
): Promise<{ code: Status; details: string } | undefined> {
  const message = encodeInferRequest({ model_name: model, inputs: [{ name: 'IN', datatype, shape }], outputs: [] }, [
    raw,
  ]);
  const error = await channel
    .callEncoded('ModelInfer', message, { kind: 'infer', model, deadlineMs: 3_000 })
    .catch((reason: unknown) => reason);
  return rpcFailureOf(error);
}

describe('the gateway finds what is wrong itself', () => {
  test.each<[string, string, Partial<Tensor>, RegExp]>([
    ['another shape', 'fixed', { shape: [3, 2] }, /it is FP32 \[3, 2\], but the model has FP32 \[2, 3\]/],
    ['another rank', 'fixed', { shape: [6] }, /FP32 \[6\]/],
    ['another type', 'fixed', { datatype: 'INT32', data: new Int32Array(6) }, /INT32 \[2, 3\], but the model has FP32/],
    [
      'another array',
      'fixed',
      { data: new Float64Array(6) },
      /in a Float64Array, but FP32 is carried by a Float32Array/,
    ],
    ['too few elements', 'fixed', { data: new Float32Array(5) }, /has 6 elements, but 5 are given/],
    ['too many elements', 'fixed', { data: new Float32Array(7) }, /has 6 elements, but 7 are given/],
    ['an unknown name', 'fixed', { name: 'IMAGE' }, /no such input; it has "IN" FP32 \[2, 3\]/],
    ['too large a batch', 'batched', { shape: [3, 2] }, /its batch is 3, but the model takes 1 to 2/],
    ['no batch', 'batched', { shape: [0, 3], data: new Float32Array(0) }, /its batch is 0/],
    ['a size that overflows', 'batched', { shape: [1, 2 ** 62] }, /not the length of an axis/],
  ])('%s', async (_, model, change, message) => {
    const request = triton.infer({ model, inputs: [{ ...good, ...change }], outputs: [{ name: 'OUT' }] });
    await expect(request).rejects.toMatchObject({ code: 'BAD_TENSOR', message: expect.stringMatching(message) });
  });

  test('a missing input, an input given twice, an unknown output, a wrong expectation, a wrong array for the result', async () => {
    const infer = (inputs: Tensor[], output: object) =>
      triton.infer({ model: 'fixed', inputs, outputs: [{ name: 'OUT', ...output }] });
    await expect(infer([], {})).rejects.toThrow(/"IN" of model "fixed".*is missing/);
    await expect(infer([good, good], {})).rejects.toThrow(/given twice/);
    await expect(infer([good], { name: 'PRED' })).rejects.toThrow(/no such output; it has "OUT" FP32 \[2, 3\]/);
    await expect(infer([good], { expected: { datatype: 'FP32', shape: [2, 4] } })).rejects.toThrow(/FP32 \[2, 4\]/);
    const impossible = { datatype: 'FP32', shape: [1, -5] };
    const batched = triton.infer({
      model: 'batched',
      inputs: [{ ...good, shape: [2, 3] }],
      outputs: [{ name: 'OUT', expected: impossible as never }],
    });
    await expect(batched).rejects.toThrow(/-5 is not the length of an axis/);
    await expect(infer([good], { into: new Float32Array(5) })).rejects.toThrow(/made for another type or shape/);
  });

  test('a model that is not loaded', async () => {
    const request = triton.infer({ model: 'nobody', inputs: [good], outputs: [{ name: 'OUT' }] });
    await expect(request).rejects.toMatchObject({
      code: 'MODEL_NOT_READY',
      message: expect.stringContaining("'nobody'"),
    });
  });

  test('nothing was sent to the model', async () => {
    const { model_stats } = await channel.call('ModelStatistics', { name: 'fixed' });
    expect(model_stats[0].inference_stats.fail?.count ?? 0).toBe(0);
    expect(model_stats[0].inference_count ?? 0).toBe(0);
  });
});

describe('because Triton', () => {
  test('says nothing about a shape: its text is lost on the way', async () => {
    expect(await askTriton('fixed', 'FP32', [3, 2], new Uint8Array(24))).toMatchObject({
      code: status.INVALID_ARGUMENT,
      details: '',
    });
  });

  test('takes 2^62 x 4 elements for none', async () => {
    addModel(server.repository, 'identity', { name: 'victim', config: tensorConfig({ dims: [-1, -1] }) });
    await triton.models.load('victim');
    const failure = await askTriton('victim', 'FP32', [2 ** 62, 4], new Uint8Array(0));
    expect(failure).toMatchObject({
      code: status.INTERNAL,
      details: expect.stringMatching(/not healthy|Failed to process/),
    });
    await triton.models.unload('victim');
  });
});

test('a model that was replaced by one with another shape is asked again, not refused from memory', async () => {
  const other = createTriton({ url: server.grpcUrl });
  const name = addModel(server.repository, 'identity', { name: 'changing', config: tensorConfig({ dims: [2, 3] }) });
  await other.models.load(name);
  const infer = (shape: number[]) =>
    triton.infer({ model: name, inputs: [{ ...good, shape }], outputs: [{ name: 'OUT' }] });
  await infer([2, 3]);
  addModel(server.repository, 'identity', { name, config: tensorConfig({ dims: [3, 2] }) });
  await other.models.unload(name);
  await other.models.load(name);
  expect((await infer([3, 2])).get('OUT')?.shape).toEqual([3, 2]);
  await other.close();
});
