import type { BuiltCheckpoint, BuiltTensor } from './pickle-builder';

/** Numbers from -1 to 1 that a name stands for: a linear congruential generator begun with the name's FNV-1a hash. tests/golden/nnunet_architectures.py makes the same. */
export function* numbersOf(name: string): Generator<number> {
  let state = 0x811c9dc5;
  for (const byte of Buffer.from(name)) state = Math.imul(state ^ byte, 0x01000193) >>> 0;
  for (;;) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    yield (state >>> 8) / 2 ** 23 - 1;
  }
}

/** A parameter of a network: weights of convolutions by their fan-in, norms around 1, biases around 0. */
export function parameter(name: string, size: readonly number[]): BuiltTensor {
  const data = new Float32Array(size.reduce((product, n) => product * n, 1));
  const numbers = numbersOf(name);
  const fanIn = size.slice(1).reduce((product, n) => product * n, 1);
  const valueOf = (x: number) => {
    if (size.length > 1) return (x * 1.75) / Math.sqrt(fanIn);
    if (name.endsWith('running_var')) return 1 + 0.5 * Math.abs(x);
    return name.endsWith('norm.weight') ? 1 + 0.25 * x : 0.25 * x;
  };
  for (let at = 0; at < data.length; at++) data[at] = valueOf(numbers.next().value as number);
  return { size, data };
}

export const weightsOf = (sizes: readonly (readonly [name: string, size: readonly number[]])[]) =>
  Object.fromEntries(sizes.map(([name, size]) => [name, parameter(name, size)]));

const resampling = { is_seg: false, order: 3, order_z: 0, force_separate_z: null };

/** Plans of one configuration around an architecture. */
export const plansWith = (architecture: object, patch: readonly number[], more: Record<string, unknown> = {}) => ({
  dataset_name: 'Dataset001_test',
  plans_name: 'nnUNetPlans',
  image_reader_writer: 'SimpleITKIO',
  transpose_forward: [0, 1, 2],
  transpose_backward: [0, 1, 2],
  label_manager: 'LabelManager',
  foreground_intensity_properties_per_channel: {},
  configurations: {
    test: {
      preprocessor_name: 'DefaultPreprocessor',
      patch_size: patch,
      spacing: patch.map(() => 1),
      normalization_schemes: ['ZScoreNormalization'],
      use_mask_for_norm: [false],
      resampling_fn_data: 'resample_data_or_seg_to_shape',
      resampling_fn_data_kwargs: resampling,
      resampling_fn_probabilities: 'resample_data_or_seg_to_shape',
      resampling_fn_probabilities_kwargs: { ...resampling, order: 1 },
      architecture,
      ...more,
    },
  },
});

export const dataset = { channel_names: { 0: 'MRI' }, labels: { background: 0, tumour: 1 }, file_ending: '.nii.gz' };

/** A U-Net of two stages in two dimensions. */
export const architecture = {
  network_class_name: 'dynamic_network_architectures.architectures.unet.PlainConvUNet',
  arch_kwargs: {
    n_stages: 2,
    features_per_stage: [2, 3],
    conv_op: 'torch.nn.modules.conv.Conv2d',
    kernel_sizes: [[3, 3], [3, 3]],
    strides: [[1, 1], [2, 2]],
    n_conv_per_stage: [1, 1],
    n_conv_per_stage_decoder: [1],
    conv_bias: true,
    norm_op: 'torch.nn.modules.instancenorm.InstanceNorm2d',
    norm_op_kwargs: { eps: 1e-5, affine: true },
    nonlin: 'torch.nn.LeakyReLU',
    nonlin_kwargs: { inplace: true },
  },
}; // prettier-ignore

const block = (name: string, from: number, to: number): [string, number[]][] => [
  [`${name}.conv.weight`, [to, from, 3, 3]],
  [`${name}.conv.bias`, [to]],
  [`${name}.norm.weight`, [to]],
  [`${name}.norm.bias`, [to]],
];

/** Its state dict. */
export const sizes: [string, number[]][] = [
  ...block('encoder.stages.0.0.convs.0', 1, 2),
  ...block('encoder.stages.1.0.convs.0', 2, 3),
  ['decoder.transpconvs.0.weight', [3, 2, 2, 2]],
  ['decoder.transpconvs.0.bias', [2]],
  ...block('decoder.stages.0.convs.0', 4, 2),
  ['decoder.seg_layers.0.weight', [2, 2, 1, 1]],
  ['decoder.seg_layers.0.bias', [2]],
];

export const small = (changes: Partial<BuiltCheckpoint> = {}): BuiltCheckpoint => ({
  weights: weightsOf(sizes),
  plans: plansWith(architecture, [8, 8]),
  dataset,
  configuration: 'test',
  ...changes,
});
