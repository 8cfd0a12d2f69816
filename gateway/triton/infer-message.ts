import { fail } from '../errors';
import { MAX_MESSAGE_BYTES } from './channel';
import { isDatatype, refusalOf, toWire } from './datatypes';
import { fieldHead, methodOf, type InferRequestHeader, type ModelInferResponse } from './protocol';
import {
  byteLength,
  describeType,
  partsOf,
  readerOf,
  tensorFromWire,
  type InputTensor,
  type Tensor,
  type TensorType,
} from './tensor';
import type { CheckedRequest, Send, TensorTransport, WantedOutput } from './transport';

/** Number of ModelInferRequest's field `raw_input_contents`. */
const RAW_INPUT = 7;

/** Room for the names, shapes and parameters of a request; far more than they take. */
const HEADER_BYTES = 64 << 10;

/** Tensors as bytes in the gRPC messages: works with any Triton, up to 2 GiB in each direction. */
export const inlineTransport: TensorTransport = {
  async exchange({ model, version, id, inputs, outputs, receive }: CheckedRequest, send: Send) {
    checkInlineSize(model, inputs);
    checkInlineSize(
      model,
      outputs.flatMap(({ name, expected }) => (expected ? [{ name, ...expected }] : [])),
    );
    const header = {
      model_name: model,
      model_version: version,
      id,
      inputs: inputs.map(({ name, datatype, shape }) => ({ name, datatype, shape })),
      outputs: outputs.map(({ name }) => ({ name })),
    };
    const raw = inputs.map(wireOf);
    const answer = readAnswer(model, await send(encodeInferRequest(header, raw)), outputs);
    const tensors = new Map(
      outputs.map(({ name, into }) => [name, tensorFromRaw(model, name, answer.get(name)!, into)] as const),
    );
    if (!receive) return tensors;
    await receive(new Map([...tensors].map(([name, tensor]) => [name, readerOf(tensor)])));
    return new Map();
  },
};

function wireOf(tensor: InputTensor): Uint8Array {
  if ('data' in tensor) return toWire(tensor.datatype, tensor.data);
  const bytes = new Uint8Array(byteLength(tensor));
  let at = 0;
  for (const part of partsOf(tensor)) {
    const wire = toWire(tensor.datatype, part);
    bytes.set(wire, at);
    at += wire.length;
  }
  return bytes;
}

/** Refuses what no message can carry, before anything is allocated. @throws BAD_TENSOR */
export function checkInlineSize(model: string, tensors: readonly ({ name: string } & TensorType)[]): void {
  const bytes = tensors.reduce((sum, tensor) => sum + byteLength(tensor), 0);
  if (bytes + HEADER_BYTES <= MAX_MESSAGE_BYTES) return;
  const what = `${bytes} bytes do not fit in one gRPC message (2 GiB). Use smaller windows or FP16, or shared memory with room for them`;
  throw fail('BAD_TENSOR', { tensor: tensors.map(({ name }) => name).join(', '), model, what });
}

/**
 * Encodes a ModelInferRequest into one buffer. The header goes through protobuf; the tensors are appended as a repeated field, so that
 * they are copied once. (Fields may come in any order, and those of a repeated one add up.)
 * @param raw bytes of the inputs that are not in shared memory, in the order of `header.inputs`
 */
export const encodeInferRequest = (header: InferRequestHeader, raw: readonly Uint8Array[]): Buffer =>
  Buffer.concat([
    methodOf('ModelInfer').requestSerialize(header),
    ...raw.flatMap((bytes) => [fieldHead(RAW_INPUT, bytes.length), bytes]),
  ]);

/** An output of an answer: its type, and its bytes unless they went to shared memory. */
export interface AnsweredOutput {
  type: TensorType;
  raw: Uint8Array;
}

/**
 * The outputs of an answer by name; their order in the answer means nothing.
 * @throws BAD_TENSOR when one is missing, or not of the type and shape that was relied on
 */
export function readAnswer(
  model: string,
  answer: ModelInferResponse,
  wanted: readonly WantedOutput[],
): Map<string, AnsweredOutput> {
  const outputs = new Map<string, AnsweredOutput>();
  for (const { name, expected } of wanted) {
    const bad = (what: string) => fail('BAD_TENSOR', { tensor: name, model, what });
    const index = answer.outputs.findIndex((output) => output.name === name);
    if (index < 0) throw bad('Triton did not return it');
    const { datatype, shape } = answer.outputs[index];
    if (!isDatatype(datatype)) throw bad(refusalOf(datatype) ?? '');
    const type = { datatype, shape };
    if (expected && describeType(expected) !== describeType(type))
      throw bad(`Triton returned ${describeType(type)} instead of ${describeType(expected)}`);
    outputs.set(name, { type, raw: answer.raw_output_contents[index] ?? new Uint8Array() });
  }
  return outputs;
}

/** A tensor from its bytes in the answer. @throws BAD_TENSOR when there are too few or too many, as a model process with numpy 2 sends them */
export function tensorFromRaw(
  model: string,
  name: string,
  { type, raw }: AnsweredOutput,
  into?: Tensor['data'],
): Tensor {
  const needed = byteLength(type);
  if (raw.length === needed) return tensorFromWire(name, type, raw, into);
  const what = `Triton returned ${raw.length} bytes for ${describeType(type)}, which has ${needed}. Does its Python have numpy 1.26?`;
  throw fail('BAD_TENSOR', { tensor: name, model, what });
}
