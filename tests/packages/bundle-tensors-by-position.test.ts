import { bindByPosition } from '../../gateway/packages/bind-by-position';
import { bundle, clara3, parse } from '../config/configs';

const tensors = (names: string[], dataType = 'TYPE_FP32') => names.map((name) => ({ name, dataType, dims: [-1, 1, -1, -1, -1] })); // prettier-ignore
const bind = (spec: ReturnType<typeof parse>, inputs: string[], outputs: string[], dataType?: string) =>
  bindByPosition({ ...spec, triton: spec.triton! }, { inputs: tensors(inputs, dataType), outputs: tensors(outputs, dataType) }, 'model.onnx'); // prettier-ignore

test.each([
  [['x'], ['31'], '"image" to "x", "pred" to "31"'],
  [['input.1'], ['output'], '"image" to "input.1", "pred" to "output"'],
  [['x'], ['aux', 'pred'], '"image" to "x", "pred" to "pred"; its outputs "aux" are not used'],
  [['INPUT__0'], ['31'], '"image" to "INPUT__0", "pred" to "31"'],
])('%j and %j', (inputs, outputs, said) => {
  const { spec, warnings } = bind(parse(bundle()), inputs, outputs, 'TYPE_FP16');
  expect(warnings).toEqual([`The bundle names no tensors of "model.onnx", so fields were bound to them by position: ${said}`]);
  const [{ tensor }] = spec.inference.outputs;
  expect(spec.triton.output[0]).toMatchObject({ name: tensor, data_type: 'TYPE_FP16' });
  expect(spec.triton.input[0].name).toBe(spec.inference.inputs[0].tensor);
}); // prettier-ignore

test('what has the names already, and other dialects, stay as they are', () => {
  const named = parse(bundle());
  expect(bind(named, ['INPUT__0'], ['OUTPUT__0'])).toEqual({ spec: named, warnings: [] });
  const clara = parse(clara3());
  expect(bind(clara, ['x'], ['y'])).toEqual({ spec: clara, warnings: [] });
});
