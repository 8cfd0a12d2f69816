import { bytes, integer, message } from '../../models/packages/protobuf';

/** tensorflow/core/framework/types.proto. */
const FLOAT = 1;
const INT32 = 3;

/** An entry of NodeDef.attr (5): key 1, value 2 with one of AttrValue's fields. */
const attribute = (name: string, value: Buffer) => message(5, bytes(1, name), message(2, value));
const type = (name: string, code: number) => attribute(name, integer(6, code));

const node = (name: string, operator: string, inputs: string[], ...attributes: Buffer[]) =>
  message(1, bytes(1, name), bytes(2, operator), ...inputs.map((input) => bytes(3, input)), ...attributes);

const shape = (dims: number[]) => attribute('shape', message(7, ...dims.map((n) => message(2, integer(1, n)))));

/** TensorProto of a scalar: dtype 1, tensor_shape 2, tensor_content 4. */
const scalar = (code: number, content: ArrayBufferLike) =>
  attribute('value', message(8, integer(1, code), message(2), bytes(4, Buffer.from(content))));

/**
 * A frozen TensorFlow graph with the interface of NVIDIA's annotation models: two channels in (image and heat of the extreme points), two
 * out, `0.5 - image * heat` and `image * heat - 0.5`, so that argmax says where the product is above a half.
 *
 * @param more further nodes, such as control placeholders
 */
export function annotationGraph(...more: Buffer[]): Buffer {
  const float = type('T', FLOAT);
  const nodes = [
    node('NV_MODEL_INPUT', 'Placeholder', [], type('dtype', FLOAT), shape([-1, 2, -1, -1, -1])),
    node('axis', 'Const', [], type('dtype', INT32), scalar(INT32, Int32Array.of(1).buffer)),
    node('half', 'Const', [], type('dtype', FLOAT), scalar(FLOAT, Float32Array.of(0.5).buffer)),
    node('channels', 'Split', ['axis', 'NV_MODEL_INPUT'], float, attribute('num_split', integer(3, 2))),
    node('product', 'Mul', ['channels', 'channels:1'], float),
    node('outside', 'Sub', ['half', 'product'], float),
    node('inside', 'Sub', ['product', 'half'], float),
    node(
      'NV_MODEL_OUTPUT',
      'ConcatV2',
      ['outside', 'inside', 'axis'],
      float,
      attribute('N', integer(3, 2)),
      type('Tidx', INT32),
    ),
  ];
  const versions = message(4, integer(1, 1395));
  return Buffer.concat([...nodes, ...more, versions]);
}

/** A boolean scalar that tells training from inference, as Keras exports have. */
export const trainingPlaceholder = node(
  'training',
  'Placeholder',
  [],
  type('dtype', 10),
  attribute('shape', message(7)),
);
