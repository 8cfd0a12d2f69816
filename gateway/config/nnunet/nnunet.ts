import { z } from 'zod';
import type { ModelSpec, TransformStep } from '../../model-spec';
import { isRecord, type Findings } from '../findings';
import { readLabels } from '../labels';
import type { Reading } from '../reading';
import { readSection } from '../section';
import { cacheableSteps, readWriter, resolve } from '../transform-steps';
import { aboutNnunet, type ModelParts } from './about';
import { readDataset, type Dataset } from './dataset';
import { readNetwork } from './network';
import { PlansError, readConfiguration, readers, readPlans, type Configuration, type Plans } from './plans';

/** The section that the gateway writes for a results folder of nnU-Net, with the plans and the dataset.json as they are. */
export const nnunetSchema = z.strictObject(
  {
    /** Name of the configuration in the plans. */
    configuration: z.string(),
    /** plans.json, and dataset.json. */
    plans: z.record(z.string(), z.unknown()),
    dataset: z.record(z.string(), z.unknown()),
    /** Name of nnU-Net's trainer. @default unknown */
    trainer: z.string().default('unknown'),
    /** Networks in the model file; their scores are averaged. @default 1 */
    folds: z.int().min(1).max(100).default(1),
    /** Share of a window by which the next one is moved. @default 0.5 */
    step: z.number().gt(0).max(1).default(0.5),
    /** Of the convolutions. @default fp32 */
    precision: z.enum(['fp32', 'fp16']).default('fp32'),
    /** Numbers that the network of one fold has learnt. @default unknown */
    parameters: z.int().min(1).optional(),
    /** Axes of the patch that the graph mirrors. @default unknown */
    mirrored: z.array(z.int().min(0).max(2)).max(3).optional(),
  },
  { error: 'an object with configuration, plans and dataset' },
);

export type NnunetSection = z.output<typeof nnunetSchema>;

/** Fields of the sample. */
const IMAGE = 'image';
const MASK = 'pred';

const HALF =
  'The network computes its convolutions in half precision (precision=fp16), for GPUs: masks no longer equal those of nnU-Net in every voxel';

/** 2-D windows of one request: slices are small, and ONNX Runtime's numbers do not depend on the batch. */
const SLICES_AT_A_TIME = 8;

/**
 * The config that the upload of a results folder of nnU-Net makes: `nnunet`, and beside it what its author may add: `description`, `labels` (names
 * with codes and colours), `version`, `writer`.
 */
export function readNnunet(config: Record<string, unknown>, reading: Reading): ModelSpec | undefined {
  const { findings, name } = reading;
  const section = readSection(nnunetSchema, config.nnunet, ['nnunet'], findings);
  if (!section) return undefined;
  const read = attempt(section, findings);
  if (!read) return undefined;
  const { plans, configuration, dataset, network } = read;
  const { heads, channels } = dataset;
  const names = Object.fromEntries(Object.entries(heads.names));
  if (section.precision === 'fp16') findings.warn(HALF);
  const pre = preSteps(plans, configuration, dataset, reading);
  const rank = configuration.patch_size.length;
  const scores = section.folds * heads.count;
  const { description, version } = config;
  return {
    name,
    type: 'segmentation',
    ...readLabels(config.labels ?? names, ['labels'], findings, 'background'),
    description: typeof description === 'string' ? description : describe(section, plans, channels),
    version: typeof version === 'string' || typeof version === 'number' ? String(version) : '1',
    dialect: 'nnunet',
    pre,
    cacheableSteps: cacheableSteps(pre, undefined, reading),
    inference: {
      inferer: {
        kind: 'nnunet',
        patch: configuration.patch_size,
        step: section.step,
        batchSize: rank === 2 ? SLICES_AT_A_TIME : 1,
        folds: section.folds,
        ...(section.mirrored?.length && { mirrored: true }),
        heads: heads.count,
        ...(heads.regions && { regions: heads.regions }),
        resampling: resamplingOf(configuration, 'probabilities'),
      },
      inputs: [{ tensor: 'input', field: IMAGE }],
      outputs: [{ tensor: 'logits', field: MASK }],
    },
    post: [],
    writer: config.writer === undefined ? { name: 'Writer', args: { image: MASK } } : readWriter(config.writer, ['writer'], reading),
    triton: {
      max_batch_size: rank === 2 ? SLICES_AT_A_TIME : 1,
      input: [{ name: 'input', data_type: 'TYPE_FP32', dims: [channels.length, ...configuration.patch_size] }],
      output: [{ name: 'logits', data_type: 'TYPE_FP32', dims: [scores, ...configuration.patch_size] }],
    },
    info: {},
    about: aboutNnunet(section, { plans, configuration, dataset, network }),
    warnings: findings.warnings,
  };
} // prettier-ignore

/** Undefined after a finding. */
function attempt(section: NnunetSection, findings: Findings): ModelParts | undefined {
  try {
    const read = readModel(section);
    return { ...read, network: readNetwork(read.configuration) };
  } catch (error) {
    if (!(error instanceof PlansError)) throw error;
    findings.add(['nnunet'], undefined, 'plans that can be served', { message: `nnunet: ${error.message}` });
    return undefined;
  }
}

/** Plans and dataset of a model, checked against each other. @throws PlansError */
export function readModel({ plans: given, configuration: name, dataset: labels }: Pick<NnunetSection, 'plans' | 'configuration' | 'dataset'>): Omit<ModelParts, 'network'> {
  const plans = readPlans(given);
  const configuration = readConfiguration(plans, name);
  const dataset = readDataset(labels);
  const schemes = configuration.normalization_schemes.length;
  if (dataset.channels.length !== schemes)
    throw new PlansError(`dataset.json has ${dataset.channels.length} channels and plans.json normalization schemes of ${schemes}`);
  if (configuration.previous_stage)
    throw new PlansError(`the configuration "${name}" is the second stage of a cascade, which is not served; take 3d_fullres or 3d_lowres`);
  return { plans, configuration, dataset };
} // prettier-ignore

function preSteps(plans: Plans, configuration: Configuration, dataset: Dataset, reading: Reading): TransformStep[] {
  const { canonical } = readers[plans.image_reader_writer];
  const properties = plans.foreground_intensity_properties_per_channel ?? plans.foreground_intensity_properties_by_modality ?? {};
  const normalization = configuration.normalization_schemes.map((scheme, channel) => {
    const known = Object.hasOwn(properties, String(channel)) ? properties[String(channel)] : undefined;
    const { mean = 0, std = 1, percentile_00_5: low = 0, percentile_99_5: high = 0 } = known ?? {};
    if (scheme !== 'CTNormalization') return { scheme, use_mask: configuration.use_mask_for_norm[channel] };
    if (!known) reading.findings.add(['nnunet', 'plans', 'foreground_intensity_properties_per_channel', String(channel)], undefined, 'mean, std and percentiles for CTNormalization');
    return { scheme, mean, std, low, high };
  });
  const prepare = {
    keys: [IMAGE],
    channels: dataset.channels,
    transpose_forward: plans.transpose_forward,
    spacing: configuration.spacing,
    normalization,
    resampling: resamplingOf(configuration, 'data'),
  };
  return [
    { name: 'NnunetLoadd', args: { keys: [IMAGE], as_closest_canonical: canonical } },
    { name: 'NnunetPreprocessd', args: prepare },
  ].flatMap(({ name, args }, at) => resolve('transform', name, args, ['nnunet', 'pre', at], reading) ?? []);
} // prettier-ignore

/** Null where nothing is resampled. */
function resamplingOf(configuration: Configuration, what: 'data' | 'probabilities') {
  if (configuration[`resampling_fn_${what}`] === 'no_resampling_hack') return null;
  const kwargs = configuration[`resampling_fn_${what}_kwargs`];
  return {
    order: kwargs.order,
    force_separate_z: kwargs.force_separate_z ?? null,
    threshold: kwargs.separate_z_anisotropy_threshold,
  };
}

function describe({ configuration, trainer, folds }: NnunetSection, plans: Plans, channels: readonly string[]): string {
  const inputs = channels.length > 1 ? ` of ${channels.join(', ')}` : '';
  const data = plans.dataset_name || 'a dataset';
  return `nnU-Net ${configuration}${inputs}, trained on ${data} (${trainer}, ${folds} fold${folds > 1 ? 's' : ''})`;
}

export const isNnunet = (config: Record<string, unknown>) => isRecord(config.nnunet);
