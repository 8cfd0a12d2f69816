import { checkTensors } from '../../gateway/packages/check-io';
import type { FileTensor } from '../../gateway/packages/model-file-format';
import type { TritonModelConfig } from '../../gateway/triton/model-config';

const tensor = (name: string, dims: number[], data_type = 'TYPE_FP32') => ({ name, data_type, dims });
const found = (name: string, dims?: number[], dataType = 'TYPE_FP32'): FileTensor => ({ name, dataType, dims });

const config = (more: Partial<TritonModelConfig> = {}): TritonModelConfig => ({
  max_batch_size: 8,
  input: [tensor('INPUT', [1, -1, -1])],
  output: [tensor('LOGITS', [5, -1, -1])],
  ...more,
});

const file = { inputs: [found('INPUT', [-1, 1, -1, -1])], outputs: [found('LOGITS', [-1, 5, -1, -1])] };

test('a config that fits stays as it is', () => {
  expect(checkTensors(config(), file)).toEqual({ errors: [], warnings: [], completed: config() });
});

test('tensors that the config leaves out come from the file, without the batch axis', () => {
  expect(checkTensors(config({ input: [], output: [] }), file).completed).toEqual(config());
  const whole = checkTensors(config({ max_batch_size: 0, input: [], output: [] }), file).completed;
  expect(whole.input).toEqual([tensor('INPUT', [-1, 1, -1, -1])]);
});

test('a free axis of the config takes the size that the file fixes', () => {
  const fixed = { inputs: [found('INPUT', [-1, 1, 96, 96])], outputs: file.outputs };
  expect(checkTensors(config(), fixed).completed.input[0].dims).toEqual([1, 96, 96]);
  expect(checkTensors(config({ input: [tensor('INPUT', [1, 64, 64])] }), file)).toMatchObject({
    errors: [],
    completed: { input: [{ dims: [1, 64, 64] }] },
  });
});

test('a fixed batch of 1 becomes an axis of dims', () => {
  const one = { inputs: [found('INPUT', [1, 1, 96, 96])], outputs: [found('LOGITS', [1, 5, 96, 96])] };
  const check = checkTensors(config({ dynamic_batching: {} }), one);
  expect(check.errors).toEqual([]);
  expect(check.completed).toEqual(
    config({ max_batch_size: 0, input: [tensor('INPUT', [1, 1, 96, 96])], output: [tensor('LOGITS', [1, 5, 96, 96])] }),
  );
  expect(check.warnings).toEqual([expect.stringContaining('fixed batch of 1')]);
});

test.each<[string, TritonModelConfig, typeof file, string]>([
  [
    'a wrong name, one tensor',
    config({ input: [tensor('INPT', [1, -1, -1])] }),
    file,
    'the config names the input "INPT", but the model file has the input "INPUT"; write "INPUT" in the config',
  ],
  [
    'a wrong name, several tensors',
    config({ output: [tensor('LOGIT', [5, -1, -1])] }),
    { ...file, outputs: [...file.outputs, found('AUX', [-1])] },
    'the config names the output "LOGIT", but the model file has the outputs "LOGITS", "AUX"; did you mean "LOGITS"?',
  ],
  [
    'a wrong type',
    config({ input: [tensor('INPUT', [1, -1, -1], 'TYPE_UINT8')] }),
    file,
    'input "INPUT" is TYPE_UINT8 in the config but TYPE_FP32 in the model file; write TYPE_FP32',
  ],
  [
    'a wrong rank',
    config({ input: [tensor('INPUT', [1, 1, -1, -1])] }),
    file,
    'input "INPUT" has dims [1, 1, -1, -1] in the config, but [1, -1, -1] without the batch axis in the model file',
  ],
  ['a wrong size', config({ output: [tensor('LOGITS', [2, -1, -1])] }), file, '(axis 0: 2 against 5)'],
  [
    'a batch that the file fixes',
    config(),
    { ...file, inputs: [found('INPUT', [4, 1, -1, -1])] },
    'whose first axis is not a free batch axis; export the model with a free batch axis, or write "max_batch_size": 0',
  ],
  [
    'an input left out',
    config(),
    { ...file, inputs: [...file.inputs, found('scale', [-1, 1])] },
    'the model file also needs the input "scale" (TYPE_FP32 [-1, 1]), which the config leaves out',
  ],
  [
    'no shape on either side',
    config({ input: [] }),
    { ...file, inputs: [found('INPUT')] },
    'the model file does not tell the shape of its input "INPUT"',
  ],
])('%s', (_, wanted, io, error) => {
  expect(checkTensors(wanted, io).errors[0]).toContain(error);
});

test('shapes that the file does not tell are taken from the config', () => {
  const check = checkTensors(config(), { inputs: [found('INPUT')], outputs: [found('LOGITS')] });
  expect(check).toMatchObject({ errors: [], completed: { input: [{ dims: [1, -1, -1] }] } });
});

test('a scalar needs a reshape', () => {
  const scalar = { inputs: [found('INPUT', [])], outputs: file.outputs };
  const { completed } = checkTensors(config({ max_batch_size: 0, input: [], output: [] }), scalar);
  expect(completed.input).toEqual([{ name: 'INPUT', data_type: 'TYPE_FP32', dims: [1], reshape: { shape: [] } }]);
});

test('a bound tensor that the file lacks: the fix is told where there is only one', () => {
  const bindings = {
    inputs: [{ tensor: 'NV_MODEL_INPUT', field: 'image' }],
    outputs: [{ tensor: 'LOGITS', field: 'model' }],
  };
  expect(checkTensors(config({ input: [], output: [] }), file, bindings).errors).toEqual([
    'the config binds the field "image" to the input "NV_MODEL_INPUT", but the only input of the model file is "INPUT"; write "INPUT" in place of "NV_MODEL_INPUT" (for Clara 3: "node_mapping": { "INPUT": "image" })',
  ]);
});
