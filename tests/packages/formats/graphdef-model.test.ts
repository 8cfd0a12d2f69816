import { checkGraphNodes, graphNodes } from '../../../gateway/packages/formats/graphdef-model';
import { decodeTensorFlow, type GraphDef } from '../../../gateway/packages/tensorflow/graph';
import { annotationGraph, trainingPlaceholder } from '../../system/models/annotation-graph';

const tensor = (name: string) => ({ name, data_type: 'TYPE_FP32', dims: [-1] });

const readGraphNodes = (bytes: Buffer) => graphNodes(decodeTensorFlow<GraphDef>('GraphDef', bytes));

function check(input: string, output: string, ...more: Buffer[]) {
  const config = { input: [tensor(input)], output: [tensor(output)] };
  const bindings = { inputs: [{ tensor: input, field: 'image' }], outputs: [{ tensor: output, field: 'model' }] };
  return checkGraphNodes(config, readGraphNodes(annotationGraph(...more)), bindings);
}

test('placeholders with type and shape, and all names', () => {
  const { placeholders, names } = readGraphNodes(annotationGraph(trainingPlaceholder));
  expect(placeholders).toEqual([
    { name: 'NV_MODEL_INPUT', dataType: 'TYPE_FP32', dims: [-1, 2, -1, -1, -1] },
    { name: 'training', dataType: 'TYPE_BOOL', dims: [] },
  ]);
  expect(names).toContain('NV_MODEL_OUTPUT');
});

test('names that are there, also with the number of an output', () => {
  expect(check('NV_MODEL_INPUT', 'NV_MODEL_OUTPUT')).toEqual({ errors: [], warnings: [] });
  expect(check('NV_MODEL_INPUT:0', 'channels:1').errors).toEqual([]);
});

test('names that are not there, with near ones', () => {
  expect(check('image', 'NV_MODEL_OUTPUTS').errors).toEqual([
    'the config names the input "image", but the graph has the placeholder "NV_MODEL_INPUT"',
    'the config names the output "NV_MODEL_OUTPUTS", but the graph has no node of that name among its 8; did you mean "NV_MODEL_OUTPUT" or "NV_MODEL_INPUT"?',
  ]);
});

test('a node that is fed by others is no input', () => {
  expect(check('product', 'NV_MODEL_OUTPUT').errors).toHaveLength(1);
});

test('a switch for training that nothing feeds is a warning', () => {
  const { errors, warnings } = check('NV_MODEL_INPUT', 'NV_MODEL_OUTPUT', trainingPlaceholder);
  expect(errors).toEqual([]);
  expect(warnings).toEqual([expect.stringContaining('scalar placeholder "training"')]);
});
