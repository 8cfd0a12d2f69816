import { pieces, type Box } from '../../../imaging/ops/crop/boxes';
import { fileOrder } from '../../../imaging/ops/copy/layout';
import type { TransformStep } from '../../../model-spec';
import type { Sample } from '../../../transforms/sample';
import type { ModelRun } from '../../model-run';
import { FinishedPieces } from '../finished-pieces';
import type { Windows, WindowSum } from './window-sum';

/** Numbers that go through the post-transforms at a time: they stay in the second cache. */
const PIECE = 1 << 17;

/** Which axes are cut first: not the last, along which windows are dense, nor the first, along which files are. */
const cutOrder = (rank: number) => Array.from({ length: rank }, (_, d) => (d + 1) % rank);

/** Finishes slabs that no further window touches: their sums are divided, and they go at once through the first post-transforms. */
export class FinishedSlabs {
  private done = 0;
  private readonly finished: FinishedPieces;

  constructor(
    private readonly sums: readonly WindowSum[],
    private readonly windows: Windows,
    /** The first post-transforms. */
    steps: readonly TransformStep[],
    run: ModelRun,
  ) {
    const outputs = sums.map((sum) => ({ field: sum.output.field, take: (box: Box) => sum.take(box) }));
    this.finished = new FinishedPieces(outputs, steps, run, windows.lengths, fileOrder);
  }

  /** Finishes what lies before index `limit` of the slab axis. */
  upTo(limit: number): void {
    const { lengths, order } = this.windows;
    const end = Math.min(limit, lengths[order.axis]);
    if (end <= this.done) return;
    const start = lengths.map(() => 0);
    const channels = this.sums.reduce((sum, output) => sum + output.channels, 0);
    const most = Math.max(1, Math.floor(PIECE / channels));
    for (const [from, to] of this.sums[0].parts(this.done, end)) {
      const slab = { start: start.with(order.axis, from), size: lengths.with(order.axis, to - from) };
      this.finished.finish(pieces(slab, most, cutOrder(lengths.length)));
    }
    this.done = end;
  }

  /** Puts the finished volumes into the sample. */
  store(sample: Sample): void {
    this.finished.store(sample);
  }
}
