import { clara3, findingsOf, parse } from './configs';

const trtis = (more: object) => clara3({ trtis: { max_batch_size: 1, ...more } });

test.each<[string, object]>([
  ['backend', { backend: 'python' }],
  ['runtime', { runtime: 'model.py' }],
  ['model_operations', { model_operations: { op_library_filename: ['x.so'] } }],
  ['model_repository_agents', { model_repository_agents: { agents: [{ name: 'x' }] } }],
  ['ensemble_scheduling', { ensemble_scheduling: { step: [] } }],
  ['parameters.EXECUTION_ENV_PATH', { parameters: { EXECUTION_ENV_PATH: { string_value: 'env.tar.gz' } } }],
  ['parameters.execution_env_path', { parameters: { execution_env_path: 'env.tar.gz' } }],
  ['default_model_filename', { default_model_filename: '/etc/passwd' }],
  ['default_model_filename', { default_model_filename: 'a/../../b' }],
  ['default_model_filename', { default_model_filename: 'C:\\x' }],
  ['model_warmup[0].inputs.x.input_data_file', { model_warmup: [{ inputs: { x: { input_data_file: '../secret' } } }] }],
  ['parameters.trt_engine_cache_path', { parameters: { trt_engine_cache_path: { string_value: '/tmp' } } }],
])('%s is refused', (path, more) => {
  expect(findingsOf(trtis(more)).findings).toMatchObject([{ kind: 'unsafe', path: `inference.trtis.${path}` }]);
});

test.each(['ensemble', 'custom', 'torch_aoti'])('platform %s is no upload', (platform) => {
  expect(findingsOf(trtis({ platform })).findings).toMatchObject([{ path: 'inference.trtis.platform' }]);
});

test('a file name inside the folder, harmless parameters and a silent platform are fine', () => {
  const more = {
    default_model_filename: 'model.trt.pb',
    platform: 'auto',
    parameters: { intra_op_thread_count: { string_value: '2' } },
  };
  const { triton } = parse(trtis(more));
  expect(triton).toEqual({
    max_batch_size: 1,
    input: [],
    output: [],
    default_model_filename: 'model.trt.pb',
    parameters: { intra_op_thread_count: { string_value: '2' } },
  });
});

test('a name inside the section is not the model’s', () => {
  expect(parse(trtis({ name: 'other' })).warnings).toEqual([expect.stringContaining('the model is called "m"')]);
});
