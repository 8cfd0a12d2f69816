import { pieces, type Box } from '../../imaging/kernels/boxes';
import type { TransformStep } from '../../models/model-spec';
import type { StageClock } from '../../telemetry/stages';
import { Sample } from '../../transforms/sample';
import { runChain } from '../chain';
import type { Job } from '../job';
import { AssembledVolume } from '../plan/assembled-volume';
import type { InferenceContext } from './inference-context';
import { fileOrder } from './slab-ring';
import type { Windows, WindowSum } from './window-sum';

/** Numbers that go through the post-transforms at a time: they stay in the second cache, and what they leave behind is small enough to be collected by itself. */
const PIECE = 1 << 17;

/**
 * What becomes of slabs that no further window touches: their sums are divided, and they go at once through the first post-transforms where
 * those work voxel by voxel, so that the volume is only ever stored as those steps leave it (an argmax: as bytes).
 */
export class FinishedSlabs {
  private done = 0;
  private readonly assembled: readonly AssembledVolume[];

  constructor(
    private readonly sums: readonly WindowSum[],
    private readonly windows: Windows,
    /** The first post-transforms; when there are none, the sums are settled where they are. */
    private readonly steps: readonly TransformStep[],
    private readonly job: Job,
    private readonly context: InferenceContext,
    private readonly clock: StageClock,
  ) {
    this.assembled = sums.map(() => new AssembledVolume(windows.lengths, fileOrder));
  }

  /** Finishes what lies before index `limit` of the slab axis. */
  async upTo(limit: number): Promise<void> {
    const { lengths, order } = this.windows;
    const end = Math.min(limit, lengths[order.axis]);
    if (end <= this.done) return;
    const start = lengths.map(() => 0);
    for (const [from, to] of this.sums[0].parts(this.done, end)) {
      const slab = { start: start.with(order.axis, from), size: lengths.with(order.axis, to - from) };
      if (this.steps.length > 0) await this.reduce(slab);
      else await this.clock.measure('window', () => this.sums.forEach((sum) => sum.settle(slab)));
    }
    this.done = end;
  }

  /** Puts the finished volumes into the sample. */
  store(sample: Sample): void {
    this.sums.forEach((sum, n) => {
      sample.volumes.set(sum.output.field, this.steps.length > 0 ? this.assembled[n].whole : sum.volume);
    });
  }

  private async reduce(slab: Box): Promise<void> {
    const { job, context, clock, steps, sums } = this;
    const channels = sums.reduce((sum, output) => sum + output.channels, 0);
    const most = Math.max(1, Math.floor(PIECE / channels));
    for (const box of pieces(slab, most, this.cutFirst(slab))) {
      const piece = new Sample(new Map(), {});
      await clock.measure('window', () => sums.forEach((sum) => piece.volumes.set(sum.output.field, sum.take(box))));
      await runChain({ name: 'post_transforms', stage: 'post', steps }, job, piece, context, clock);
      await clock.measure('window', () =>
        this.assembled.forEach((whole, n) => whole.put(piece.volume(sums[n].output.field), box)),
      );
    }
  }

  /** The axes of a slab, those that lie widest apart in memory first. */
  private cutFirst({ size }: Box): number[] {
    return size.map((_, d) => d).reverse();
  }
}
