import { release } from '../../../arena';
import { fail } from '../../../errors';
import { firstAxisFastest, spatialShape, type Volume } from '../../../imaging/volume';
import type { NnunetInferer } from '../../../model-spec';
import type { NnunetGrid } from '../../../transforms/nnunet/preprocess';
import type { ModelRun } from '../../model-run';
import { floatsOf } from '../network-values';
import { answersInOrder, inBatches, windowRequests } from '../sliding-window/window-requests';
import { bindInput, bindOutput } from '../tensors';
import { LabelMap } from './label-map';
import { ScorePlanes } from './score-planes';
import { gaussianWeights, windowStarts } from './windows';

/** Requests of one job that are computed at a time. */
const MOST_AT_A_TIME = 4;
const PADDING = { mode: 'constant', value: 0 } as const;

/**
 * nnU-Net 2.8's predictor on the CPU, in every voxel: windows of a prepared image, their sums in half precision, the mean of the folds, and the export of
 * scores to labels on the file's grid. Each plane of scores becomes labels as soon as no window touches it any more.
 */
export async function runNnunet(run: ModelRun, inferer: NnunetInferer): Promise<void> {
  const { job, sample, context, clock } = run;
  const { spec } = job;
  const [input] = spec.inference.inputs;
  const [output] = spec.inference.outputs;
  const image = sample.volume(input.field);
  const grid = gridOf(run, input.field);
  const lengths = spatialShape(image);
  const window = inferer.patch.length === 2 ? [1, ...inferer.patch] : inferer.patch;
  const bound = bindInput(spec, input, sample, window, PADDING);
  const wanted = bindOutput(spec, output, bound.layout);
  const instances = Math.min(await context.instances(spec.name, job.modelVersion), MOST_AT_A_TIME);
  const nextRequest = windowRequests(run, [bound], [wanted], PADDING, instances + 1);

  const origins = originsOf(lengths, window, inferer.step);
  const scores = new ScorePlanes(lengths, window, gaussianWeights(window), inferer.folds, inferer.heads, spec.name);
  const labels = new LabelMap(inferer, grid, lengths);
  const finishUpTo = (limit: number) => {
    for (const z of scores.finish(limit, (plane) => labels.finished.room(plane))) labels.advance(z);
  };
  let done = 0;
  clock.advance(done, origins.length);
  const size = Math.min(inferer.batchSize, bound.layout.maxBatch);
  for await (const { batch, request, answer } of answersInOrder(
    run,
    inBatches(origins, size),
    nextRequest,
    instances,
  )) {
    clock.measureNow('window', () => {
      const values = floatsOf(answer.get(output.tensor)!, spec.name);
      const perWindow = values.length / batch.length;
      batch.forEach((origin, at) => {
        context.throwIfCancelled();
        finishUpTo(origin[0]);
        scores.add(origin, values, at * perWindow);
      });
    });
    for (const { name, into } of request.outputs) if (!into) release(answer.get(name)!.data);
    clock.advance((done += batch.length), origins.length);
  }
  clock.measureNow('window', () => finishUpTo(lengths[0]));
  sample.volumes.set(output.field, maskOf(labels, grid));
}

/** The notes of `NnunetPreprocessd` about the image. */
function gridOf({ job, sample }: ModelRun, field: string): NnunetGrid {
  const step = sample.history.findLast((one) => one.transform === 'NnunetPreprocessd' && one.field === field);
  if (step) return step.state as NnunetGrid;
  const what = `the field "${field}" was not prepared by NnunetPreprocessd, which the inferer nnunet needs`;
  throw fail('INFERENCE_FAILED', { model: job.spec.name, what });
}

/** First voxel of each window, first axis outermost; negative where the image is shorter than the window, which is then in its middle. */
function originsOf(lengths: readonly number[], window: readonly number[], step: number): number[][] {
  const [zs, ys, xs] = lengths.map((length, d) => {
    const before = Math.floor(Math.max(0, window[d] - length) / 2);
    // Slices of a 2-D network are windows of one voxel, which do not overlap.
    const along = window[d] === 1 ? 1 : step;
    return windowStarts(Math.max(length, window[d]), window[d], along).map((start) => start - before);
  });
  return zs.flatMap((z) => ys.flatMap((y) => xs.map((x) => [z, y, x])));
}

/** The labels as a volume in file order. The writer puts it where the loaded image lay. */
function maskOf({ data }: LabelMap, { letters, full }: NnunetGrid): Volume {
  const shape = (['X', 'Y', 'Z'] as const).map((letter) => full[letters.indexOf(letter)]);
  return { data, shape, strides: firstAxisFastest(shape), axes: 'XYZ', properties: {} };
}
