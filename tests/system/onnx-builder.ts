import { bytes, integer, message, value, varint } from '../packages/protobuf';

const FLOAT = 1;

/** A NodeProto. */
const node = (op: string, inputs: string[], output: string): Buffer =>
  message(1, ...inputs.map((input) => bytes(1, input)), bytes(2, output), bytes(3, output), bytes(4, op));

/** A TensorProto of floats among the initializers. */
function constant(name: string, dims: number[], values: number[]): Buffer {
  const shape = bytes(1, Buffer.concat(dims.map(varint)));
  return message(5, shape, integer(2, FLOAT), bytes(8, name), bytes(9, Buffer.from(Float32Array.from(values).buffer)));
}

function model(input: (number | string)[], output: (number | string)[], ...graph: Buffer[]): Buffer {
  const io = [value(11, 'INPUT', FLOAT, input), value(12, 'OUTPUT', FLOAT, output)];
  return Buffer.concat([
    integer(1, 8),
    bytes(2, 'tests'),
    message(7, ...graph, bytes(2, 'graph'), ...io),
    message(8, bytes(1, ''), integer(2, 13)),
  ]);
}

/** Gives its input back: one channel, three free spatial axes. */
export const identityModel = (): Buffer =>
  model(['n', 1, 'x', 'y', 'z'], ['n', 1, 'x', 'y', 'z'], node('Identity', ['INPUT'], 'OUTPUT'));

/** Adds a number to its input: tells which of several uploads serves. */
export const addingModel = (number: number): Buffer =>
  model(
    ['n', 1, 'x', 'y', 'z'],
    ['n', 1, 'x', 'y', 'z'],
    node('Add', ['INPUT', 'number'], 'OUTPUT'),
    constant('number', [1], [number]),
  );

/** One channel of any size to one number per class: `sigmoid(mean * weight + bias)`. */
export function classifierModel(weights: number[], biases: number[]): Buffer {
  const classes = weights.length;
  return model(
    ['n', 1, 'h', 'w'],
    ['n', classes],
    node('GlobalAveragePool', ['INPUT'], 'pooled'),
    node('Flatten', ['pooled'], 'mean'),
    node('MatMul', ['mean', 'weights'], 'product'),
    node('Add', ['product', 'biases'], 'sum'),
    node('Sigmoid', ['sum'], 'OUTPUT'),
    constant('weights', [1, classes], weights),
    constant('biases', [classes], biases),
  );
}

/** A Clara 3 config for {@link identityModel}: the mask of what is brighter than 50. */
export function brightConfig(args: object = {}): Record<string, unknown> {
  const tensor = (name: string) => ({ name, data_type: 'TYPE_FP32', dims: [1, -1, -1, -1] });
  return {
    version: '3',
    type: 'segmentation',
    labels: ['bright'],
    description: 'What is brighter than 50',
    pre_transforms: [
      { name: 'LoadNifti', args: { fields: 'image' } },
      { name: 'ConvertToChannelsFirst', args: { fields: 'image' } },
    ],
    inference: {
      image: 'image',
      name: 'TRTISInference',
      args,
      node_mapping: { INPUT: 'image', OUTPUT: 'model' },
      trtis: { platform: 'onnxruntime_onnx', max_batch_size: 8, input: [tensor('INPUT')], output: [tensor('OUTPUT')] },
    },
    post_transforms: [
      { name: 'ThresholdValues', args: { fields: 'model', threshold: 50 } },
      { name: 'FetchExtremePoints', args: { image_field: 'image', label_field: 'model', points: 'points' } },
      { name: 'CopyProperties', args: { fields: 'model', from_field: 'image', properties: ['affine'] } },
    ],
    writer: { name: 'WriteNifti', args: { field: 'model', dtype: 'uint8' } },
  };
}

/** A Clara 3 config for {@link classifierModel}. */
export function classifierConfig(labels: string[], type = 'classification'): Record<string, unknown> {
  return {
    version: '3',
    type,
    labels,
    description: 'Brightness of an X-ray',
    pre_transforms: [
      { name: 'LoadPng', args: { fields: 'image' } },
      { name: 'ConvertToChannelsFirst', args: { fields: 'image' } },
      { name: 'ScaleIntensityRange', args: { fields: 'image', a_min: 0, a_max: 255, b_min: 0, b_max: 1 } },
    ],
    inference: {
      image: 'image',
      name: 'TRTISInference',
      args: { scanning_window: false },
      node_mapping: { INPUT: 'image', OUTPUT: 'model' },
      trtis: {
        platform: 'onnxruntime_onnx',
        max_batch_size: 4,
        input: [{ name: 'INPUT', data_type: 'TYPE_FP32', dims: [1, -1, -1] }],
        output: [{ name: 'OUTPUT', data_type: 'TYPE_FP32', dims: [labels.length] }],
      },
    },
    post_transforms: [],
    writer: { name: 'WriteClassificationResult', args: { field: 'model' } },
  };
}
