import { withScheduling } from '../../gateway/packages/scheduling';
import type { TritonModelConfig } from '../../gateway/triton/model-config';
import { writeConfigText } from '../../gateway/triton/config-text';
import { clara3, parse } from '../config/configs';

const engine = { execution_accelerators: { gpu_execution_accelerator: [{ name: 'tensorrt' }] } };
const config = (more: Partial<TritonModelConfig> = {}, dims = [1, -1, -1, -1]): TritonModelConfig => ({
  max_batch_size: 4,
  input: [{ name: 'x', data_type: 'TYPE_FP32', dims }],
  output: [{ name: 'y', data_type: 'TYPE_FP32', dims }],
  ...more,
});
const spec = parse(clara3({ args: { scanning_window: true, roi: [96, 96, 32] } }));
const whole = parse(clara3({ args: {} }));

test('with a batch axis, and only then, requests may share a call', () => {
  expect(withScheduling(config(), spec).dynamic_batching).toEqual({});
  expect(withScheduling(config({ max_batch_size: 0 }), spec)).not.toHaveProperty('dynamic_batching');
  const own = { max_queue_delay_microseconds: 100 };
  expect(withScheduling(config({ dynamic_batching: own }), spec).dynamic_batching).toBe(own);
});

test('an accelerator that builds an engine is warmed up with a window of zeros', () => {
  const { model_warmup } = withScheduling(config({ optimization: engine }), spec);
  const zeros = { data_type: 'TYPE_FP32', dims: [1, 96, 96, 32], zero_data: true };
  expect(model_warmup).toEqual([{ name: 'zeros', batch_size: 1, inputs: { x: zeros } }]);
  expect(writeConfigText(config({ model_warmup }))).toContain('zero_data: true');
});

test.each<[string, TritonModelConfig, typeof spec]>([
  ['no accelerator', config(), spec],
  ['an open size', config({ optimization: engine }), whole],
  ['an open number of channels', config({ optimization: engine }, [-1, -1, -1, -1]), spec],
])('%s: no warm-up', (_what, triton, model) => {
  expect(withScheduling(triton, model)).not.toHaveProperty('model_warmup');
});
