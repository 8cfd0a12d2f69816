import { allocateUnset, release } from '../../../arena';
import { gather } from '../../../imaging/ops/copy/windows';
import { sizeOf, type Volume } from '../../../imaging/volume';
import type { NnunetEnsembleInferer, NnunetMember, NnunetStage } from '../../../model-spec';
import { FIRST_STAGE } from '../../../transforms/nnunet/preprocess';
import { runChain, translate } from '../../chain';
import { inStep, type ModelRun } from '../../model-run';
import type { InferRequest } from '../../../triton/inference-client';
import type { Tensor } from '../../../triton/tensor';
import { AveragedLabels } from './averaged-labels';
import { firstStageLabels } from './first-stage-labels';
import { LabelMap, labelsOf } from './label-map';
import { NetworkScores, type Adaptation } from './network-scores';
import { counted, maskOf } from './nnunet';
import { stageSpec, stagesOf } from './stage-spec';

/**
 * Several networks of nnU-Net in one model: each with an image of its own. The first stage of a cascade is run to its labels, which are channels of the second
 * one. Members of an ensemble go on side by side, plane by plane of the file's grid: there are never probabilities of a whole image.
 */
export async function runNnunetEnsemble(run: ModelRun, { members }: NnunetEnsembleInferer): Promise<void> {
  const { job, sample, clock } = run;
  const [{ field }] = job.spec.inference.inputs;
  const runs = new Map<NnunetStage, ModelRun>();
  for (const stage of stagesOf(members)) runs.set(stage, await prepared(run, stage));
  const networkOf = (stage: NnunetStage, more: Adaptation = (request) => request) =>
    new NetworkScores(runs.get(stage)!, stage, (request, origins, slot) => addressed(more(request, origins, slot), stage), members.length > 1);
  const windows = [...runs.keys()].reduce((sum, stage) => sum + networkOf(stage).windows, 0);
  const windowsDone = counted(clock, windows);

  const scores: NetworkScores[] = [];
  for (const member of members) {
    const { cascade } = member;
    if (!cascade) {
      scores.push(networkOf(member));
      continue;
    }
    const { labels, map } = await firstStage(run, networkOf(cascade.first), windowsDone, (found) => {
      const own = runs.get(member)!.sample.volume(field);
      return firstStageLabels(found, sample.volume(field), networkOf(member).grid, own, cascade.resampling);
    });
    // Labels outside of what is not zero belong to the mask by which images are normalized.
    if (usesMask(member)) {
      const before = runs.get(member)!.sample;
      release(before.volume(field).data);
      before.leave();
      const own = await prepared(run, member, labels);
      own.sample.values.delete(FIRST_STAGE);
      runs.set(member, own);
    }
    release(labels.data);
    scores.push(networkOf(member, withLabels(member, map)));
    const done = runs.get(cascade.first)!.sample;
    release(done.volume(field).data);
    done.leave();
  }
  const [{ grid }] = scores;
  const labels = scores.length === 1 ? await labelsOf(scores[0], windowsDone) : await averaged(scores, windowsDone);
  for (const { sample: own } of runs.values()) own.leave();
  sample.volumes.set(job.spec.inference.outputs[0].field, maskOf(labels, grid));
} // prettier-ignore

/** Runs the first stage of a cascade, and makes of its labels what the second one needs. */
async function firstStage(run: ModelRun, scores: NetworkScores, windowsDone: (count: number) => void, use: (labels: Volume) => Volume): Promise<{ labels: Volume; map: Volume }> {
  return inStep(run, async () => {
    const labels = maskOf(await labelsOf(scores, windowsDone), scores.grid);
    const map = await translate(run.job, () => run.clock.measure('pre', () => use(labels)));
    return { labels, map };
  });
} // prettier-ignore

const usesMask = ({ prepare }: NnunetStage) =>
  (prepare.args.normalization as { use_mask?: boolean }[]).some(({ use_mask }) => use_mask);

/** The image of a network, in a sample of its own. @param labels of the first stage of a cascade */
async function prepared(run: ModelRun, stage: NnunetStage, labels?: Volume): Promise<ModelRun> {
  const spec = stageSpec(run.job.spec, stage);
  const own = { ...run, job: { ...run.job, spec }, sample: run.sample.branch({}) };
  if (labels) own.sample.values.set(FIRST_STAGE, labels);
  await runChain(own, { name: 'pre_transforms', stage: 'pre', steps: [stage.prepare], first: run.job.spec.pre.length });
  return own;
}

/** Says which network is meant; slices lie behind an axis of one, so that all networks have tensors of five axes. */
function addressed({ inputs, outputs, ...request }: InferRequest, { network, patch }: NnunetStage): InferRequest {
  const deep = (shape: readonly number[]) => (patch.length === 2 ? [1, ...shape] : [...shape]);
  const number: Tensor = { name: 'network', datatype: 'FP32', shape: [1, network + 1], data: new Float32Array(network + 1) };
  return {
    ...request,
    inputs: [...inputs.map((input) => ({ ...input, shape: deep(input.shape) })), number],
    outputs: outputs.map((output) => (output.expected ? { ...output, expected: { ...output.expected, shape: deep(output.expected.shape) } } : output)),
  };
} // prettier-ignore

/** Adds to each window a channel per label, 1 where the first stage found it. @param map on the grid of the network's image */
function withLabels({ cascade, patch, channels }: NnunetMember, map: Volume): Adaptation {
  const size = sizeOf(patch);
  const window = new Int32Array(size);
  const rooms: Float32Array[] = [];
  return (request, [origin], slot) => {
    const image = request.inputs[0] as Tensor;
    const data = (rooms[slot] ??= allocateUnset(Float32Array, channels * size));
    data.set(image.data as Float32Array);
    gather(map, origin, patch, window);
    cascade!.labels.forEach((label, at) => {
      const from = image.data.length + at * size;
      for (let i = 0; i < size; i++) data[from + i] = window[i] === label ? 1 : 0;
    });
    return { ...request, inputs: [{ ...image, data, shape: [1, channels, ...patch] }] };
  };
}

/** Labels of the mean probabilities, as soon as all members have a plane. */
async function averaged(scores: readonly NetworkScores[], windowsDone: (count: number) => void): Promise<LabelMap> {
  const [{ network, grid, clock }] = scores;
  const map = new LabelMap(network, grid);
  const mean = new AveragedLabels(scores, map.plane.length);
  const [first, ...others] = scores.map((one) => one.planes(windowsDone));
  for await (const k of first) {
    for (const other of others) await other.next();
    clock.measureNow('window', () => {
      mean.label(k, map.plane);
      map.put(k);
    });
  }
  // What follows the last plane.
  for (const other of others) await other.next();
  return map;
}
