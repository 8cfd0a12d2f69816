import type { Dataset } from './dataset';
import type { NetworkPlan } from './network';
import type { Configuration, Plans } from './plans';

/** A model of nnU-Net's as its plans and dataset.json describe it. */
export interface ModelParts {
  plans: Plans;
  configuration: Configuration;
  dataset: Dataset;
  network: NetworkPlan;
}

/** What the upload noted of it. */
interface Noted {
  trainer: string;
  folds: number;
  precision: 'fp32' | 'fp16';
  /** Numbers that the network of one fold has learnt. */
  parameters?: number;
  /** Axes of the patch that the graph mirrors. */
  mirrored?: readonly number[];
}

const MOST_NAMED = 12;
/** Of nnU-Net itself: they change training, mirroring or the norm, all of which checkpoints tell. */
const KNOWN_TRAINER = /^(nnUNetTrainer(BN|DA5|DA5ord0)?(_?\d+epochs?)?(_?NoMirroring|_onlyMirror01)?|unknown)$/;
const FLOAT = 4;

const times = (numbers: readonly number[]) => numbers.map((one) => Number(one.toPrecision(4))).join(' × ');
const product = (numbers: readonly number[]) => numbers.reduce((all, one) => all * one, 1);

/** Bytes for a sentence: two digits, in units of 2^20 or 2^30. */
export function roundedBytes(bytes: number): string {
  const [value, unit] = bytes < 2 ** 30 ? [bytes / 2 ** 20, 'MB'] : [bytes / 2 ** 30, 'GB'];
  return `${Number(Math.max(value, 1).toPrecision(2))} ${unit}`;
}

/** What an operator should know of a model before it is called: network, patch, channels, labels, memory of the network, and what is not exact. */
export function aboutNnunet(section: Noted, { plans, configuration, dataset, network }: ModelParts): string[] {
  const { kind, rank, features } = network;
  const { folds, parameters, mirrored } = section;
  const learnt = parameters === undefined ? '' : `, ${millions(parameters)} parameters`;
  const several = folds > 1 ? ` in each of ${folds} folds, whose scores are averaged` : '';
  const axes = plans.transpose_forward.map((axis) => 'ZYX'[axis]).slice(3 - rank);
  const passes = mirrored?.length ? `; each is computed ${2 ** mirrored.length} times, mirrored along ${mirrored.map((axis) => axes[axis]).join(', ')}` : '';
  const channels = dataset.channels.map((name, at) => `${at} ${name} (${configuration.normalization_schemes[at]})`);
  return [
    `Network: ${kind}, ${rank}-D, ${features.length} stages of ${features[0]} to ${features.at(-1)} features${learnt}${several}`,
    `Patch: ${times(configuration.patch_size)} voxels of ${times(configuration.spacing)} mm (${axes.join(', ')})${passes}`,
    `Channels: ${listed(channels)}`,
    `${dataset.heads.regions ? 'Regions' : 'Labels'}: ${listed(Object.entries(dataset.heads.names).map(([value, name]) => `${value} ${name}`))}`,
    memoryOf(section, network, configuration.patch_size, dataset),
    ...inexact(section),
  ];
} // prettier-ignore

/**
 * Weights, and the features that are there at once while the last stage of the decoder is computed: the skips of all stages, and six of the largest size (two
 * that are joined, one that is convolved, three of its normalization). Rather too low than too high: convolutions take workspace besides.
 */
function memoryOf({ folds, parameters, precision }: Noted, { features, strides }: NetworkPlan, patch: readonly number[], { heads, channels }: Dataset): string {
  const scale = strides.map((_, stage) => product(strides.slice(0, stage + 1).map(product)));
  const voxels = product(patch);
  const skips = features.reduce((sum, count, stage) => sum + (count * voxels) / scale[stage], 0);
  const ends = voxels * (channels.length + 3 * heads.count * folds);
  const work = FLOAT * (skips + (6 * features[0] * voxels) / scale[0] + ends);
  const weights = parameters === undefined ? '' : ` and ${roundedBytes((precision === 'fp16' ? 2 : FLOAT) * parameters * folds)} for its weights`;
  return `Memory of the network, on the GPU where Triton uses one: about ${roundedBytes(work)} for a patch${weights}`;
} // prettier-ignore

/** Where masks may differ from those of nnU-Net's predictor. */
function inexact({ trainer, precision }: Noted): string[] {
  const own = `Trained by ${trainer}, not by nnUNetTrainer: network, mirroring and plans are those of the checkpoint; what else this class does at inference is not known here`;
  const exact = 'Masks equal those of nnU-Net on a CPU where Triton computes in float32 on one; on a GPU (TF32) a few voxels of 100,000 at borders may differ';
  return [
    ...(KNOWN_TRAINER.test(trainer) ? [] : [own]),
    precision === 'fp16' ? 'Masks are not exact: the convolutions are in half precision' : exact,
  ];
} // prettier-ignore

const millions = (count: number) => count < 1e6 ? String(count) : `${Number((count / 1e6).toPrecision(3))} million`; // prettier-ignore

function listed(all: readonly string[]): string {
  const more = all.length - MOST_NAMED;
  return all.slice(0, MOST_NAMED).join(', ') + (more > 0 ? ` and ${more} more` : '');
}
