import { fail } from '../../../errors';
import { planeResizer, type PlaneResizer } from '../../../imaging/ops/resample/linear-planes';
import { torchResizer } from '../../../imaging/ops/resample/torch-linear';
import { ordersOf, separateAxis } from '../../../imaging/ops/resample/resample-to-shape';
import { sizeOf, spatialShape } from '../../../imaging/volume';
import type { NnunetNetwork } from '../../../model-spec';
import type { StageClock } from '../../../telemetry/stages';
import type { NnunetGrid } from '../../../transforms/nnunet/preprocess';
import { allocateUnsetData, type Datatype, type TensorData } from '../../../triton/datatypes';
import type { InferRequest } from '../../../triton/inference-client';
import type { ModelRun } from '../../model-run';
import { floatsOf } from '../network-values';
import { inBatches, windowRequests } from '../sliding-window/window-requests';
import { bindInput, bindOutput } from '../tensors';
import { answersHeld } from './held-answers';
import { FinishedPlanes, ScorePlanes } from './score-planes';
import { gaussianWeights, windowStarts } from './windows';

/** Requests of one job that are computed at a time. */
const MOST_AT_A_TIME = 4;
const PADDING = { mode: 'constant', value: 0 } as const;

/** Changes the request for some windows, by the first voxel of each, before it is sent. @param slot number of its arrays, which are used again */
export type Adaptation = (request: InferRequest, origins: readonly number[][], slot: number) => InferRequest;

/**
 * nnU-Net 2.8's predictor on the CPU, in every voxel: windows of a prepared image, their sums in half precision, the mean of the folds, and scores
 * resampled to the file's grid. Memory is taken when the first plane is asked for.
 */
export class NetworkScores {
  readonly grid: NnunetGrid;
  /** Windows over the image. */
  readonly windows: number;
  private readonly lengths: number[];
  private readonly window: number[];
  private readonly origins: number[][];
  private readonly resizer: PlaneResizer;
  private readonly held: FinishedPlanes;
  private next = 0;

  /**
   * @param run whose sample has the image that `NnunetPreprocessd` prepared
   * @param beside another network goes on at the same time, plane by plane
   */
  constructor(
    private readonly run: ModelRun,
    readonly network: NnunetNetwork,
    private readonly adapted: Adaptation = (request) => request,
    private readonly beside = false,
  ) {
    const [{ field }] = run.job.spec.inference.inputs;
    this.grid = gridOf(run, field);
    this.lengths = spatialShape(run.sample.volume(field));
    this.window = network.patch.length === 2 ? [1, ...network.patch] : network.patch;
    this.origins = originsOf(this.lengths, this.window, network.step);
    this.windows = this.origins.length;
    const { spacing, target, box } = this.grid;
    const { order = 1, force_separate_z: forceSeparateZ = false, threshold, torch } = network.resampling ?? {};
    const separate = separateAxis(target, spacing, { forceSeparateZ, threshold });
    const orders = ordersOf(order as 0 | 1, separate) as (0 | 1)[];
    this.resizer = torch
      ? torchResizer(this.lengths, box.size, orders)
      : planeResizer(this.lengths, box.size, orders, { rounded: 'half' });
    this.held = new FinishedPlanes(this.lengths[1] * this.lengths[2], network.heads);
  }

  get clock(): StageClock {
    return this.run.clock;
  }

  /** Numbers of planes of the file's grid, one after the other, as soon as no window touches the scores any more that they are made of. */
  async *planes(windowsDone: (count: number) => void): AsyncGenerator<number> {
    const { run, network, lengths, window, origins } = this;
    const { job, sample, context, clock } = run;
    const { spec } = job;
    const [output] = spec.inference.outputs;
    const bound = bindInput(spec, spec.inference.inputs[0], sample, window, PADDING);
    const wanted = bindOutput(spec, output, bound.layout);
    const instances = Math.min(await context.instances(spec.name, job.modelVersion), MOST_AT_A_TIME);
    const nextRequest = windowRequests(run, [bound], [wanted], PADDING, instances + 1, true);
    let made = 0;
    const request = (batch: readonly number[][]) => this.adapted(nextRequest(batch), batch, made++ % (instances + 1));
    const scores = new ScorePlanes(lengths, window, gaussianWeights(window), network.folds, network.heads, spec.name);
    const voxels = sizeOf(window);
    const pieces = new Map<Datatype, TensorData>();
    const batches = inBatches(origins, Math.min(network.batchSize, bound.layout.maxBatch));
    for await (const { batch, outputs } of answersHeld(run, batches, request, { instances, copied: this.beside })) {
      const { datatype, read } = outputs.get(output.tensor)!;
      const data = pieces.get(datatype) ?? allocateUnsetData(datatype, voxels);
      pieces.set(datatype, data);
      for (const [at, origin] of batch.entries()) {
        context.throwIfCancelled();
        yield* this.finished(scores, origin[0]);
        const first = at * network.folds * network.heads;
        const scoresOf = (score: number) => {
          read((first + score) * voxels, data);
          return floatsOf({ name: output.tensor, datatype, data }, spec.name);
        };
        clock.measureNow('window', () => scores.add(origin, scoresOf));
      }
      windowsDone(batch.length);
    }
    yield* this.finished(scores, lengths[0]);
  }

  /** The planes that can be made now that no window touches scores before `limit` any more. */
  private *finished(scores: ScorePlanes, limit: number): Generator<number> {
    const finishing = scores.finish(limit, (plane) => this.held.room(plane));
    for (;;) {
      const { value: z, done } = this.clock.measureNow('window', () => finishing.next());
      if (done) return;
      for (; this.next < this.resizer.lengths[0] && this.resizer.needs(this.next)[1] <= z; this.next++) {
        this.held.drop(this.resizer.needs(this.next)[0]);
        yield this.next;
      }
    }
  }

  /** The scores of one head on plane k: each rounded to half, to float32 where torch resamples them. */
  make(k: number, head: number, out: Float32Array): void {
    this.resizer.make(k, (z) => this.held.get(head, z), out);
  }

  /** The head with the highest score of each voxel of plane k, of equals the first. */
  label(k: number, out: Uint8Array | Uint16Array): void {
    this.resizer.label(k, this.network.heads, (head, z) => this.held.get(head, z), out);
  }
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
