import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { readNetwork } from '../../config/nnunet/network';
import { checkTogether, readModel, type StageModel } from '../../config/nnunet/read-model';
import { stagesOf, type NnunetSection, type StageSection } from '../../config/nnunet/section';
import { promptChannels, type NninteractiveSection } from '../../config/nninteractive/section';
import { PlansError } from '../../config/nnunet/plans';
import { isRecord } from '../../config/findings';
import { MODEL, modelPlace, modelWithWeights, placeOf } from '../formats/onnx';
import { TRITON_FOLDER, type RecognisedUpload } from '../model-file-format';
import { plansOfPrompts } from './nninteractive';
import { withCheckpoint, type Checkpoint } from './checkpoint';
import { INPUT, NETWORK, networkGraph, networksGraph, OUTPUT, type Network } from './network-graph';
import type { OnnxGraph } from './onnx-graph';

const WEIGHTS = `${MODEL}.data`;

/** A trained configuration. */
export interface TrainedStage {
  /** The checkpoint of each fold, unpacked. */
  checkpoints: readonly string[];
  /** Parsed plans.json and dataset.json. @default the copies in the first checkpoint */
  plans?: unknown;
  dataset?: unknown;
  /** Of a network of nnInteractive. */
  nninteractive?: NninteractiveSection;
}

export interface TrainedModel {
  /** The name that its author gave the archive or file. */
  name: string;
  /** Those whose probabilities are averaged. */
  members: readonly (TrainedStage & { first_stage?: TrainedStage })[];
  /** Lists of labels of which the largest component stays. @default none */
  keep_largest?: number[][];
  /** Of the convolutions. @default fp32 */
  precision?: 'fp32' | 'fp16';
  /** False where the network is not to see the image mirrored too. @default true, as the checkpoint says */
  mirroring?: boolean;
  /** Where the model is written; its owner removes it. */
  directory: string;
}

/**
 * Writes the networks of trained configurations of nnU-Net as one ONNX model. Which configuration and which mirroring the first fold's checkpoint says, as in
 * nnU-Net's own predictor.
 * @returns the model, and what the config `nnunet` needs to know of it
 * @throws Error, PlansError naming what is wrong
 */
export async function convertModel({ name, members, keep_largest = [], precision = 'fp32', mirroring = true, directory }: TrainedModel): Promise<{ data: RecognisedUpload; section: NnunetSection }> {
  const stages = stagesOf<TrainedStage>(members);
  const paths = stages.flatMap(({ checkpoints }) => checkpoints);
  return withAll(paths, [], async (opened) => {
    const read = stages.map((stage) => readStage(stage, stage.checkpoints.map((path) => opened[paths.indexOf(path)]), { precision, mirroring }));
    const byStage = new Map(stages.map((stage, at) => [stage, read[at]]));
    const together = members.map((member) => ({ ...byStage.get(member)!, first_stage: member.first_stage && byStage.get(member.first_stage) }));
    checkTogether(together);
    const networks = read.map(({ network }) => network);
    const folder = join(directory, TRITON_FOLDER.folder);
    const files = { model: join(folder, modelPlace), weights: join(folder, placeOf(WEIGHTS)), weightsName: WEIGHTS };
    await mkdir(dirname(files.model), { recursive: true });
    const counts = await writeModel(networks, files);
    const numbers = new Map(read.map(({ section }, at) => [section, counts[at]]));
    const counted = (section: StageSection) => ({ ...section, parameters: numbers.get(section) });
    const [first, ...others] = together.map(({ section, first_stage: before }) => ({ ...counted(section), ...(before && { first_stage: counted(before.section) }) }));
    const [{ nninteractive }] = stages;
    const section = { ...first, dataset: read[0].datasetParts, ensemble: others, keep_largest, ...(nninteractive && { nninteractive }) };
    return { data: modelWithWeights(folder, name), section };
  });
} // prettier-ignore

interface ConvertedStage extends StageModel {
  network: Network;
  section: StageSection;
  datasetParts: Record<string, unknown>;
}

/** Checks what a folder says against its checkpoints. @throws PlansError */
function readStage(stage: TrainedStage, checkpoints: readonly Checkpoint[], { precision, mirroring }: Required<Pick<TrainedModel, 'precision' | 'mirroring'>>): ConvertedStage {
  const [first] = checkpoints;
  const { configuration, trainer } = first;
  const { nninteractive } = stage;
  const given = { plans: stage.plans ?? first.plans, dataset: stage.dataset ?? first.dataset };
  const { plans, dataset } = nninteractive && configuration !== undefined ? plansOfPrompts(given.plans, configuration) : given;
  if (!isRecord(plans) || !isRecord(dataset) || configuration === undefined)
    throw new PlansError('the checkpoint does not say its plans, dataset.json and configuration (init_args)');
  checkFolds(checkpoints);
  const read = readModel({ plans, dataset, configuration });
  const patch = read.configuration.patch_size;
  const mirrorAxes = mirroring && !nninteractive ? (first.mirrorAxes ?? []) : [];
  if (mirrorAxes.some((axis) => axis >= patch.length))
    throw new PlansError(`the checkpoint mirrors axis ${Math.max(...mirrorAxes)}, and the patch has ${patch.length} axes`);
  const ends = { channels: read.channels + (nninteractive ? promptChannels(nninteractive) : 0), heads: read.dataset.heads.count, patch, mirrorAxes, half: precision === 'fp16' };
  const network = { plan: readNetwork(read.configuration), folds: checkpoints.map(({ weights }) => weights), ends };
  const parts = inferenceParts(plans, dataset, configuration);
  const section = { configuration, trainer, folds: checkpoints.length, step: 0.5, precision, mirrored: mirrorAxes, plans: parts.plans };
  return { name: configuration, read, network, section, datasetParts: parts.dataset };
} // prettier-ignore

/** @returns numbers that each network has learnt, those of one fold */
async function writeModel(networks: readonly Network[], files: Parameters<OnnxGraph['write']>[0]): Promise<number[]> {
  const [{ ends, folds }, ...others] = networks;
  const isAlone = others.length === 0;
  const graph = isAlone ? networkGraph(networks[0]) : networksGraph(networks);
  const ofNetwork = (at: number) => graph.parametersOf(isAlone ? '' : `network${at}.`) / networks[at].folds.length;
  const inputs = [{ name: INPUT, dims: isAlone ? ['N', ends.channels, ...ends.patch] : ['N', 'A', 'B', 'C', 'D'] }];
  if (!isAlone) inputs.push({ name: NETWORK, dims: ['N', 'number'] });
  await graph.write(files, { inputs, output: { name: OUTPUT, dims: isAlone ? ['N', ends.heads * folds.length, ...ends.patch] : ['N', 'E', 'F', 'G', 'H'] } });
  return networks.map((_, at) => ofNetwork(at));
} // prettier-ignore

/** Opens files one after the other, and calls `use` while all are open. */
function withAll<T>(
  paths: readonly string[],
  opened: Checkpoint[],
  use: (all: Checkpoint[]) => Promise<T>,
): Promise<T> {
  const [path, ...others] = paths;
  if (path === undefined) return use(opened);
  return withCheckpoint(path, (checkpoint) => withAll(others, [...opened, checkpoint], use));
}

/** Folds are trained with the same plans; other weights would be refused by the graph, in words that do not name the fold. */
function checkFolds([first, ...others]: readonly Checkpoint[]): void {
  others.forEach(({ configuration, weights }, at) => {
    if (configuration !== first.configuration)
      throw new PlansError(`fold number ${at + 2} was trained as "${configuration}", the first one as "${first.configuration}"`);
    for (const [name, { size }] of weights) {
      const other = first.weights.get(name)?.size;
      if (other?.join() !== size.join())
        throw new PlansError(`"${name}" has the shape [${size.join(', ')}] in fold number ${at + 2} and ${other ? `[${other.join(', ')}]` : 'none'} in the first`);
    }
  });
} // prettier-ignore

/** The parts of plans.json and dataset.json that serving needs: they may list thousands of training cases. */
function inferenceParts(plans: Record<string, unknown>, dataset: Record<string, unknown>, configuration: string) {
  const pick = (from: Record<string, unknown>, keys: readonly string[]) =>
    Object.fromEntries(keys.filter((key) => from[key] !== undefined).map((key) => [key, from[key]]));
  const all = plans.configurations as Record<string, Record<string, unknown>>;
  const used: string[] = [];
  for (let name: unknown = configuration; typeof name === 'string'; name = all[name]?.inherits_from) used.push(name);
  const planKeys = ['dataset_name', 'plans_name', 'image_reader_writer', 'transpose_forward', 'transpose_backward', 'label_manager', 'foreground_intensity_properties_per_channel', 'foreground_intensity_properties_by_modality'];
  return {
    plans: { ...pick(plans, planKeys), configurations: pick(all, used) },
    dataset: pick(dataset, ['channel_names', 'modality', 'labels', 'regions_class_order']),
  };
} // prettier-ignore
