import { clara3, findingsOf, parse } from './configs';

const triton = (trtis: object) => parse(clara3({ trtis: { max_batch_size: 1, ...trtis } })).triton;

test('one message without brackets, types without TYPE_, kinds without KIND_', () => {
  const tensor = { name: 'NV_MODEL_INPUT', data_type: 'fp32', dims: [1, -1] };
  expect(triton({ input: tensor, instance_group: { count: '2', kind: 'auto' } })).toMatchObject({
    input: [{ name: 'NV_MODEL_INPUT', data_type: 'TYPE_FP32', dims: [1, -1] }],
    instance_group: [{ count: 2, kind: 'KIND_AUTO' }],
  });
});

test('accelerators of TF-TRT: numbers become texts, as Triton wants them', () => {
  const gpu = { name: 'tensorrt', parameters: { precision_mode: 'FP16', max_cached_engines: 100 } };
  const wanted = { name: 'tensorrt', parameters: { precision_mode: 'FP16', max_cached_engines: '100' } };
  const optimization = (list: unknown) => ({
    optimization: { graph: { level: 1 }, execution_accelerators: { gpu_execution_accelerator: list } },
  });
  for (const list of [gpu, [gpu]])
    expect(triton(optimization(list))).toMatchObject({
      optimization: { graph: { level: 1 }, execution_accelerators: { gpu_execution_accelerator: [wanted] } },
    });
});

test('an accelerator without a name is a finding', () => {
  const optimization = { execution_accelerators: { gpu_execution_accelerator: [{ parameters: {} }] } };
  expect(findingsOf(clara3({ trtis: { optimization } })).findings).toMatchObject([
    { path: 'inference.trtis.optimization.execution_accelerators.gpu_execution_accelerator[0].name' },
  ]);
});

test('a config.pbtxt that came with the model stands in its place', () => {
  const tritonConfig = { backend: 'x', max_batch_size: 2, input: [], output: [] };
  for (const config of [clara3({ trtis: { backend: 'python' } }), clara3()])
    expect(parse(config, { tritonConfig }).triton).toBe(tritonConfig);
});
