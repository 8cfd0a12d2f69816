import { bytes, integer, message, value } from '../../packages/protobuf';

const FLOAT = 1;
const INT64 = 7;

/** An attribute that is a whole number (AttributeProto: name 1, i 3, type 20 = INT). */
const attribute = (name: string, number: number) => message(5, bytes(1, name), integer(3, number), integer(20, 2));

const node = (operator: string, inputs: string[], outputs: string[], ...attributes: Buffer[]) =>
  message(
    1,
    ...inputs.map((name) => bytes(1, name)),
    ...outputs.map((name) => bytes(2, name)),
    bytes(4, operator),
    ...attributes,
  );

/** An initializer (TensorProto: dims 1, data_type 2, name 8, raw_data 9). */
const constant = (name: string, type: number, dims: number[], raw: ArrayBufferLike) =>
  message(5, ...dims.map((n) => integer(1, n)), integer(2, type), bytes(8, name), bytes(9, Buffer.from(raw)));

/**
 * A network with DeepGrow's interface whose answer is known: of the channels image, foreground heat and background heat it gives the logits
 * `8 * (foreground - background - level)`. Free batch axis.
 *
 * @param size the network's spatial lengths: [256, 256] or [128, 192, 192]
 */
export function deepgrowModel(size: readonly number[], level: number): Buffer {
  const graph = [
    node('Split', ['INPUT__0', 'ones'], ['image', 'foreground', 'background'], attribute('axis', 1)),
    node('Sub', ['foreground', 'background'], ['difference']),
    node('Sub', ['difference', 'level'], ['above']),
    node('Mul', ['above', 'slope'], ['OUTPUT__0']),
    bytes(2, 'deepgrow'),
    constant('ones', INT64, [3], BigInt64Array.of(1n, 1n, 1n).buffer),
    constant('level', FLOAT, [1], Float32Array.of(level).buffer),
    constant('slope', FLOAT, [1], Float32Array.of(8).buffer),
    value(11, 'INPUT__0', FLOAT, ['batch', 3, ...size]),
    value(12, 'OUTPUT__0', FLOAT, ['batch', 1, ...size]),
  ];
  const opset = message(8, bytes(1, ''), integer(2, 13));
  return Buffer.concat([integer(1, 8), bytes(2, 'tests'), message(7, ...graph), opset]);
}
