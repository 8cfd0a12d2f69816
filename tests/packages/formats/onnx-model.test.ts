import { readFileSync } from 'node:fs';
import { readOnnxModel } from '../../../gateway/packages/formats/onnx-model';
import { describeWithData } from '../../shared-data';
import { bytes, integer, message, onnx, value } from '../protobuf';

test('inputs without weights, outputs, free axes, missing shapes, types', () => {
  const weight = message(5, integer(1, 3), bytes(8, 'w'), bytes(9, Buffer.alloc(5000, 0xff)));
  const sparse = message(15, message(1, bytes(8, 's')));
  const file = onnx(
    weight,
    sparse,
    value(11, 'x', 1, ['batch', 1, -1, 0, 96]),
    value(11, 'w', 1, [3]),
    value(11, 's', 1, [3]),
    value(11, 'flag', 9, []),
    value(11, 'half', 10, null),
    value(12, 'y', 7, [1, 2]),
    value(12, 'odd', 15, [1]),
  );
  expect(readOnnxModel(file)).toEqual({
    inputs: [
      { name: 'x', dataType: 'TYPE_FP32', dims: [-1, 1, -1, -1, 96] },
      { name: 'flag', dataType: 'TYPE_BOOL', dims: [] },
      { name: 'half', dataType: 'TYPE_FP16', dims: undefined },
    ],
    outputs: [
      { name: 'y', dataType: 'TYPE_INT64', dims: [1, 2] },
      { name: 'odd', dataType: undefined, dims: [1] },
    ],
    externalFiles: [],
    trainingNodes: [],
    foreign: [],
  });
});

test('weights in other files are named', () => {
  const location = message(13, bytes(1, 'location'), bytes(2, 'weights.bin'));
  const file = onnx(message(5, bytes(8, 'a'), location), message(5, bytes(8, 'b'), location), value(12, 'y', 1, [1]));
  expect(readOnnxModel(file).externalFiles).toEqual([{ location: 'weights.bin', bytes: 0 }]);
});

const whole = onnx(value(11, 'x', 1, [1]), value(12, 'y', 1, [1]));

test.each<[string, Buffer, string]>([
  ['an empty file', Buffer.alloc(0), 'it is empty'],
  ['a text', Buffer.from('hello, this is text'), 'not an ONNX model: '],
  ['a cut file', whole.subarray(0, 30), 'index out of range'],
  ['no graph', integer(1, 8), 'it has no graph'],
  ['no outputs', onnx(value(11, 'x', 1, [1])), 'its graph has no outputs'],
  ['an endless number', Buffer.alloc(12, 0xff), 'not an ONNX model: '],
])('%s is no ONNX model', (_, file, why) => {
  expect(() => readOnnxModel(file)).toThrow(why);
});

/** A graph with an `If`, whose branch has another one, and so on; a branch is a graph of a node's attribute, three messages. */
function branches(levels: number): Buffer {
  let graph: Buffer = message(1, bytes(4, 'ReadFile'));
  for (let level = 0; level < levels; level++)
    graph = message(1, bytes(4, 'If'), message(5, bytes(1, 'then_branch'), message(6, graph)));
  return onnx(graph, value(12, 'y', 1, [1]));
}

test('branches within each other are looked into as deep as protobuf reads them, and refused beyond', () => {
  expect(readOnnxModel(branches(32)).foreign).toEqual([expect.stringMatching(/^ReadFile /)]);
  for (const levels of [33, 1000])
    expect(() => readOnnxModel(branches(levels))).toThrow(/^not an ONNX model: its messages lie in each other more than 100 deep at byte \d+,/);
}); // prettier-ignore

const fp32 = (name: string, dims: number[]) => [{ name, dataType: 'TYPE_FP32', dims }];
const int32 = (name: string) => ({ name, dataType: 'TYPE_INT32', dims: [-1, 16] });

const table: [string, object[], object[]][] = [
  ['spleen_ct_unet2d.onnx', fp32('INPUT', [-1, 1, -1, -1]), fp32('LOGITS', [-1, 5, -1, -1])],
  ['brain_gwm_meshnet5.onnx', fp32('INPUT', [-1, 1, -1, -1, -1]), fp32('LOGITS', [-1, 3, -1, -1, -1])],
  ['brain_18cls_meshnet21.onnx', fp32('INPUT', [-1, 1, -1, -1, -1]), fp32('LOGITS', [-1, 18, -1, -1, -1])],
  ['brain_extract_deepbrain.onnx', fp32('img', [1, 128, 128, 128, 1]), fp32('prob', [1, 128, 128, 128, 1])],
  ['triton_simple/model.onnx', [int32('INPUT0'), int32('INPUT1')], [int32('OUTPUT0'), int32('OUTPUT1')]],
];

for (const [name, inputs, outputs] of table) {
  describeWithData('a real model', [`data/models/${name}`], (file) => {
    test(name, () => {
      const model = readOnnxModel(readFileSync(file));
      expect({ inputs: model.inputs, outputs: model.outputs, externalFiles: model.externalFiles }).toEqual({
        inputs,
        outputs,
        externalFiles: [],
      });
    });
  });
}
