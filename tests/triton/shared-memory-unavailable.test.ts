import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { status } from '@grpc/grpc-js';
import { identity, refuse, startFakeTriton, type FakeTriton } from './fake-triton';
import { Problems } from '../../gateway/http/handlers/live-state';
import { Channel } from '../../gateway/triton/channel';
import type { ModelInferResponse, Rpcs } from '../../gateway/triton/protocol';
import { probeSharedMemory } from '../../gateway/triton/shared-memory/probe';
import { createTriton } from '../../gateway/triton/triton';

const directory = mkdtempSync(path.join(tmpdir(), 'regions-'));
afterAll(() => {
  expect(readdirSync(directory)).toEqual([]);
  rmSync(directory, { recursive: true });
});

type Handlers = Parameters<typeof startFakeTriton>[0];

async function withFake<T>(handlers: Handlers, use: (server: FakeTriton) => Promise<T>): Promise<T> {
  const server = await startFakeTriton(handlers);
  try {
    return await use(server);
  } finally {
    server.stop();
  }
}

describe('the probe says no, and why', () => {
  const probe = (handlers: Handlers) =>
    withFake(handlers, async ({ url }) => {
      const channel = new Channel({ url });
      const result = await probeSharedMemory(channel, { directory });
      channel.close();
      return result;
    });
  const register = (answer: () => Rpcs['SystemSharedMemoryRegister'][1]): Handlers => ({
    SystemSharedMemoryRegister: answer,
    SystemSharedMemoryUnregister: () => ({}),
  });

  test('to a server with client shared memory switched off', async () => {
    const off = register(() => {
      throw refuse(status.UNIMPLEMENTED, 'Client shared memory is disabled');
    });
    expect(await probe(off)).toEqual({
      available: false,
      reason: expect.stringContaining('switched off in Triton'),
      remedy: 'Start Triton with --allow-client-shm=true',
    });
  });

  test('to a server elsewhere, which finds no such file', async () => {
    const elsewhere = register(() => {
      throw refuse(status.INTERNAL, "Unable to open shared memory region: 'x'");
    });
    expect(await probe(elsewhere)).toEqual({
      available: false,
      reason: expect.stringMatching(/another host.*Unable to open/),
      remedy: expect.stringContaining('--shared_memory off'),
    });
  });

  test('to a server that agrees to everything without looking', async () => {
    expect(await probe(register(() => ({})))).toEqual({
      available: false,
      reason: expect.stringContaining('without looking'),
    });
  });

  test('to a server that refuses everything', async () => {
    const refusing = register(() => {
      throw refuse(status.INVALID_ARGUMENT, 'invalid args');
    });
    expect(await probe(refusing)).toEqual({ available: false, reason: expect.stringContaining('invalid args') });
  });

  test('when the gateway itself has no such directory', async () => {
    const channel = new Channel({ url: 'grpc://127.0.0.1:1' });
    const result = await probeSharedMemory(channel, { directory: path.join(directory, 'none') });
    expect(result).toEqual({
      available: false,
      reason: expect.stringContaining('ENOENT'),
      remedy: expect.stringContaining('shm:/dev/shm:nocopy'),
    });
    channel.close();
  });
});

describe('operators are told how tensors travel', () => {
  const off: Handlers = {
    SystemSharedMemoryRegister: () => {
      throw refuse(status.UNIMPLEMENTED, 'Client shared memory is disabled');
    },
  };
  test.each([
    ['auto', true, { expected: true, used: false, remedy: 'Start Triton with --allow-client-shm=true' }],
    ['auto', false, { expected: true, used: null, reason: 'unknown while Triton does not answer' }],
    ['on', true, { expected: true, used: true }],
    ['off', true, { expected: false, used: false, reason: 'switched off in the gateway' }],
  ] as const)('--shared_memory %s, Triton live: %s', (sharedMemory, live, use) =>
    withFake(off, async ({ url, calls }) => {
      const triton = createTriton({ url, sharedMemory, regions: { directory } });
      expect(await triton.sharedMemoryUse(live)).toMatchObject(use);
      expect(calls.length > 0).toBe(sharedMemory === 'auto' && live);
      await triton.close();
    }),
  );

  const observed = (use: { expected: boolean; used: boolean | null; remedy?: string }) => ({
    triton: { url: 'grpc://here', live: true, shared_memory: { reason: 'no permission', ...use } },
    models: [],
    tritonRestarts: false,
    queue: { queued: 0, limit: 8 },
    error_rate: 0,
    calls_per_min: 0,
  });
  test('the dashboard names it as a problem only where it is expected and surely not used', () => {
    const problems = (use: Parameters<typeof observed>[0]) => new Problems().update(observed(use));
    expect(problems({ expected: true, used: false, remedy: 'Mount it' })).toMatchObject([
      { sentence: expect.stringMatching(/shared memory is not used, since no permission/), next_step: 'Mount it' },
    ]);
    for (const use of [
      { expected: true, used: true },
      { expected: true, used: null },
      { expected: false, used: false },
    ])
      expect(problems(use)).toEqual([]);
  });
});

/** Gives the raw inputs back inline, and answers "done" to requests whose tensors are in shared memory. */
function echo(request: object): ModelInferResponse {
  const { inputs, raw_input_contents: raw } = request as Rpcs['ModelInfer'][0] & { raw_input_contents: Buffer[] };
  const [{ datatype, shape }] = inputs;
  return {
    model_name: 'm',
    model_version: '1',
    outputs: [{ name: 'OUT', datatype, shape: [...shape] }],
    raw_output_contents: raw.length ? raw : [Buffer.alloc(0)],
  };
}

const large = { name: 'IN', datatype: 'FP32' as const, shape: [50_000], data: new Float32Array(50_000).fill(3) };
const wanted = [{ name: 'OUT', expected: { datatype: 'FP32' as const, shape: [50_000] } }];

test('large requests go inline where shared memory is refused, which is told once', () =>
  withFake({ ...identity, ModelInfer: echo }, async ({ url }) => {
    const log = jest.fn();
    const triton = createTriton({ url, log, regions: { directory } });
    for (let i = 0; i < 2; i++) {
      const outputs = await triton.infer({ model: 'm', inputs: [large], outputs: wanted });
      expect(outputs.get('OUT')?.data).toEqual(large.data);
    }
    expect(log).toHaveBeenCalledTimes(1);
    expect(log).toHaveBeenCalledWith('warn', expect.stringContaining('instead of shared memory'), {
      reason: expect.stringContaining('switched off in Triton'),
    });
    await triton.close();
  }));

test.each([
  [status.INTERNAL, 'Unable to open shared memory region'],
  [status.UNIMPLEMENTED, 'Client shared memory is disabled'],
])('a registration that fails at run time with %d %s sends that request inline', (code, text) =>
  withFake(
    {
      ...identity,
      ModelInfer: echo,
      SystemSharedMemoryRegister: () => {
        throw refuse(code, text);
      },
    },
    async ({ url, calls }) => {
      const log = jest.fn();
      const triton = createTriton({ url, log, sharedMemory: 'on', regions: { directory } });
      const outputs = await triton.infer({ model: 'm', inputs: [large], outputs: wanted });
      expect(outputs.get('OUT')?.data).toEqual(large.data);
      expect(log.mock.calls[0][2]).toEqual({ reason: expect.stringContaining(text) });
      expect(calls.filter((call) => call === 'ModelInfer')).toHaveLength(1);
      await triton.close();
    },
  ),
);

describe('a model process with numpy 2 answers without bytes', () => {
  const silent: Handlers = {
    ...identity,
    SystemSharedMemoryRegister: () => ({}),
    SystemSharedMemoryUnregister: () => ({}),
  };

  test('inline: the missing bytes are noticed', () =>
    withFake(
      { ...silent, ModelInfer: (request) => ({ ...echo(request), raw_output_contents: [Buffer.alloc(0)] }) },
      async ({ url }) => {
        const triton = createTriton({ url, sharedMemory: 'off' });
        await expect(triton.infer({ model: 'm', inputs: [large], outputs: [{ name: 'OUT' }] })).rejects.toMatchObject({
          code: 'BAD_TENSOR',
          message: expect.stringContaining('Triton returned 0 bytes for FP32 [50000], which has 200000'),
        });
        await triton.close();
      },
    ));

  test('shared memory: an output that was not written is not taken for a result', () =>
    withFake({ ...silent, ModelInfer: echo }, async ({ url }) => {
      const triton = createTriton({ url, sharedMemory: 'on', regions: { directory } });
      for (let i = 0; i < 2; i++) {
        await expect(triton.infer({ model: 'm', inputs: [large], outputs: wanted })).rejects.toMatchObject({
          code: 'BAD_TENSOR',
          message: expect.stringContaining('wrote nothing for FP32 [50000]'),
        });
      }
      await triton.close();
    }));
});
