import { compareAnswers } from '../../gateway/deployment/validation/checks';
import { randomWarning } from '../../gateway/packages/model-file-format';
import { graphNodes } from '../../gateway/packages/formats/graphdef-model';
import { readOnnxModel } from '../../gateway/packages/formats/onnx-model';
import { decodeTensorFlow, type GraphDef } from '../../gateway/packages/tensorflow/graph';
import { bytes, integer, message, onnx, value } from './protobuf';

const node = (operator: string, name: string, ...more: Buffer[]) =>
  message(1, bytes(3, name), bytes(4, operator), ...more);
const input = (name: string) => bytes(1, name);
const attribute = (name: string, ...fields: Buffer[]) => message(5, bytes(1, name), ...fields);
const flag = (name: string, ...data: Buffer[]) => message(5, integer(2, 9), bytes(8, name), ...data);
const dropout = (...inputs: string[]) => node('Dropout', 'drop', ...inputs.map(input));
const of = (...graph: Buffer[]) => readOnnxModel(onnx(...graph, value(12, 'y', 1, [1]))).trainingNodes; // prettier-ignore

test.each<[string, Buffer[], string[]]>([
  ['RandomNormalLike', [node('RandomNormalLike', '/noise')], ['RandomNormalLike "/noise"']],
  ['a node without a name', [message(1, bytes(2, 'out'), bytes(4, 'Bernoulli'))], ['Bernoulli "out"']],
  ['Dropout', [dropout('x')], []],
  ['Dropout that is told to train', [flag('t', bytes(9, Buffer.from([1]))), dropout('x', 'r', 't')], ['Dropout "drop"']],
  ['the same, flag in the other place', [flag('t', bytes(5, Buffer.from([1]))), dropout('x', 'r', 't')], ['Dropout "drop"']],
  ['the same, flag by a Constant', [message(1, bytes(2, 't'), bytes(4, 'Constant'), attribute('value', flag('', bytes(9, Buffer.from([1]))))), dropout('x', '', 't')], ['Dropout "drop"']],
  ['Dropout that is told not to', [flag('t', bytes(9, Buffer.from([0]))), dropout('x', 'r', 't')], []],
  ['BatchNormalization in training', [node('BatchNormalization', 'bn', attribute('training_mode', integer(3, 1)))], ['BatchNormalization "bn"']],
  ['BatchNormalization', [node('BatchNormalization', 'bn', attribute('training_mode', integer(3, 0)))], []],
  ['a branch', [node('If', 'if', attribute('then_branch', message(6, node('Multinomial', 'inner'))))], ['Multinomial "inner"']],
])('ONNX: %s', (_, graph, expected) => {
  expect(of(...graph)).toEqual(expected);
}); // prettier-ignore

test('TensorFlow: nodes of the graph and of its functions', () => {
  const tf = (name: string, operator: string) => [bytes(1, name), bytes(2, operator)];
  const inner = message(2, message(1, message(3, ...tf('f/noise', 'RandomStandardNormal'))));
  const graph = Buffer.concat([message(1, ...tf('x', 'Placeholder')), message(1, ...tf('u', 'RandomUniform')), inner]);
  expect(graphNodes(decodeTensorFlow<GraphDef>('GraphDef', graph)).drawing).toEqual([
    'RandomUniform "u"',
    'RandomStandardNormal "f/noise"',
  ]);
});

test('the warning names three of them', () => {
  expect(randomWarning([])).toEqual([]);
  expect(randomWarning(['A "a"', 'B "b"', 'C "c"', 'D "d"'])[0]).toMatch(/\(A "a", B "b", C "c" and 1 more\)/);
});

test('answers to the same input are compared, but for the last digits', () => {
  const answer = (...values: number[]) => [{ name: 'y', datatype: 'FP32' as const, shape: [values.length], data: Float32Array.from(values) }]; // prettier-ignore
  expect(compareAnswers(answer(1, NaN, 100), answer(1.0001, NaN, 100))).toEqual([]);
  expect(compareAnswers(answer(0, 0), answer(0, 0))).toEqual([]);
  expect(compareAnswers(answer(1, 2), answer(2, 1))[0]).toMatch(/different answers in "y"/);
  expect(compareAnswers(answer(1), answer(NaN))).toHaveLength(1);
});
