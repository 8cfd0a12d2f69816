import { type Datatype, type TensorData, allocateData } from '../../gateway/triton/datatypes';
import { modelCounts } from '../../gateway/triton/health';
import type { Tensor } from '../../gateway/triton/tensor';
import { Channel } from '../../gateway/triton/channel';
import { type Triton, createTriton } from '../../gateway/triton/triton';
import { type RealTriton, addModel, regionsInSharedMemory, startRealTriton, tensorConfig } from './real-triton';
import { until } from '../until';

let server: RealTriton;
const ways: Record<string, Triton> = {};

beforeAll(async () => {
  server = await startRealTriton();
  addModel(server.repository, 'identity');
  ways.inline = createTriton({ url: server.grpcUrl, sharedMemory: 'off' });
  ways.shared = createTriton({ url: server.grpcUrl });
  await ways.shared.models.load('identity');
});

afterAll(async () => {
  await Promise.all(Object.values(ways).map((triton) => triton.close()));
  await server?.stop();
  expect(regionsInSharedMemory()).toEqual([]);
});

function ramp(name: string, datatype: Datatype, shape: number[]): Tensor {
  const length = shape.reduce((product, axis) => product * axis, 1);
  const data = allocateData(datatype, length);
  const isBig = datatype === 'INT64' || datatype === 'UINT64';
  const value = datatype === 'BOOL' ? (i: number) => i % 2 : (i: number) => i % 100;
  for (let i = 0; i < length; i++) data[i] = isBig ? BigInt(value(i)) : value(i);
  return { name, datatype, shape, data };
}

const bytesOf = (data: TensorData) => Buffer.from(data.buffer, data.byteOffset, data.byteLength);
const same = (a: TensorData, b: TensorData) => a.constructor === b.constructor && bytesOf(a).equals(bytesOf(b));
const type = ({ datatype, shape }: Tensor) => ({ datatype, shape });

test('the probe proves that both see the same memory, and leaves nothing', async () => {
  expect(await ways.shared.sharedMemory()).toEqual({
    available: true,
    reason: 'Triton sees the memory of the gateway',
  });
  expect(await ways.inline.sharedMemory()).toMatchObject({ available: false });
  expect(regionsInSharedMemory()).toEqual([]);
});

describe.each(['inline', 'shared'])('%s', (way) => {
  // 1 KB goes inline either way, 4 MB does not: a pinned numpy 1.26 returns both whole.
  test.each([250, 1_000_000])('%d voxels come back as they were sent', async (length) => {
    const input = ramp('IN', 'FP32', [length]);
    for (const expected of [undefined, type(input)]) {
      const outputs = await ways[way].infer({
        model: 'identity',
        inputs: [input],
        outputs: [{ name: 'OUT', expected }],
      });
      expect([...outputs.keys()]).toEqual(['OUT']);
      expect(outputs.get('OUT')).toMatchObject(type(input));
      expect(same(outputs.get('OUT')!.data, input.data)).toBe(true);
    }
  });

  test('the result goes into the array that is given', async () => {
    const input = ramp('IN', 'FP32', [100_000]);
    const into = new Float32Array(100_000);
    const outputs = await ways[way].infer({
      model: 'identity',
      inputs: [input],
      outputs: [{ name: 'OUT', expected: type(input), into }],
    });
    expect(outputs.get('OUT')!.data).toBe(into);
    expect(same(into, input.data)).toBe(true);
  });

  test('many at the same time do not mix', async () => {
    const runs = Array.from({ length: 8 }, async (_, i) => {
      const input = { name: 'IN', datatype: 'FP32' as const, shape: [50_000], data: new Float32Array(50_000).fill(i) };
      const outputs = await ways[way].infer({
        model: 'identity',
        inputs: [input],
        outputs: [{ name: 'OUT', expected: type(input) }],
      });
      return same(outputs.get('OUT')!.data, input.data);
    });
    expect(await Promise.all(runs)).toEqual(Array(8).fill(true));
  });
});

const all: Datatype[] = [
  'BOOL',
  'UINT8',
  'UINT16',
  'UINT32',
  'UINT64',
  'INT8',
  'INT16',
  'INT32',
  'INT64',
  'FP16',
  'FP32',
  'FP64',
];

test('every datatype, several tensors, a batch axis: the same both ways', async () => {
  const tensor = (name: string, datatype: Datatype) =>
    `{ name: "${name}" data_type: TYPE_${datatype} dims: [ -1, 3 ] }`;
  const list = (prefix: string) => all.map((datatype, i) => tensor(prefix + (i || ''), datatype)).join(', ');
  const config = `max_batch_size: 4\ninput [ ${list('IN')} ]\noutput [ ${list('OUT')} ]`;
  addModel(server.repository, 'identity', { name: 'all-types', config });
  await ways.shared.models.load('all-types');
  const inputs = all.map((datatype, i) => ramp(`IN${i || ''}`, datatype, [2, 1001, 3]));
  const outputs = inputs.map((input) => ({ name: input.name.replace('IN', 'OUT'), expected: type(input) })).reverse();
  for (const triton of Object.values(ways)) {
    const results = await triton.infer({ model: 'all-types', version: '1', inputs, outputs, requestId: 'r1' });
    const wrong = inputs.filter(({ name, data }) => !same(results.get(name.replace('IN', 'OUT'))!.data, data));
    expect(wrong.map(({ datatype }) => datatype)).toEqual([]);
  }
});

test('outputs whose shape the model fixes need no expectation', async () => {
  addModel(server.repository, 'identity', {
    name: 'fixed',
    config: tensorConfig({ dims: [3, 40, 500], maxBatchSize: 2 }),
  });
  await ways.shared.models.load('fixed');
  const input = ramp('IN', 'FP32', [2, 3, 40, 500]);
  const outputs = await ways.shared.infer({ model: 'fixed', inputs: [input], outputs: [{ name: 'OUT' }] });
  expect(same(outputs.get('OUT')!.data, input.data)).toBe(true);
  const channel = new Channel({ url: server.grpcUrl });
  // Triton counts a request after it has answered it.
  const counts = await until(
    () => modelCounts(channel, 'fixed'),
    ([count]) => count?.inferences === 2,
  );
  channel.close();
  expect(counts).toEqual([expect.objectContaining({ model: 'fixed', version: '1', inferences: 2, failures: 0 })]);
});
