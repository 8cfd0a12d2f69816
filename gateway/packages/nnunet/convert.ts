import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { readNetwork } from '../../config/nnunet/network';
import { readModel, type NnunetSection } from '../../config/nnunet/nnunet';
import { PlansError } from '../../config/nnunet/plans';
import { isRecord } from '../../config/findings';
import { MODEL, modelPlace, modelWithWeights, placeOf } from '../formats/onnx';
import { TRITON_FOLDER, type RecognisedUpload } from '../model-file-format';
import { withCheckpoint, type Checkpoint } from './checkpoint';
import { INPUT, networkGraph, OUTPUT } from './network-graph';

const WEIGHTS = `${MODEL}.data`;

export interface TrainedModel {
  /** The name that its author gave the archive or file. */
  name: string;
  /** The checkpoint of each fold, unpacked. */
  checkpoints: readonly string[];
  /** Parsed plans.json and dataset.json. @default the copies in the first checkpoint */
  plans?: unknown;
  dataset?: unknown;
  /** Of the convolutions. @default fp32 */
  precision?: 'fp32' | 'fp16';
  /** False where the network is not to see the image mirrored too. @default true, as the checkpoint says */
  mirroring?: boolean;
  /** Where the model is written; its owner removes it. */
  directory: string;
}

/**
 * Writes the networks of a trained configuration of nnU-Net as one ONNX model. Which configuration and which mirroring the first fold's checkpoint says, as in
 * nnU-Net's own predictor.
 * @returns the model, and what the config `nnunet` needs to know of it
 * @throws Error, PlansError naming what is wrong
 */
export async function convertModel(model: TrainedModel): Promise<{ data: RecognisedUpload; section: NnunetSection }> {
  return withAll(model.checkpoints, [], async (checkpoints) => {
    const [first] = checkpoints;
    const plans = model.plans ?? first.plans;
    const dataset = model.dataset ?? first.dataset;
    const { configuration, trainer } = first;
    if (!isRecord(plans) || !isRecord(dataset) || configuration === undefined)
      throw new PlansError('the checkpoint does not say its plans, dataset.json and configuration (init_args)');
    checkFolds(checkpoints);
    const read = readModel({ plans, dataset, configuration });
    const { heads, channels } = read.dataset;
    const patch = read.configuration.patch_size;
    const mirrorAxes = (model.mirroring ?? true) ? (first.mirrorAxes ?? []) : [];
    if (mirrorAxes.some((axis) => axis >= patch.length))
      throw new PlansError(`the checkpoint mirrors axis ${Math.max(...mirrorAxes)}, and the patch has ${patch.length} axes`);
    const network = readNetwork(read.configuration);
    const ends = { channels: channels.length, heads: heads.count, patch, mirrorAxes, half: model.precision === 'fp16' };
    const graph = networkGraph(network, checkpoints.map(({ weights }) => weights), ends);
    const folder = join(model.directory, TRITON_FOLDER.folder);
    const files = { model: join(folder, modelPlace), weights: join(folder, placeOf(WEIGHTS)), weightsName: WEIGHTS };
    await mkdir(dirname(files.model), { recursive: true });
    const scores = heads.count * checkpoints.length;
    await graph.write(files, {
      input: { name: INPUT, dims: ['N', channels.length, ...patch] },
      output: { name: OUTPUT, dims: ['N', scores, ...patch] },
    });
    const parameters = graph.parameters / checkpoints.length;
    const section = { configuration, trainer, folds: checkpoints.length, step: 0.5, precision: model.precision ?? 'fp32' as const, parameters, mirrored: mirrorAxes, ...inferenceParts(plans, dataset, configuration) };
    return { data: modelWithWeights(folder, model.name), section };
  });
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
