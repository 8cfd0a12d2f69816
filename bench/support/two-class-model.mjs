import {
  bytes,
  FLOAT,
  floatBytes,
  INT,
  integer,
  message,
  modelOf,
  node,
  tensor,
  text,
} from '../../samples/support/onnx.mjs';

/**
 * The cheapest network there is with two classes, as an ONNX file: logits `0.5 - x` and `x - 0.5`, joined along the channel axis. What a
 * request takes beyond Triton's own time is then the gateway's.
 * @returns {Buffer} a ModelProto (onnx.proto3), opset 17
 */
export function twoClassModel() {
  const half = message(5, integer(2, FLOAT), text(8, 'half'), bytes(9, floatBytes(0.5)));
  const graph = [
    node('Sub', ['half', 'INPUT'], 'background'),
    node('Sub', ['INPUT', 'half'], 'object'),
    node('Concat', ['background', 'object'], 'LOGITS', message(5, text(1, 'axis'), integer(3, 1), integer(20, INT))),
    text(2, 'two_class'),
    half,
    tensor(11, 'INPUT', ['batch', 1, 'x', 'y', 'z']),
    tensor(12, 'LOGITS', ['batch', 2, 'x', 'y', 'z']),
  ];
  return modelOf(graph);
}

/** Its `config_aiaa.json` (v3): resampled to 1.5 x 1.5 x 2 mm, sent as a whole, argmax, back on the input's grid, `.nii.gz` of bytes. */
export const twoClassConfig = {
  version: '3',
  type: 'segmentation',
  labels: ['object'],
  description: 'Two classes apart at half of the intensity range: costs next to nothing, for benchmarks',
  pre_transforms: [
    { name: 'LoadNifti', args: { fields: 'image' } },
    { name: 'ConvertToChannelsFirst', args: { fields: 'image' } },
    { name: 'ScaleByResolution', args: { fields: 'image', target_resolution: [1.5, 1.5, 2.0] } },
    {
      name: 'ScaleIntensityRange',
      args: { fields: 'image', a_min: -160, a_max: 240, b_min: 0.0, b_max: 1.0, clip: true },
    },
  ],
  inference: {
    image: 'image',
    name: 'TRTISInference',
    args: { scanning_window: false },
    node_mapping: { INPUT: 'image', LOGITS: 'model' },
    trtis: {
      platform: 'onnxruntime_onnx',
      max_batch_size: 1,
      input: [{ name: 'INPUT', data_type: 'TYPE_FP32', dims: [1, -1, -1, -1] }],
      output: [{ name: 'LOGITS', data_type: 'TYPE_FP32', dims: [2, -1, -1, -1] }],
      instance_group: [{ count: 1, kind: 'KIND_AUTO' }],
    },
  },
  post_transforms: [
    { name: 'ArgmaxAcrossChannels', args: { fields: 'model' } },
    {
      name: 'CopyProperties',
      args: { fields: 'model', from_field: 'image', properties: ['affine', 'original_affine', 'as_canonical'] },
    },
    { name: 'RestoreOriginalShape', args: { field: 'model', src_field: 'image', is_label: true } },
  ],
  writer: { name: 'WriteNifti', args: { field: 'model', dtype: 'uint8' } },
};
