import { release } from '../../../arena';
import { spatialShape } from '../../../imaging/volume';
import { checkVoxels } from '../../../imaging/voxel-limit';
import type { ScanningWindowInferer } from '../../../model-spec';
import { leadingVoxelWise } from '../../fusion';
import { FinishedSlabs } from './finished-slabs';
import type { ModelRun } from '../../model-run';
import { bindInput, bindOutput, firstInput } from '../tensors';
import { answersInOrder, inBatches, windowRequests } from './window-requests';
import { windowGrid, windowOrder } from './window-grid';
import { WindowSum, type Windows } from './window-sum';

/** Requests of one job that are computed at a time, however many instances there are: each has tensors of its own in shared memory. */
const MOST_AT_A_TIME = 4;

/**
 * Windows over the image, averaged where they overlap. Unless `fusion` is off, what is complete goes at once through the
 * first post-transforms, as far as they can take the volume in pieces.
 *
 * @returns number of post-transforms that have been applied already
 * @example
 * // "inference": { "name": "TRTISInference", "args": { "scanning_window": true, "roi": [160, 160, 160], "batch_size": 1 }, … }
 * const applied = await runScanningWindow(run, inferer);
 */
export async function runScanningWindow(run: ModelRun, inferer: ScanningWindowInferer): Promise<number> {
  const { job, sample, context, clock } = run;
  const { spec, options } = job;
  const { inputs, outputs } = spec.inference;
  const image = firstInput(spec, sample);
  const lengths = spatialShape(image);
  const grid = windowGrid(lengths, inferer);
  const window = grid.map(({ roi }) => roi);
  // A needle of voxels is small, and the windows that cover it are not.
  const padded = lengths.map((length, axis) => Math.max(length, window[axis]));
  checkVoxels(lengths, padded, 1, 'padding');
  const padding = { mode: inferer.paddingMode, value: inferer.cval };
  const bound = inputs.map((binding) => bindInput(spec, binding, sample, window, padding));
  const { layout } = bound[0];
  const wanted = outputs.map((binding) => bindOutput(spec, binding, layout));
  const instances = Math.min(await context.instances(spec.name, job.modelVersion), MOST_AT_A_TIME);
  const nextRequest = windowRequests(run, bound, wanted, padding, instances + 1);

  const order = windowOrder(grid, lengths);
  const windows: Windows = { lengths, grid, order, layout, affine: image.affine };
  const fields = outputs.map(({ field }) => field);
  const applied = options.fusion === 'off' ? 0 : leadingVoxelWise(spec.post, fields);
  const sums = wanted.map((output) => new WindowSum(output, windows, inferer, spec.name));
  const slabs = new FinishedSlabs(sums, windows, spec.post.slice(0, applied), run);
  const { origins } = order;
  let done = 0;
  clock.advance(done, origins.length);
  const size = Math.min(inferer.batchSize, layout.maxBatch);
  for await (const { batch, request, answer } of answersInOrder(
    run,
    inBatches(origins, size),
    nextRequest,
    instances,
  )) {
    clock.measureNow('window', () => sums.forEach((sum) => sum.receive(answer, batch.length)));
    for (const [index, origin] of batch.entries()) {
      slabs.upTo(origin[order.axis]);
      clock.measureNow('window', () => sums.forEach((sum) => sum.add(origin, index)));
    }
    // Arrays that the request did not bring along are this answer's alone.
    for (const { name, into } of request.outputs) if (!into) release(answer.get(name)!.data);
    clock.advance((done += batch.length), origins.length);
  }
  slabs.upTo(lengths[order.axis]);
  slabs.store(sample);
  return applied;
}
