import { fail } from '../errors';
import { toWire } from './datatypes';
import { checkInlineSize, encodeInferRequest, readAnswer } from './infer-message';
import { type Tensor, byteLength, describeType, tensorFromWire } from './tensor';
import type { CheckedRequest, Send, TensorTransport } from './transport';

/** Tensors as bytes in the gRPC messages: works with any Triton, up to 2 GiB in each direction. */
export class InlineTransport implements TensorTransport {
  async exchange({ model, version, id, inputs, outputs }: CheckedRequest, send: Send): Promise<Map<string, Tensor>> {
    checkInlineSize(model, inputs);
    checkInlineSize(
      model,
      outputs.flatMap(({ name, expected }) => (expected ? [{ name, ...expected }] : [])),
    );
    const message = encodeInferRequest(
      {
        model_name: model,
        model_version: version,
        id,
        inputs: inputs.map(({ name, datatype, shape }) => ({ name, datatype, shape })),
        outputs: outputs.map(({ name }) => ({ name })),
      },
      inputs.map(({ datatype, data }) => toWire(datatype, data)),
    );
    const answer = readAnswer(model, await send(message), outputs);
    const intos = new Map(outputs.map(({ name, into }) => [name, into]));
    return new Map(
      [...answer].map(([name, { type, raw }]) => [name, tensorFromRaw(model, name, type, raw, intos.get(name))]),
    );
  }
}

/**
 * A tensor from its bytes in the answer. @throws BAD_TENSOR when there are too few or too many, as a model process with
 * numpy 2 sends them
 */
export function tensorFromRaw(
  model: string,
  name: string,
  type: Tensor | Omit<Tensor, 'name' | 'data'>,
  raw: Uint8Array,
  into?: Tensor['data'],
): Tensor {
  const needed = byteLength(type);
  if (raw.length !== needed) {
    const what = `Triton returned ${raw.length} bytes for ${describeType(type)}, which has ${needed}. Does its Python have numpy 1.26?`;
    throw fail('BAD_TENSOR', { tensor: name, model, what });
  }
  return tensorFromWire(name, type, raw, into);
}
