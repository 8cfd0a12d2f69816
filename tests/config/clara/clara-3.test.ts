import { clara3, findingsOf, parse } from '../configs';

const trtis = (more: object) => ({ ...(clara3().inference as { trtis: object }).trtis, ...more });

test('tensors, window and default nodes', () => {
  const spec = parse(clara3());
  expect(spec).toMatchObject({ dialect: 'clara-3', version: '3', description: 'a model of the tests', warnings: [] });
  expect(spec.inference.inferer).toMatchObject({ kind: 'scanning-window', rule: 'clara', roi: [160, 160, 160] });
  expect(spec.inference.inputs).toEqual([{ tensor: 'NV_MODEL_INPUT', field: 'image' }]);
  expect(spec.inference.outputs).toEqual([{ tensor: 'NV_MODEL_OUTPUT', field: 'model' }]);
  expect(spec.writer).toEqual({ name: 'WriteNifti', args: { field: 'model', dtype: 'uint8' } });
});

test('nothing is added after the network, whose graph ends in its softmax; labels need not be as many as channels', () => {
  const spec = parse(clara3({}, { labels: ['one', 'two', 'three'] }));
  expect(spec.post.map(({ name }) => name)).toEqual(['ArgmaxAcrossChannels']);
  expect(spec.warnings).toEqual([]);
});

test('Triton’s own keys are kept, 64-bit numbers in quotes too', () => {
  const instance_group = [{ count: 2, kind: 'KIND_AUTO' }];
  const input = [{ name: 'NV_MODEL_INPUT', data_type: 'TYPE_FP32', dims: ['384', 384, '-1'] }];
  const { triton } = parse(clara3({ trtis: trtis({ instance_group, input, parameters: { execution_mode: '1' } }) }));
  expect(triton?.instance_group).toEqual(instance_group);
  expect(triton?.input[0].dims).toEqual([384, 384, -1]);
  expect(triton?.parameters).toEqual({ execution_mode: { string_value: '1' } });
});

test('node_mapping goes from node to field, tf from field to node', () => {
  const tensors = trtis({
    input: [
      { name: 'x', data_type: 'TYPE_FP32', dims: [1, 8] },
      { name: 'clicks', data_type: 'TYPE_FP32', dims: [6] },
    ],
    output: [{ name: 'y', data_type: 'TYPE_FP32', dims: [2, 8] }],
  });
  const expected = {
    inputs: [
      { tensor: 'x', field: 'image' },
      { tensor: 'clicks', field: 'points' },
    ],
    outputs: [{ tensor: 'y', field: 'model' }],
  };
  const mapping = { x: 'image', clicks: 'points', y: 'model' };
  const tf = { input_nodes: { image: 'x', points: 'clicks' }, output_nodes: { model: 'y' } };
  expect(parse(clara3({ trtis: tensors, node_mapping: mapping })).inference).toMatchObject(expected);
  expect(parse(clara3({ trtis: tensors, tf })).inference).toMatchObject(expected);
});

test('a config that names no nodes gets the only tensors there are', () => {
  const tensors = trtis({
    input: [{ name: 'INPUT', data_type: 'TYPE_FP32', dims: [1, 8] }],
    output: [{ name: 'LOGITS', data_type: 'TYPE_FP32', dims: [2, 8] }],
  });
  expect(parse(clara3({ trtis: tensors, image: 'ct' })).inference).toMatchObject({
    inputs: [{ tensor: 'INPUT', field: 'ct' }],
    outputs: [{ tensor: 'LOGITS', field: 'model' }],
  });
});

test('a node that is no tensor of the model is a finding with the right name', () => {
  const { findings, message } = findingsOf(clara3({ node_mapping: { INPUT: 'image', NV_MODEL_OUTPUT: 'model' } }));
  expect(findings).toMatchObject([{ path: 'inference.node_mapping.INPUT', suggestions: ['NV_MODEL_INPUT'] }]);
  expect(message).toContain('did you mean "NV_MODEL_INPUT"?');
});

test('tensors left out stay open for the model file, the platform too', () => {
  const { triton, inference } = parse(clara3({ trtis: { max_batch_size: 0 } }));
  expect(triton).toEqual({ max_batch_size: 0, input: [], output: [] });
  expect(inference.inputs).toEqual([{ tensor: 'NV_MODEL_INPUT', field: 'image' }]);
});

test.each([
  [[1, 160, 160, 160], 4],
  [[-1, 1, 160, 160, 160], 0],
])('max_batch_size left out: dims %j mean %d', (dims, max_batch_size) => {
  const input = [{ name: 'x', data_type: 'TYPE_FP32', dims }];
  const args = { scanning_window: true, batch_size: 4, roi: [160, 160, 160] };
  expect(parse(clara3({ args, trtis: { input } })).triton).toMatchObject({ max_batch_size });
});

test.each(['TRTISInference', 'TFInference', 'PTInference'])('%s is accepted', (name) => {
  expect(parse(clara3({ name })).inference.inferer.kind).toBe('scanning-window');
});

test.each([
  ['TFScanWindowInferer', { roi_size: [160, 160, 160], batch_size: 1 }, 'scanning-window'],
  ['ScanWindowInferer', { is_channels_first: 'True', roi_size: [160, 160, 160] }, 'scanning-window'],
  ['ai4med.components.inferers.TFSimpleInferer', {}, 'simple'],
])('%s of a validation config is the same without its class', (name, args, kind) => {
  const { inferer } = parse(clara3({ name, args })).inference;
  expect(inferer.kind).toBe(kind);
  if (inferer.kind === 'scanning-window') expect(inferer).toMatchObject({ rule: 'clara', roi: [160, 160, 160] });
});

test('TFScanWindowInferer without roi_size has no windows', () => {
  expect(findingsOf(clara3({ name: 'TFScanWindowInferer', args: {} })).message).toContain(
    'inference.args.roi_size is missing; expected a list of 2 or 3 window sizes, for TFScanWindowInferer scans',
  );
});

test('an inference class of one’s own cannot run', () => {
  const { message } = findingsOf(clara3({ name: 'mylib.MyInference' }));
  expect(message).toMatch(
    /inference\.name is "mylib\.MyInference" \(a string\), but must be one of TRTISInference.*cannot run here/,
  );
});

test('additional_info goes to the clients, cleaned', () => {
  const additional_info = { padding: 20, roi: [128, 128, 128], deepgrow: '2D', note: 'x', empty: null, version: 7 };
  const { info, warnings } = parse(clara3({ additional_info }));
  expect(info).toEqual({ padding: 20, roi: [128, 128, 128], deepgrow: '2D', note: 'x' });
  expect(warnings).toEqual([expect.stringContaining('inference.additional_info.version is 7 and was left out')]);
});
