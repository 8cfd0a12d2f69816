import { AssembledVolume } from '../../../imaging/assembled-volume';
import { pieces, type Box } from '../../../imaging/ops/crop/boxes';
import { fileOrder } from '../../../imaging/ops/copy/layout';
import { withScratch } from '../../../arena';
import type { TransformStep } from '../../../model-spec';
import { Sample } from '../../../transforms/sample';
import { runVoxelWise } from '../../chain';
import type { ModelRun } from '../../model-run';
import type { Windows, WindowSum } from './window-sum';

/** Numbers that go through the post-transforms at a time: they stay in the second cache. */
const PIECE = 1 << 17;

/** Which axes are cut first: not the last, along which windows are dense, nor the first, along which files are. */
const cutOrder = (rank: number) => Array.from({ length: rank }, (_, d) => (d + 1) % rank);

/**
 * Finishes slabs that no further window touches: their sums are divided, and they go at once through the first post-transforms where
 * those work voxel by voxel, so that the volume is only ever stored as those steps leave it (an argmax: as bytes).
 */
export class FinishedSlabs {
  private done = 0;
  private readonly assembled: readonly AssembledVolume[];

  constructor(
    private readonly sums: readonly WindowSum[],
    private readonly windows: Windows,
    /** The first post-transforms. */
    private readonly steps: readonly TransformStep[],
    private readonly run: ModelRun,
  ) {
    this.assembled = sums.map(() => new AssembledVolume(windows.lengths, fileOrder));
  }

  /** Finishes what lies before index `limit` of the slab axis. */
  upTo(limit: number): void {
    const { lengths, order } = this.windows;
    const end = Math.min(limit, lengths[order.axis]);
    if (end <= this.done) return;
    const start = lengths.map(() => 0);
    for (const [from, to] of this.sums[0].parts(this.done, end))
      this.finish({ start: start.with(order.axis, from), size: lengths.with(order.axis, to - from) });
    this.done = end;
  }

  /** Puts the finished volumes into the sample. */
  store(sample: Sample): void {
    this.sums.forEach((sum, n) => sample.volumes.set(sum.output.field, this.assembled[n].whole));
  }

  private finish(slab: Box): void {
    const { run, steps, sums } = this;
    const channels = sums.reduce((sum, output) => sum + output.channels, 0);
    const most = Math.max(1, Math.floor(PIECE / channels));
    for (const box of pieces(slab, most, cutOrder(slab.size.length))) {
      run.context.throwIfCancelled();
      const sample = new Sample(new Map(), {});
      const take = () => sums.forEach((sum) => sample.volumes.set(sum.output.field, sum.take(box)));
      const put = () => this.assembled.forEach((whole, n) => whole.put(sample.volume(sums[n].output.field), box.start));
      withScratch(() => {
        run.clock.measureNow('window', take);
        runVoxelWise({ ...run, sample }, { name: 'post_transforms', stage: 'post', steps });
      });
      run.clock.measureNow('window', put);
    }
  }
}
