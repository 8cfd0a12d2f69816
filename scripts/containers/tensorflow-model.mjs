import { bytes, floatBytes, integer, message, text } from '../../samples/support/onnx.mjs';

// As much of TensorFlow's GraphDef as this model needs.
const FLOAT = 1;
const INT32 = 3;
/** Minus one, for an axis of any length. */
const FREE = Buffer.from([8, ...Array(9).fill(255), 1]);

const attribute = (name, ...value) => message(5, text(1, name), message(2, ...value));
const type = (name, code) => attribute(name, integer(6, code));
const scalar = (code, content) => attribute('value', message(8, integer(1, code), message(2), bytes(4, content)));
const node = (name, operator, inputs, ...attributes) =>
  message(1, text(1, name), text(2, operator), ...inputs.map((input) => text(3, input)), ...attributes);

/** The network of samples/segmentation as a frozen graph of TensorFlow: logits `0.5 - x` and `x - 0.5`, along the axis of channels. */
export function brightGraph() {
  const float = type('T', FLOAT);
  const shape = attribute(
    'shape',
    message(7, message(2, FREE), message(2, integer(1, 1)), ...Array(3).fill(message(2, FREE))),
  );
  return Buffer.concat([
    node('INPUT', 'Placeholder', [], type('dtype', FLOAT), shape),
    node('half', 'Const', [], type('dtype', FLOAT), scalar(FLOAT, floatBytes(0.5))),
    node('axis', 'Const', [], type('dtype', INT32), scalar(INT32, Buffer.from([1, 0, 0, 0]))),
    node('background', 'Sub', ['half', 'INPUT'], float),
    node('object', 'Sub', ['INPUT', 'half'], float),
    node(
      'LOGITS',
      'ConcatV2',
      ['background', 'object', 'axis'],
      float,
      attribute('N', integer(3, 2)),
      type('Tidx', INT32),
    ),
    message(4, integer(1, 1395)),
  ]);
}
