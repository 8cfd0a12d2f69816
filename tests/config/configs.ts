import { GatewayError } from '../../gateway/errors';
import type { ConfigFinding } from '../../gateway/config/findings';
import { parseModelConfig } from '../../gateway/config/parse-model-config';
import type { ParseOptions } from '../../gateway/config/parse-model-config';
import type { ModelSpec } from '../../gateway/model-spec';
import { catalogue } from './catalogue';

export type Config = Record<string, unknown>;

const chain = {
  labels: ['spleen'],
  description: 'a model of the tests',
  pre_transforms: [
    { name: 'LoadNifti', args: { fields: 'image' } },
    { name: 'ConvertToChannelsFirst', args: { fields: ['image'] } },
  ],
  post_transforms: [{ name: 'ArgmaxAcrossChannels', args: { fields: 'model' } }],
  writer: { name: 'WriteNifti', args: { field: 'model', dtype: 'uint8' } },
};

/** The smallest config of each Clara dialect; `inference` keys are added to, or replace, the ones here. */
export const clara2 = (inference: Config = {}, top: Config = {}): Config => ({
  version: '2',
  type: 'segmentation',
  ...chain,
  inference: {
    scanning_window: true,
    batch_size: 3,
    roi: [160, 96, 32],
    tf: { input_nodes: { image: 'NV_MODEL_INPUT' }, output_nodes: { model: 'NV_MODEL_OUTPUT' } },
    trtis: { input_channels: { image: 2 }, output_channels: { model: 3 }, gpu_instance_count: 1, max_batch_size: 8 },
    ...inference,
  },
  ...top,
});

export const clara3 = (inference: Config = {}, top: Config = {}): Config => ({
  version: '3',
  type: 'segmentation',
  ...chain,
  inference: {
    name: 'TRTISInference',
    args: { scanning_window: true, batch_size: 1, roi: [160, 160, 160] },
    trtis: {
      platform: 'tensorflow_graphdef',
      max_batch_size: 1,
      input: [{ name: 'NV_MODEL_INPUT', data_type: 'TYPE_FP32', dims: [1, 160, 160, 160] }],
      output: [{ name: 'NV_MODEL_OUTPUT', data_type: 'TYPE_FP32', dims: [2, 160, 160, 160] }],
    },
    ...inference,
  },
  ...top,
});

export const clara4 = (inference: Config = {}, top: Config = {}): Config => ({
  version: 1,
  type: 'segmentation',
  labels: ['spleen'],
  description: '',
  pre_transforms: [{ name: 'monai.transforms.LoadImaged', args: { keys: 'image' } }],
  inference: {
    input: 'image',
    output: 'pred',
    TRITON: {
      name: 'aiaa.inference.TritonInference',
      args: { scanning_window: true, roi: [96, 96, 96], overlap: 0.5 },
      triton_model_config: {
        platform: 'pytorch_libtorch',
        max_batch_size: 4,
        input: [{ name: 'INPUT__0', data_type: 'TYPE_FP32', dims: [1, 96, 96, 96] }],
        output: [{ name: 'OUTPUT__0', data_type: 'TYPE_FP32', dims: [2, 96, 96, 96] }],
      },
    },
    ...inference,
  },
  post_transforms: [{ name: 'monai.transforms.AsDiscreted', args: { keys: 'pred', argmax: true } }],
  writer: { name: 'aiaa.transforms.Writer', args: { image: 'pred', json: 'result' } },
  ...top,
});

export const bundle = (top: Config = {}): Config => ({
  image_key: 'image',
  preprocessing: { _target_: 'Compose', transforms: [{ _target_: 'LoadImaged', keys: '@image_key' }] },
  inferer: { _target_: 'SlidingWindowInferer', roi_size: [96, 96, 96], sw_batch_size: 4, overlap: 0.5 },
  postprocessing: { _target_: 'Compose', transforms: [{ _target_: 'AsDiscreted', keys: 'pred', argmax: true }] },
  network_def: { _target_: 'UNet', spatial_dims: 3, in_channels: 1 },
  ...top,
});

export const parse = (config: unknown, options: Partial<ParseOptions> = {}, name = 'm'): ModelSpec =>
  parseModelConfig(config, name, { catalogue, ...options });

/** The findings of a config that must not parse, and the message of the error. */
export function findingsOf(
  config: unknown,
  options: Partial<ParseOptions> = {},
): { findings: ConfigFinding[]; message: string } {
  try {
    parse(config, options);
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    expect(error.code).toBe('BAD_CONFIG');
    return { findings: error.details?.findings as ConfigFinding[], message: error.message };
  }
  throw new Error('the config was accepted');
}
