import { fail } from '../errors';
import { MAX_MESSAGE_BYTES } from './channel';
import { isDatatype, refusalOf } from './datatypes';
import { type InferRequestHeader, type ModelInferResponse, methodOf } from './protocol';
import { type TensorType, byteLength, describeType } from './tensor';
import type { WantedOutput } from './transport';

/** Field 7 of ModelInferRequest, `raw_input_contents`, as length-delimited bytes. */
const RAW_INPUT_TAG = 0x3a;

/** Room for the names, shapes and parameters of a request; far more than they take. */
const HEADER_BYTES = 64 << 10;

/** Refuses what no message can carry, before anything is allocated. @throws BAD_TENSOR */
export function checkInlineSize(model: string, tensors: readonly ({ name: string } & TensorType)[]): void {
  const bytes = tensors.reduce((sum, tensor) => sum + byteLength(tensor), 0);
  if (bytes + HEADER_BYTES <= MAX_MESSAGE_BYTES) return;
  const what = `${bytes} bytes do not fit in one gRPC message (2 GiB). Use smaller windows or FP16, or shared memory with room for them`;
  throw fail('BAD_TENSOR', { tensor: tensors.map(({ name }) => name).join(', '), model, what });
}

/**
 * Encodes a ModelInferRequest into one buffer. The header goes through protobuf; the tensors are appended as repeated
 * field 7, so that they are copied once. (Fields may come in any order, and those of a repeated one add up.)
 * @param raw bytes of the inputs that are not in shared memory, in the order of `header.inputs`
 */
export function encodeInferRequest(header: InferRequestHeader, raw: readonly Uint8Array[]): Buffer {
  const head = methodOf('ModelInfer').requestSerialize(header);
  const prefixes = raw.map((bytes) => Buffer.from([RAW_INPUT_TAG, ...varint(bytes.length)]));
  const total = raw.reduce((sum, bytes, i) => sum + prefixes[i].length + bytes.length, head.length);
  const message = Buffer.allocUnsafe(total);
  let offset = 0;
  for (const part of [head, ...raw.flatMap((bytes, i) => [prefixes[i], bytes])]) {
    message.set(part, offset);
    offset += part.length;
  }
  return message;
}

/** An output of an answer: its type, and its bytes unless they went to shared memory. */
export interface AnsweredOutput {
  type: TensorType;
  raw: Uint8Array;
}

/**
 * The outputs of an answer by name; their order in the answer means nothing (`triton.md` §1.1).
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
    if (expected && describeType(expected) !== describeType(type)) {
      throw bad(`Triton returned ${describeType(type)} instead of ${describeType(expected)}`);
    }
    outputs.set(name, { type, raw: answer.raw_output_contents[index] ?? new Uint8Array() });
  }
  return outputs;
}

function varint(value: number): number[] {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return [...bytes, rest];
    bytes.push((rest % 128) | 0x80);
  }
}
