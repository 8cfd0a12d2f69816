import { Buffer } from 'node:buffer';
import {
  bytes,
  FLOAT,
  floatBytes,
  integer,
  message,
  modelOf,
  node,
  tensor,
  text,
} from '../../samples/support/onnx.mjs';

export const CLASSES = 8;
/** Voxels of a window along each axis. */
export const ROI = [96, 96, 96];

/**
 * A network with several classes that costs next to nothing, as an ONNX file: class c has the logit `slope[c] * x + offset[c]`, so that the
 * largest one changes from class to class along the intensity range.
 * @returns {Buffer}
 */
export function manyClassModel() {
  const numbers = (name, values) =>
    message(
      5,
      ...[1, CLASSES, 1, 1, 1].map((length) => integer(1, length)),
      integer(2, FLOAT),
      text(8, name),
      bytes(9, Buffer.concat(values.map(floatBytes))),
    );
  // Tangents of x²/2: the one at c / (CLASSES - 1) is the largest around there.
  const at = Array.from({ length: CLASSES }, (_, c) => c / (CLASSES - 1));
  return modelOf([
    node('Mul', ['INPUT', 'slope'], 'scaled'),
    node('Add', ['scaled', 'offset'], 'LOGITS'),
    text(2, 'many_class'),
    numbers('slope', at),
    numbers(
      'offset',
      at.map((x) => (-x * x) / 2),
    ),
    tensor(11, 'INPUT', ['batch', 1, ...ROI]),
    tensor(12, 'LOGITS', ['batch', CLASSES, ...ROI]),
  ]);
}

/** Its `config_aiaa.json` (v3): windows over the image in its own voxels, softmax-free argmax, `.nii.gz` of bytes. */
export const manyClassConfig = {
  version: '3',
  type: 'segmentation',
  labels: Array.from({ length: CLASSES - 1 }, (_, c) => `range ${c + 1}`),
  description: `${CLASSES} classes apart by intensity: costs next to nothing, for benchmarks`,
  pre_transforms: [
    { name: 'LoadNifti', args: { fields: 'image' } },
    { name: 'ConvertToChannelsFirst', args: { fields: 'image' } },
    {
      name: 'ScaleIntensityRange',
      args: { fields: 'image', a_min: -160, a_max: 240, b_min: 0.0, b_max: 1.0, clip: true },
    },
  ],
  inference: {
    image: 'image',
    name: 'TRTISInference',
    args: { batch_size: 1, roi: ROI, scanning_window: true },
    node_mapping: { INPUT: 'image', LOGITS: 'model' },
    trtis: {
      platform: 'onnxruntime_onnx',
      max_batch_size: 1,
      input: [{ name: 'INPUT', data_type: 'TYPE_FP32', dims: [1, ...ROI] }],
      output: [{ name: 'LOGITS', data_type: 'TYPE_FP32', dims: [CLASSES, ...ROI] }],
      instance_group: [{ count: 1, kind: 'KIND_AUTO' }],
    },
  },
  post_transforms: [{ name: 'ArgmaxAcrossChannels', args: { fields: 'model' } }],
  writer: { name: 'WriteNifti', args: { field: 'model', dtype: 'uint8' } },
};
