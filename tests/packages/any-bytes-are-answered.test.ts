import { readOnnxModel } from '../../gateway/packages/formats/onnx-model';
import { outlineMessage } from '../../gateway/packages/formats/wire';
import { onnx, value } from './protobuf';

const whole = onnx(value(11, 'x', 1, ['b', 1, 96]), value(12, 'y', 1, ['b', 2, 96]));

test('every cut and every changed byte gives a model or a named error', () => {
  const damaged = [...whole.keys()].flatMap((at) => [
    whole.subarray(0, at),
    ...[0, 0x7f, 0x80, 0xff].map((byte) =>
      Buffer.concat([whole.subarray(0, at), Buffer.from([byte]), whole.subarray(at + 1)]),
    ),
  ]);
  let refused = 0;
  for (const file of damaged) {
    expect(() => outlineMessage(file, file.length)).not.toThrow();
    try {
      readOnnxModel(file);
    } catch (error) {
      expect(String(error)).toMatch(/^Error: not an ONNX model: /);
      refused++;
    }
  }
  expect(refused).toBeGreaterThan(damaged.length / 3);
});
