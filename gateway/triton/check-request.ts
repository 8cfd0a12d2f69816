import { fail, messageOf } from '../errors';
import { arrayNameOf, carries, isDatatype, refusalOf } from './datatypes';
import type { TensorMetadata } from './protocol';
import type { ModelSignature } from './signature';
import { type InputTensor, type TensorType, byteLength, describeType, elementCount } from './tensor';

/**
 * Checks the inputs of a request against what the model takes: names, types, shapes, batch, and the number of elements. Triton checks too,
 * but some of its texts get lost on the way, it reads some impossible sizes as zero, and it finds out only after the upload.
 * @throws BAD_TENSOR, INFERENCE_FAILED
 */
export function checkInputs(model: string, inputs: readonly InputTensor[], signature: ModelSignature): void {
  const decoupled = 'it is decoupled (model_transaction_policy), which the gateway cannot use';
  if (signature.decoupled) throw fail('INFERENCE_FAILED', { model, what: decoupled });
  const given = new Set<string>();
  for (const tensor of inputs) {
    const wanted = signature.inputs.get(tensor.name);
    const flaw = !wanted
      ? `the model has no such input; it has ${listOf(signature.inputs)}`
      : given.has(tensor.name)
        ? 'it is given twice'
        : (refusalOf(wanted.datatype) ??
          typeFlaw(tensor, wanted) ??
          batchFlaw(tensor, inputs[0], signature) ??
          dataFlaw(tensor));
    if (flaw) throw fail('BAD_TENSOR', { tensor: tensor.name, model, what: flaw });
    given.add(tensor.name);
  }
  const missing = [...signature.inputs.keys()].find((name) => !given.has(name) && !signature.optionalInputs.has(name));
  if (missing !== undefined)
    throw fail('BAD_TENSOR', { tensor: missing, model, what: 'the model needs this input and it is missing' });
}

/**
 * Type and shape of an output as far as they are known before the answer: from the caller, or from the model when none of its axes is free.
 * @returns undefined when the shape depends on the model
 * @throws BAD_TENSOR
 */
export function expectedOutput(
  model: string,
  { name, expected }: { name: string; expected?: TensorType },
  inputs: readonly InputTensor[],
  { outputs, maxBatchSize }: ModelSignature,
): TensorType | undefined {
  const bad = (what: string) => fail('BAD_TENSOR', { tensor: name, model, what });
  const offered = outputs.get(name);
  if (!offered) throw bad(`the model has no such output; it has ${listOf(outputs)}`);
  const { datatype } = offered;
  if (!isDatatype(datatype)) throw bad(refusalOf(datatype) ?? '');
  if (expected) {
    const flaw = typeFlaw(expected, offered) ?? sizeFlaw(expected);
    if (flaw) throw bad(flaw);
    return expected;
  }
  const batch = inputs[0]?.shape[0] ?? -1;
  const shape = offered.shape.map((length, axis) => (axis === 0 && maxBatchSize > 0 ? batch : length));
  return shape.includes(-1) ? undefined : { datatype, shape };
}

function typeFlaw(given: { datatype: string; shape: readonly number[] }, wanted: TensorMetadata): string | undefined {
  const fits =
    given.datatype === wanted.datatype &&
    given.shape.length === wanted.shape.length &&
    given.shape.every((length, axis) => wanted.shape[axis] === -1 || wanted.shape[axis] === length);
  return fits ? undefined : `it is ${describeType(given)}, but the model has ${describeType(wanted)} (-1: any length)`;
}

function batchFlaw(tensor: TensorType, first: InputTensor, { maxBatchSize }: ModelSignature): string | undefined {
  if (maxBatchSize === 0) return undefined;
  const batch = tensor.shape[0];
  if (batch < 1 || batch > maxBatchSize)
    return `its batch is ${batch}, but the model takes 1 to ${maxBatchSize} (max_batch_size)`;
  if (batch === first.shape[0]) return undefined;
  return `its batch is ${batch}, but that of "${first.name}" is ${first.shape[0]}`;
}

function dataFlaw(tensor: InputTensor): string | undefined {
  if (!('data' in tensor)) return sizeFlaw(tensor);
  const { datatype, shape, data } = tensor;
  if (!carries(datatype, data))
    return `its elements are in a ${data[Symbol.toStringTag]}, but ${datatype} is carried by a ${arrayNameOf(datatype)}`;
  const flaw = sizeFlaw({ datatype, shape });
  if (flaw || elementCount(shape) === data.length) return flaw;
  return `its shape [${shape.join(', ')}] has ${elementCount(shape)} elements, but ${data.length} are given`;
}

function sizeFlaw(type: TensorType): string | undefined {
  try {
    byteLength(type);
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}

const listOf = (tensors: Map<string, TensorMetadata>): string =>
  [...tensors.values()].map((tensor) => `"${tensor.name}" ${describeType(tensor)}`).join(', ') || 'none';
