import { mkdtempSync, openSync, readSync, rmSync, writeSync, closeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { bytesPerElement, type Datatype, type TensorData } from '../../gateway/triton/datatypes';
import type { InferParameter, Rpcs } from '../../gateway/triton/protocol';
import { createTriton, type Triton } from '../../gateway/triton/triton';
import { type FakeTriton, startFakeTriton } from './fake-triton';

/** Elements from random 64-bit numbers: every bit pattern of integers; of floating point what 16 bits hold, so that no type rounds. */
const makers: Record<Datatype, (bits: readonly bigint[]) => TensorData> = {
  BOOL: (bits) => Uint8Array.from(bits, (value) => Number(value & 1n)),
  UINT8: (bits) => Uint8Array.from(bits, (value) => Number(value & 0xffn)),
  UINT16: (bits) => Uint16Array.from(bits, (value) => Number(value & 0xffffn)),
  UINT32: (bits) => Uint32Array.from(bits, (value) => Number(value & 0xffffffffn)),
  UINT64: (bits) => BigUint64Array.from(bits),
  INT8: (bits) => Int8Array.from(bits, (value) => Number(value & 0xffn)),
  INT16: (bits) => Int16Array.from(bits, (value) => Number(value & 0xffffn)),
  INT32: (bits) => Int32Array.from(bits, (value) => Number(value & 0xffffffffn)),
  INT64: (bits) => BigInt64Array.from(bits),
  FP16: (bits) => Float32Array.from(bits, (value) => Number(value % 2048n) / 8),
  FP32: (bits) => Float32Array.from(bits, (value) => Number(value % 65536n) / 8),
  FP64: (bits) => Float64Array.from(bits, (value) => Number(value % 2n ** 50n) / 8),
};

const directory = mkdtempSync(path.join(tmpdir(), 'regions-'));
/** The model of the fake: one input and one output of any names, of any length. */
let wanted: { input: string; output: string; datatype: Datatype };
let server: FakeTriton;
let inline: Triton;
let shared: Triton;

beforeEach(async () => {
  server = await startFakeTriton({
    ModelMetadata: ({ name }) => ({
      name,
      versions: ['1'],
      inputs: [{ name: wanted.input, datatype: wanted.datatype, shape: [-1] }],
      outputs: [{ name: wanted.output, datatype: wanted.datatype, shape: [-1] }],
    }),
    ModelConfig: () => ({ config: { max_batch_size: 0, input: [], output: [] } }),
    SystemSharedMemoryRegister: () => ({}),
    SystemSharedMemoryUnregister: () => ({}),
    ModelInfer: (request) => echo(request),
  });
  inline = createTriton({ url: server.url, sharedMemory: 'off' });
  shared = createTriton({ url: server.url, sharedMemory: 'on', regions: { directory } });
});

afterEach(async () => {
  await Promise.all([inline.close(), shared.close()]);
  server.stop();
});

afterAll(() => rmSync(directory, { recursive: true }));

/** Gives the input back the way it is asked for: in the message, or at an offset of a file of shared memory. */
function echo(request: Rpcs['ModelInfer'][0]): Rpcs['ModelInfer'][1] {
  const { inputs, outputs } = request;
  const [raw] = (request as unknown as { raw_input_contents: Buffer[] }).raw_input_contents;
  const [{ datatype, shape, parameters: from = {} }] = inputs;
  const bytes = raw ?? readRegion(from);
  const { parameters: to = {} } = outputs[0];
  const isShared = to.shared_memory_region !== undefined;
  if (isShared) writeRegion(to, bytes);
  return {
    model_name: request.model_name,
    model_version: '1',
    outputs: [{ name: outputs[0].name, datatype, shape: [...shape] }],
    raw_output_contents: isShared ? [] : [bytes],
  };
}

const place = (parameters: Record<string, InferParameter>) => ({
  file: path.join(directory, parameters.shared_memory_region.string_param!),
  offset: parameters.shared_memory_offset.int64_param ?? 0,
  bytes: parameters.shared_memory_byte_size.int64_param ?? 0,
});

function readRegion(parameters: Record<string, InferParameter>): Buffer {
  const { file, offset, bytes } = place(parameters);
  const [descriptor, into] = [openSync(file, 'r'), Buffer.alloc(bytes)];
  readSync(descriptor, into, 0, bytes, offset);
  closeSync(descriptor);
  return into;
}

function writeRegion(parameters: Record<string, InferParameter>, bytes: Buffer): void {
  const { file, offset } = place(parameters);
  const descriptor = openSync(file, 'r+');
  writeSync(descriptor, bytes, 0, bytes.length, offset);
  closeSync(descriptor);
}

const letters = fc.string({ minLength: 1, maxLength: 40, unit: fc.constantFrom(...'abcXYZ_09') });
const bitPattern = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
/** As many small tensors as large ones, which go through shared memory: above 64 KB. */
const elements = fc.oneof(
  fc.array(bitPattern, { minLength: 1, maxLength: 70 }),
  fc.tuple(fc.array(bitPattern, { minLength: 1, maxLength: 9 }), fc.integer({ min: 70_000, max: 70_100 })).map(
    ([few, length]) => Array.from({ length }, (_, at) => few[at % few.length]),
  ),
); // prettier-ignore

/** A name of its own for each request: what is known of a model is kept. */
let requests = 0;

test.each(Object.keys(makers) as Datatype[])('%s: every name, size and way', async (datatype) => {
  await fc.assert(
    fc.asyncProperty(letters, letters, letters, elements, fc.boolean(), async (model, input, output, bits, isKnown) => {
      wanted = { input, output, datatype };
      const data = makers[datatype](bits);
      for (const triton of [inline, shared]) {
        const expected = isKnown ? { datatype, shape: [data.length] } : undefined;
        const answer = await triton.infer({
          model: `${model}${requests++}`,
          inputs: [{ name: input, datatype, shape: [data.length], data }],
          outputs: [{ name: output, expected }],
        });
        const got = answer.get(output)!;
        expect([got.datatype, got.shape, got.data.constructor]).toEqual([datatype, [data.length], data.constructor]);
        const bytes = (array: TensorData) => Buffer.from(array.buffer, array.byteOffset, array.byteLength);
        expect(bytes(got.data).equals(bytes(data))).toBe(true);
      }
    }),
    { numRuns: 12, examples: [...'123456789'].map((_, n) => ['m', 'IN', 'OUTPUT_OF'.slice(0, n + 1), [1n, 2n, 3n], false] as never) },
  );
}); // prettier-ignore

test('large tensors of the property go through shared memory', () => {
  expect(70_000 * bytesPerElement('UINT8')).toBeGreaterThan(64 << 10);
});
