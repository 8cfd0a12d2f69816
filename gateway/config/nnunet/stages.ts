import type { NnunetNetwork, NnunetStage, ScoreResampling, TransformStep } from '../../model-spec';
import type { TritonModelConfig } from '../../triton/model-config';
import type { Reading } from '../reading';
import { resolve } from '../transform-steps';
import { TORCH, type Configuration } from './plans';
import type { ReadModel } from './read-model';
import type { StageSection } from './section';

/** Fields of the sample. */
export const IMAGE = 'image';
export const MASK = 'pred';

/** 2-D windows of one request: slices are small, and ONNX Runtime's numbers do not depend on the batch. */
const SLICES_AT_A_TIME = 8;

/** How the network of a configuration is run. */
export function networkOf({ configuration, dataset: { heads } }: ReadModel, { step, folds, mirrored }: StageSection): NnunetNetwork {
  return {
    patch: configuration.patch_size,
    step,
    batchSize: configuration.patch_size.length === 2 ? SLICES_AT_A_TIME : 1,
    folds,
    ...(mirrored?.length && { mirrored: true }),
    heads: heads.count,
    ...(heads.regions && { regions: heads.regions }),
    resampling: resamplingOf(configuration, 'probabilities'),
  };
} // prettier-ignore

/** The tensors of a model of one network. */
export function tensorsOf({ patch, batchSize, folds, heads, channels }: NnunetNetwork & Pick<NnunetStage, 'channels'>): TritonModelConfig {
  return {
    max_batch_size: batchSize,
    input: [{ name: 'input', data_type: 'TYPE_FP32', dims: [channels, ...patch] }],
    output: [{ name: 'logits', data_type: 'TYPE_FP32', dims: [folds * heads, ...patch] }],
  };
} // prettier-ignore

/** What makes the network's image of the file's. */
export function prepareStep({ plans, configuration, dataset }: ReadModel, reading: Reading): TransformStep | undefined {
  const properties = plans.foreground_intensity_properties_per_channel ?? plans.foreground_intensity_properties_by_modality ?? {};
  const normalization = configuration.normalization_schemes.map((scheme, channel) => {
    const known = Object.hasOwn(properties, String(channel)) ? properties[String(channel)] : undefined;
    const { mean = 0, std = 1, percentile_00_5: low = 0, percentile_99_5: high = 0 } = known ?? {};
    if (scheme !== 'CTNormalization') return { scheme, use_mask: configuration.use_mask_for_norm[channel] };
    if (!known) reading.findings.add(['nnunet', 'plans', 'foreground_intensity_properties_per_channel', String(channel)], undefined, 'mean, std and percentiles for CTNormalization');
    return { scheme, mean, std, low, high };
  });
  const args = {
    keys: [IMAGE],
    channels: dataset.channels,
    transpose_forward: plans.transpose_forward,
    spacing: configuration.spacing,
    normalization,
    resampling: resamplingOf(configuration, 'data'),
  };
  return resolve('transform', 'NnunetPreprocessd', args, ['nnunet', 'pre', 1], reading);
} // prettier-ignore

/** Null where nothing is resampled. */
export function resamplingOf(configuration: Configuration, what: 'data' | 'probabilities' | 'seg'): ScoreResampling | null {
  if (configuration[`resampling_fn_${what}`] === 'no_resampling_hack') return null;
  const kwargs = configuration[`resampling_fn_${what}_kwargs`];
  const isTorch = configuration[`resampling_fn_${what}`] === TORCH;
  return {
    order: isTorch ? 1 : (kwargs?.order ?? 1),
    force_separate_z: kwargs?.force_separate_z ?? null,
    threshold: kwargs?.separate_z_anisotropy_threshold ?? 3,
    ...(isTorch && { torch: true }),
  };
} // prettier-ignore
