import { z } from 'zod';
import { parsed, PlansError, type Configuration } from './plans';

/** A U-Net as nnU-Net's plans describe it (dynamic-network-architectures 0.4). Lists have an entry per stage. */
export interface NetworkPlan {
  kind: (typeof kinds)[number];
  rank: 2 | 3;
  features: number[];
  kernels: number[][];
  strides: number[][];
  /** Convolutions or residual blocks of each stage of the encoder. */
  encoder: number[];
  /** The same of the decoder, deepest first. */
  decoder: number[];
  epsilon: number;
  activation: 'LeakyReLU' | 'ReLU' | 'none';
  slope: number;
  /** Convolution, activation, norm, in this order. */
  activationFirst: boolean;
}

const kinds = ['PlainConvUNet', 'ResidualEncoderUNet', 'ResidualUNet'] as const;
const count = z.int().min(1).max(4096);
const perAxis = z.union([count, z.array(count).min(1).max(3)]);
const perStage = z.union([count, z.array(z.int().min(0).max(64)).min(1).max(16)]);

const argsSchema = z.looseObject({
  n_stages: z.int().min(2).max(16),
  features_per_stage: z.union([count, z.array(count)]),
  conv_op: z.string(),
  kernel_sizes: z.union([count, z.array(perAxis)]),
  strides: z.union([count, z.array(perAxis)]),
  n_conv_per_stage: perStage.optional(),
  n_blocks_per_stage: perStage.optional(),
  n_conv_per_stage_decoder: perStage,
  norm_op: z.string().nullish(),
  norm_op_kwargs: z.looseObject({ eps: z.number().positive().default(1e-5) }).nullish(),
  nonlin: z.string().nullish(),
  nonlin_kwargs: z.looseObject({ negative_slope: z.number().default(0.01) }).nullish(),
  nonlin_first: z.boolean().nullish(),
});

/** As nnU-Net 2.0 to 2.2 wrote it. */
const flatSchema = z.looseObject({
  UNet_class_name: z.string(),
  UNet_base_num_features: count,
  unet_max_num_features: count,
  n_conv_per_stage_encoder: z.array(count),
  n_conv_per_stage_decoder: z.array(count),
  pool_op_kernel_sizes: z.array(z.array(count)),
  conv_kernel_sizes: z.array(z.array(count)),
});

/** @throws PlansError naming what is missing or is not served */
export function readNetwork(configuration: Configuration): NetworkPlan {
  const { architecture } = configuration;
  const place = 'plans.json, architecture';
  const described =
    architecture === undefined || architecture === null
      ? fromFlat(configuration)
      : parsed(z.looseObject({ network_class_name: z.string(), arch_kwargs: z.unknown() }), architecture, place);
  const name = described.network_class_name.split('.').at(-1)!;
  const kind = kinds.find((one) => one === name);
  if (!kind) throw new PlansError(`${place}: the network is ${name}; served are ${kinds.join(', ')}`);
  const args = parsed(argsSchema, described.arch_kwargs, `${place}.arch_kwargs`);
  const rank = configuration.patch_size.length as 2 | 3;
  if (last(args.conv_op) !== `Conv${rank}d`)
    throw new PlansError(`${place}: conv_op is ${args.conv_op}, and the patch has ${rank} axes`);
  const blocks = kind === 'PlainConvUNet' ? args.n_conv_per_stage : args.n_blocks_per_stage;
  const stages = args.n_stages;
  const activation = ['LeakyReLU', 'ReLU', 'none'].find((one) => one === last(args.nonlin ?? 'none'));
  if (!activation) throw new PlansError(`${place}: nonlin is ${args.nonlin}; served are LeakyReLU and ReLU`);
  if (!/^(InstanceNorm|BatchNorm)[23]d$|^none$/.test(last(args.norm_op ?? 'none')))
    throw new PlansError(`${place}: norm_op is ${args.norm_op}; served are InstanceNorm and BatchNorm`);
  const plan: NetworkPlan = {
    kind,
    rank,
    features: listed(args.features_per_stage, stages, 'features_per_stage'),
    kernels: axes(args.kernel_sizes, stages, rank, 'kernel_sizes'),
    strides: axes(args.strides, stages, rank, 'strides'),
    encoder: listed(blocks, stages, kind === 'PlainConvUNet' ? 'n_conv_per_stage' : 'n_blocks_per_stage'),
    decoder: listed(args.n_conv_per_stage_decoder, stages - 1, 'n_conv_per_stage_decoder'),
    epsilon: args.norm_op_kwargs?.eps ?? 1e-5,
    activation: activation as NetworkPlan['activation'],
    slope: args.nonlin_kwargs?.negative_slope ?? 0.01,
    activationFirst: args.nonlin_first ?? false,
  };
  checkPatch(plan, configuration.patch_size);
  return plan;
}

/** The patch must come out of the decoder as large as it went in. */
function checkPatch({ strides }: NetworkPlan, patch: readonly number[]): void {
  patch.forEach((length, axis) => {
    const factor = strides.reduce((product, stride) => product * stride[axis], 1);
    if (length % factor !== 0)
      throw new PlansError(`plans.json: axis ${axis} of the patch has ${length} voxels, and the strides need a multiple of ${factor}`);
  });
} // prettier-ignore

function fromFlat(configuration: Configuration) {
  const flat = parsed(flatSchema, configuration, 'plans.json, no architecture');
  const rank = configuration.patch_size.length;
  const stages = flat.n_conv_per_stage_encoder.length;
  const arch_kwargs = {
    n_stages: stages,
    features_per_stage: Array.from({ length: stages }, (_, s) => Math.min(flat.UNet_base_num_features * 2 ** s, flat.unet_max_num_features)),
    conv_op: `Conv${rank}d`,
    kernel_sizes: flat.conv_kernel_sizes,
    strides: flat.pool_op_kernel_sizes,
    n_conv_per_stage: flat.n_conv_per_stage_encoder,
    n_blocks_per_stage: flat.n_conv_per_stage_encoder,
    n_conv_per_stage_decoder: flat.n_conv_per_stage_decoder,
    norm_op: `InstanceNorm${rank}d`,
    nonlin: 'LeakyReLU',
  };
  return { network_class_name: flat.UNet_class_name, arch_kwargs };
} // prettier-ignore

const last = (name: string) => name.split('.').at(-1)!;

function listed(value: number | number[] | undefined, length: number, name: string): number[] {
  const list = typeof value === 'number' ? Array<number>(length).fill(value) : value;
  if (list?.length === length) return list;
  throw new PlansError(`plans.json, architecture: ${name} has ${list?.length ?? 'no'} entries, and the network ${length} stages`);
} // prettier-ignore

function axes(value: number | (number | number[])[], length: number, rank: number, name: string): number[][] {
  const list = typeof value === 'number' ? Array<number>(length).fill(value) : value;
  const each = list.map((one) => (typeof one === 'number' ? Array<number>(rank).fill(one) : one));
  if (each.length === length && each.every((one) => one.length === rank)) return each;
  throw new PlansError(`plans.json, architecture: ${name} does not have ${rank} numbers for each of ${length} stages`);
}
