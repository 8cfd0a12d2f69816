import { integer, INT, INTS, message, modelOf, node, tensor, text } from '../../samples/support/onnx.mjs';

const SIZE = 256;

/**
 * A network of DeepGrow's shape that returns at once, as an ONNX file: the largest of image, foreground and background heat in each pixel.
 * @returns {Buffer}
 */
export function deepgrowModel() {
  const axes = message(5, text(1, 'axes'), integer(8, 1), integer(20, INTS));
  const keep = message(5, text(1, 'keepdims'), integer(3, 1), integer(20, INT));
  return modelOf([
    node('ReduceMax', ['INPUT__0'], 'OUTPUT__0', axes, keep),
    text(2, 'deepgrow'),
    tensor(11, 'INPUT__0', ['batch', 3, SIZE, SIZE]),
    tensor(12, 'OUTPUT__0', ['batch', 1, SIZE, SIZE]),
  ]);
}

/** Its config: the chain of AIAA 4's 2-D DeepGrow models. */
export const deepgrowConfig = {
  version: 1,
  type: 'deepgrow',
  labels: [],
  description: 'DeepGrow without a network: costs next to nothing, for benchmarks',
  pre_transforms: [
    step('LoadImaged', { keys: 'image' }),
    step('AsChannelFirstd', { keys: 'image' }),
    step('Spacingd', { keys: 'image', pixdim: [1, 1], mode: 'bilinear' }),
    click('AddGuidanceFromPointsd', { ref_image: 'image', guidance: 'guidance', dimensions: 2 }),
    click('Fetch2DSliced', { keys: 'image', guidance: 'guidance' }),
    step('AddChanneld', { keys: 'image' }),
    click('SpatialCropGuidanced', { keys: 'image', guidance: 'guidance', spatial_size: [SIZE, SIZE] }),
    step('Resized', { keys: 'image', spatial_size: [SIZE, SIZE], mode: 'area' }),
    click('ResizeGuidanced', { guidance: 'guidance', ref_image: 'image' }),
    step('NormalizeIntensityd', { keys: 'image', subtrahend: 208, divisor: 388 }),
    click('AddGuidanceSignald', { image: 'image', guidance: 'guidance' }),
  ],
  inference: {
    input: 'image',
    output: 'pred',
    meta_data: { deepgrow: '2D' },
    TRITON: {
      name: 'aiaa.inference.TritonInference',
      triton_model_config: {
        platform: 'onnxruntime_onnx',
        max_batch_size: 32,
        input: [{ name: 'INPUT__0', data_type: 'TYPE_FP32', dims: [3, SIZE, SIZE] }],
        output: [{ name: 'OUTPUT__0', data_type: 'TYPE_FP32', dims: [1, SIZE, SIZE] }],
      },
    },
  },
  post_transforms: [
    step('Activationsd', { keys: 'pred', sigmoid: true }),
    step('AsDiscreted', { keys: 'pred', threshold_values: true, logit_thresh: 0.5 }),
    step('ToNumpyd', { keys: 'pred' }),
    click('RestoreLabeld', { keys: 'pred', ref_image: 'image', mode: 'nearest' }),
    step('AsChannelLastd', { keys: 'pred' }),
  ],
  writer: { name: 'aiaa.transforms.Writer', args: { image: 'pred', json: 'result' } },
};

function step(name, args) {
  return { name: `monai.transforms.${name}`, args };
}

function click(name, args) {
  return { name: `monai.apps.deepgrow.transforms.${name}`, args };
}
