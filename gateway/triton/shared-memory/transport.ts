import { randomBytes } from 'node:crypto';
import { status } from '@grpc/grpc-js';
import { fail, messageOf } from '../../errors';
import type { Channel } from '../channel';
import { allocateUnsetData, bytesPerElement, fromWire, type TensorData, toWire } from '../datatypes';
import { encodeInferRequest, readAnswer, tensorFromRaw } from '../infer-message';
import type { InferParameter, ModelInferResponse } from '../protocol';
import { rpcFailureOf } from '../rpc-failure';
import {
  type InputTensor,
  type Tensor,
  type TensorReader,
  type TensorType,
  byteLength,
  describeType,
  elementCount,
  partsOf,
  readerOf,
  tensorFromWire,
} from '../tensor';
import type { CheckedRequest, Send, TensorTransport } from '../transport';
import type { Region } from './region';
import { type RegionPool, RegionUnavailable } from './region-pool';

const ALIGNMENT = 64;
/** An output starts with this many random bytes until Triton writes it. */
const MARK_BYTES = 16;

/** Where a tensor lies in the region of its request. */
interface Slot {
  offset: number;
  byteSize: number;
}

interface Layout {
  inputs: Slot[];
  /** By name; outputs of unknown size have none and come back inside the message. */
  outputs: Map<string, Slot>;
  byteSize: number;
}

/** Tensors through files that both processes map; the messages carry names and offsets only. */
export class SharedMemoryTransport implements TensorTransport {
  constructor(
    private readonly channel: Channel,
    private readonly pool: RegionPool,
  ) {}

  /** @throws RegionUnavailable when the request did not run and can be made inline instead */
  async exchange(request: CheckedRequest, send: Send): Promise<Map<string, Tensor>> {
    const layout = layOut(request);
    const region = await this.pool.acquire(layout.byteSize, request.signal);
    let reusable = false;
    try {
      await Promise.all(request.inputs.map((input, i) => writeInput(region, layout.inputs[i], input)));
      const mark = randomBytes(MARK_BYTES);
      for (const { offset, byteSize } of layout.outputs.values())
        await region.write(offset, mark.subarray(0, byteSize));
      const answer = await this.#sendRegistered(
        region,
        encodeInferRequest(headerOf(request, layout, region.name), []),
        send,
      );
      reusable = true;
      if (!request.receive) return await readOutputs(request, answer, layout, region, mark);
      await request.receive(readersOf(request, answer, layout, region, mark));
      return new Map();
    } catch (error) {
      reusable ||= isOver(error);
      throw error;
    } finally {
      if (reusable) this.pool.release(region);
      else await this.pool.retire(region);
    }
  }

  /** A restarted Triton has forgotten the region; it says so before the model runs, so the request can be repeated. */
  async #sendRegistered(region: Region, message: Buffer, send: Send): Promise<ModelInferResponse> {
    try {
      return await send(message);
    } catch (error) {
      const failure = rpcFailureOf(error);
      if (failure?.code !== status.NOT_FOUND || !/shared memory region/i.test(failure.details)) throw error;
      await region.register(this.channel, true).catch((reason: unknown) => {
        throw new RegionUnavailable(messageOf(reason), { cause: reason });
      });
      return send(message);
    }
  }
}

/** Each part is written while the next one is made. */
async function writeInput(region: Region, { offset }: Slot, input: InputTensor): Promise<void> {
  let at = offset;
  let writing: Promise<void> | undefined;
  try {
    for (const part of partsOf(input)) {
      const bytes = toWire(input.datatype, part);
      await writing;
      writing = region.write(at, bytes, 'data' in input ? undefined : 'beside');
      // It may fail while nobody waits for it.
      writing.catch(() => undefined);
      at += bytes.length;
    }
  } finally {
    await writing;
  }
}

function layOut({ inputs, outputs }: CheckedRequest): Layout {
  let end = 0;
  const place = (type: TensorType): Slot => {
    const slot = { offset: end, byteSize: byteLength(type) };
    end = Math.ceil((end + slot.byteSize) / ALIGNMENT) * ALIGNMENT;
    return slot;
  };
  const layout = {
    inputs: inputs.map(place),
    outputs: new Map(outputs.flatMap(({ name, expected }) => (expected ? [[name, place(expected)] as const] : []))),
  };
  return { ...layout, byteSize: end };
}

function headerOf({ model, version, id, inputs, outputs }: CheckedRequest, layout: Layout, region: string) {
  const parameters = ({ offset, byteSize }: Slot): Record<string, InferParameter> => ({
    shared_memory_region: { string_param: region },
    shared_memory_byte_size: { int64_param: byteSize },
    shared_memory_offset: { int64_param: offset },
  });
  return {
    model_name: model,
    model_version: version,
    id,
    inputs: inputs.map(({ name, datatype, shape }, i) => ({
      name,
      datatype,
      shape,
      parameters: parameters(layout.inputs[i]),
    })),
    outputs: outputs.map(({ name }) => {
      const slot = layout.outputs.get(name);
      return slot ? { name, parameters: parameters(slot) } : { name };
    }),
  };
}

async function readOutputs(
  { model, outputs }: CheckedRequest,
  answer: ModelInferResponse,
  { outputs: slots }: Layout,
  region: Region,
  mark: Buffer,
): Promise<Map<string, Tensor>> {
  const tensors = new Map<string, Tensor>();
  for (const [name, answered] of readAnswer(model, answer, outputs)) {
    const into = outputs.find((output) => output.name === name)?.into;
    const slot = slots.get(name);
    tensors.set(
      name,
      slot ? await readSlot(name, answered.type, slot, into) : tensorFromRaw(model, name, answered, into),
    );
  }
  return tensors;

  async function readSlot(name: string, type: TensorType, { offset, byteSize }: Slot, into?: Tensor['data']) {
    const { datatype, shape } = type;
    const isHalf = datatype === 'FP16';
    const data = into ?? (isHalf ? undefined : allocateUnsetData(datatype, elementCount(shape)));
    const bytes = isHalf ? new Uint8Array(byteSize) : new Uint8Array(data!.buffer, data!.byteOffset, data!.byteLength);
    await region.read(offset, bytes);
    checkWritten(model, name, type, bytes, mark);
    return isHalf ? tensorFromWire(name, type, bytes, into) : { name, datatype, shape, data: data! };
  }
}

function readersOf(
  { model, outputs }: CheckedRequest,
  answer: ModelInferResponse,
  { outputs: slots }: Layout,
  region: Region,
  mark: Buffer,
): Map<string, TensorReader> {
  const readers = new Map<string, TensorReader>();
  for (const [name, answered] of readAnswer(model, answer, outputs)) {
    const slot = slots.get(name);
    readers.set(name, slot ? slotReader(name, answered.type, slot) : readerOf(tensorFromRaw(model, name, answered)));
  }
  return readers;

  function slotReader(name: string, { datatype, shape }: TensorType, { offset, byteSize }: Slot): TensorReader {
    const first = new Uint8Array(Math.min(byteSize, MARK_BYTES));
    region.readNow(offset, first);
    checkWritten(model, name, { datatype, shape }, first, mark);
    const size = bytesPerElement(datatype);
    const read = (at: number, into: TensorData) => {
      const isHalf = datatype === 'FP16';
      const bytes = isHalf ? new Uint8Array(into.length * size) : new Uint8Array(into.buffer, into.byteOffset, into.byteLength); // prettier-ignore
      region.readNow(offset + at * size, bytes);
      if (isHalf) fromWire(datatype, bytes, into);
    };
    return { datatype, shape, read };
  }
}

/** Regions are reused: without the mark, an output that Triton did not write would be an older result. @param bytes those that it begins with */
function checkWritten(model: string, name: string, type: TensorType, bytes: Uint8Array, mark: Buffer): void {
  if (bytes.length < MARK_BYTES || mark.compare(bytes, 0, MARK_BYTES) !== 0) return;
  const what = `Triton answered, but wrote nothing for ${describeType(type)}. Does its Python have numpy 1.26?`;
  throw fail('BAD_TENSOR', { tensor: name, model, what });
}

/** Whether Triton has surely finished with a failed request, and will not touch its region again. */
function isOver(error: unknown): boolean {
  const failure = rpcFailureOf(error);
  if (!failure) return false;
  if (failure.code === status.INVALID_ARGUMENT) return true;
  return failure.code === status.INTERNAL && !/RST_STREAM|http2/i.test(failure.details);
}
