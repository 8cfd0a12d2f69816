import { writeConfigText } from '../../gateway/triton/config-text';
import type { TritonModelConfig } from '../../gateway/triton/model-config';

const smallest: TritonModelConfig = {
  name: 'seg',
  backend: 'onnxruntime',
  max_batch_size: 0,
  input: [{ name: 'INPUT__0', data_type: 'TYPE_FP32', dims: [1, 1, -1, -1, -1] }],
  output: [{ name: 'OUTPUT__0', data_type: 'TYPE_FP32', dims: [1, 2, -1, -1, -1], reshape: { shape: [2, -1] } }],
  instance_group: [{ count: 1, kind: 'KIND_CPU' }],
};

test('scalars, lists, messages and enums', () => {
  expect(writeConfigText(smallest)).toBe(`name: "seg"
max_batch_size: 0
input {
  name: "INPUT__0"
  data_type: TYPE_FP32
  dims: 1
  dims: 1
  dims: -1
  dims: -1
  dims: -1
}
output {
  name: "OUTPUT__0"
  data_type: TYPE_FP32
  dims: 1
  dims: 2
  dims: -1
  dims: -1
  dims: -1
  reshape {
    shape: 2
    shape: -1
  }
}
instance_group {
  count: 1
  kind: KIND_CPU
}
backend: "onnxruntime"
`);
});

const text = (extra: Record<string, unknown>) => writeConfigText({ ...smallest, ...extra } as TritonModelConfig);

test('maps are repeated entries, with keys of their type', () => {
  expect(text({ parameters: { A: { string_value: '1' }, B: { string_value: '2' } } })).toContain(
    'parameters {\n  key: "A"\n  value {\n    string_value: "1"\n  }\n}\nparameters {\n  key: "B"',
  );
  const levels = { priority_queue_policy: { 1: { timeout_action: 'DELAY' } } };
  expect(text({ dynamic_batching: levels })).toContain('key: 1\n    value {\n      timeout_action: DELAY\n');
});

test('an empty message counts, an empty list and undefined do not', () => {
  expect(text({ dynamic_batching: {} })).toContain('dynamic_batching {\n}');
  expect(text({ instance_group: [], optimization: undefined })).not.toMatch(/instance_group|optimization/);
});

test('enums and messages that are named inside another message', () => {
  const accelerator = { name: 'openvino', parameters: { num_of_threads: '2' } };
  const optimization = {
    priority: 'PRIORITY_MAX',
    execution_accelerators: { cpu_execution_accelerator: [accelerator] },
  };
  expect(text({ optimization })).toContain('priority: PRIORITY_MAX\n');
  expect(text({ optimization })).toContain(
    '    cpu_execution_accelerator {\n      name: "openvino"\n      parameters {\n        key: "num_of_threads"',
  );
  const cuda = { graph_spec: [{ graph_lower_bound: { input: { IN: { dim: ['4'] } } } }] };
  expect(text({ optimization: { cuda } })).toContain('dim: 4\n');
  expect(text({ input: [{ ...smallest.input[0], format: 'FORMAT_NCHW' }] })).toContain('format: FORMAT_NCHW');
});

test('strings are escaped', () => {
  expect(text({ default_model_filename: 'a"b\\c\nd\u0001é' })).toContain(
    'default_model_filename: "a\\"b\\\\c\\nd\\001\\303\\251"',
  );
});

test.each([
  [{ max_batchsize: 1 }, /"max_batchsize" is not a field of a Triton model config/],
  [{ input: [{ name: 'A', dtype: 'x' }] }, /"input\[0\]\.dtype" is not a field/],
  [{ input: { name: 'A' } }, /"input" is .*expected a list/],
  [
    { input: [{ name: 'A', data_type: 'FP32' }] },
    /"input\[0\]\.data_type" is "FP32", expected one of TYPE_INVALID, TYPE_BOOL/,
  ],
  [{ input: [{ name: 'A', dims: [1.5] }] }, /"input\[0\]\.dims\[0\]" is 1\.5, expected an integer/],
  [{ max_batch_size: 2 ** 31 }, /"max_batch_size" is 2147483648, expected an integer of 32 bits/],
  [
    { dynamic_batching: { max_queue_delay_microseconds: -1 } },
    /"dynamic_batching\.max_queue_delay_microseconds" is -1/,
  ],
  [{ parameters: { A: 'x' } }, /"parameters\.A" is "x", expected an object/],
  [{ name: 5 }, /"name" is 5, expected a string/],
  [{ response_cache: { enable: 'yes' } }, /"response_cache\.enable" is "yes", expected true or false/],
])('%j is refused with its path', (extra, message) => {
  expect(() => text(extra)).toThrow(message);
});
