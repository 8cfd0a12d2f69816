import { bytes, integer, message } from '../../packages/protobuf';

/** tensorflow/core/framework/types.proto. */
const FLOAT = 1;
const INT32 = 3;

/** An entry of NodeDef.attr (5): key 1, value 2 with one of AttrValue's fields. */
const attribute = (name: string, value: Buffer) => message(5, bytes(1, name), message(2, value));
const type = (name: string, code: number) => attribute(name, integer(6, code));

const node = (name: string, operator: string, inputs: string[], ...attributes: Buffer[]) =>
  message(1, bytes(1, name), bytes(2, operator), ...inputs.map((input) => bytes(3, input)), ...attributes);

const shape = (dims: number[]) => attribute('shape', message(7, ...dims.map((n) => message(2, integer(1, n)))));

/** TensorProto of a scalar: dtype 1, tensor_shape 2, tensor_content 4. */
const scalar = (code: number, content: ArrayBufferLike) =>
  attribute('value', message(8, integer(1, code), message(2), bytes(4, Buffer.from(content))));

/**
 * A frozen TensorFlow graph with the interface of NVIDIA's annotation models: two channels in (image and heat of the extreme points), two
 * out, `0.5 - image * heat` and `image * heat - 0.5`, so that argmax says where the product is above a half.
 *
 * @param more further nodes, such as control placeholders
 */
export function annotationGraph(...more: Buffer[]): Buffer {
  const float = type('T', FLOAT);
  const nodes = [
    node('NV_MODEL_INPUT', 'Placeholder', [], type('dtype', FLOAT), shape([-1, 2, -1, -1, -1])),
    node('axis', 'Const', [], type('dtype', INT32), scalar(INT32, Int32Array.of(1).buffer)),
    node('half', 'Const', [], type('dtype', FLOAT), scalar(FLOAT, Float32Array.of(0.5).buffer)),
    node('channels', 'Split', ['axis', 'NV_MODEL_INPUT'], float, attribute('num_split', integer(3, 2))),
    node('product', 'Mul', ['channels', 'channels:1'], float),
    node('outside', 'Sub', ['half', 'product'], float),
    node('inside', 'Sub', ['product', 'half'], float),
    node(
      'NV_MODEL_OUTPUT',
      'ConcatV2',
      ['outside', 'inside', 'axis'],
      float,
      attribute('N', integer(3, 2)),
      type('Tidx', INT32),
    ),
  ];
  const versions = message(4, integer(1, 1395));
  return Buffer.concat([...nodes, ...more, versions]);
}

/** A boolean scalar that tells training from inference, as Keras exports have. */
export const trainingPlaceholder = node(
  'training',
  'Placeholder',
  [],
  type('dtype', 10),
  attribute('shape', message(7)),
);

/** The input as it is, unless `training` says otherwise: then 1000 is added to it. Names of `onnx-builder`'s identity. */
export function flaggedGraph(): Buffer {
  const float = type('T', FLOAT);
  return Buffer.concat([
    node('INPUT', 'Placeholder', [], type('dtype', FLOAT), shape([-1, 1, -1, -1, -1])),
    trainingPlaceholder,
    node('flag', 'Cast', ['training'], type('SrcT', 10), type('DstT', FLOAT)),
    node('thousand', 'Const', [], type('dtype', FLOAT), scalar(FLOAT, Float32Array.of(1000).buffer)),
    node('noise', 'Mul', ['flag', 'thousand'], float),
    node('OUTPUT', 'AddV2', ['INPUT', 'noise'], float),
    message(4, integer(1, 1395)),
  ]);
}

/** A version 2 config for {@link annotationGraph}, as annotation models of Clara 2 and 3 had them. */
export const annotationConfig = {
  version: '2',
  type: 'annotation',
  labels: ['spleen'],
  description: 'Annotation of the spleen by six extreme points',
  pre_transforms: [
    { name: 'LoadNifti', args: { fields: 'image' } },
    { name: 'ConvertToChannelsFirst', args: { fields: 'image' } },
    { name: 'ScaleIntensityRange', args: { fields: 'image', a_min: 0, a_max: 100, b_min: 0, b_max: 1, clip: true } },
    {
      name: 'AddExtremePointsChannel',
      args: { image_field: 'image', label_field: 'label', sigma: 3, rescale_min: -1, rescale_max: 1 },
    },
  ],
  inference: {
    image: 'image',
    scanning_window: false,
    batch_size: 1,
    roi: [128, 128, 128],
    padding: 20,
    tf: { input_nodes: { image: 'NV_MODEL_INPUT' }, output_nodes: { model: 'NV_MODEL_OUTPUT' } },
    trtis: { input_channels: { image: 2 }, output_channels: { model: 2 }, gpu_instance_count: 1, max_batch_size: 1 },
  },
  post_transforms: [
    { name: 'ArgmaxAcrossChannels', args: { fields: 'model' } },
    { name: 'FetchExtremePoints', args: { image_field: 'image', label_field: 'model', points: 'points' } },
    { name: 'CopyProperties', args: { fields: ['model'], from_field: 'image', properties: ['affine'] } },
    { name: 'RestoreOriginalShape', args: { field: 'model', src_field: 'image', is_label: true } },
  ],
  writer: { name: 'WriteNifti', args: { field: 'model', dtype: 'uint8' } },
};
