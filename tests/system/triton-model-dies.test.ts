import { type Tensor } from '../../gateway/triton/tensor';
import { type Triton, createTriton } from '../../gateway/triton/triton';
import { type RealTriton, addModel, regionsInSharedMemory, startRealTriton } from './real-triton';

let server: RealTriton;
let triton: Triton;
const log = jest.fn();

beforeAll(async () => {
  server = await startRealTriton();
  triton = createTriton({ url: server.grpcUrl, log });
  const models = (['crash', 'failing', 'none-answer', 'identity'] as const).map((source) =>
    addModel(server.repository, source),
  );
  await Promise.all(models.map((model) => triton.models.load(model)));
});

beforeEach(() => log.mockClear());

afterAll(async () => {
  await triton?.close();
  // A model process that died makes a polite end take Triton's whole exit time-out.
  await server?.kill9();
  await server?.stop();
  expect(regionsInSharedMemory()).toEqual([]);
});

const tensor = (value: number, length: number): Tensor => ({
  name: 'IN',
  datatype: 'FP32',
  shape: [length],
  data: new Float32Array(length).fill(value),
});

function infer(model: string, value: number, { length = 4, deadlineMs = 10_000 } = {}) {
  const input = tensor(value, length);
  const outputs = [{ name: 'OUT', expected: { datatype: 'FP32' as const, shape: [length] } }];
  return triton.infer({ model, inputs: [input], outputs, deadlineMs });
}

test('an exception in the model is told in its own words, and the next request is fine', async () => {
  await expect(infer('failing', -3)).rejects.toMatchObject({
    code: 'INFERENCE_FAILED',
    message: expect.stringMatching(
      /could not run the model "failing": Failed to process the request.*ValueError: IN\[0\] is -3, which the model cannot take/s,
    ),
  });
  expect((await infer('failing', 5)).get('OUT')?.data).toEqual(new Float32Array(4).fill(5));
  expect(log).not.toHaveBeenCalled();
});

test('a model that never answers costs the deadline', async () => {
  await expect(infer('none-answer', 1, { deadlineMs: 400 })).rejects.toMatchObject({
    code: 'TRITON_TIMEOUT',
    message: expect.stringContaining('within 0.4 s'),
  });
});

test.each([4, 100_000])(
  'a model whose process dies is brought back, which is logged, and the request of %d voxels is made again',
  async (length) => {
    expect((await infer('crash', 7, { length })).get('OUT')?.data[0]).toBe(7);
    // -1 kills it the first time only.
    expect((await infer('crash', -1, { length })).get('OUT')?.data[length - 1]).toBe(-1);
    expect(log.mock.calls).toEqual([
      [
        'warn',
        expect.stringContaining('unloaded and loaded again'),
        { model: 'crash', reason: expect.stringContaining('is not healthy') },
      ],
    ]);
  },
);

test('a request that always kills the model is made twice at most, and the next ones are served', async () => {
  await expect(infer('crash', -2)).rejects.toMatchObject({
    code: 'INFERENCE_FAILED',
    message: expect.stringContaining('is not healthy'),
  });
  expect(log).toHaveBeenCalledTimes(1);
  // Triton calls the dead model ready all the while.
  expect(await triton.models.isReady('crash')).toBe(true);
  const outputs = await Promise.all([infer('crash', 8), infer('crash', 9)]);
  expect(outputs.map((output) => output.get('OUT')?.data[0])).toEqual([8, 9]);
  expect(log).toHaveBeenCalledTimes(2);
});
