import { withScratch } from '../../arena';
import { AssembledVolume, type MemoryOrder } from '../../imaging/assembled-volume';
import type { Box } from '../../imaging/ops/crop/boxes';
import type { Volume } from '../../imaging/volume';
import type { TransformStep } from '../../model-spec';
import { Sample } from '../../transforms/sample';
import { runVoxelWise } from '../chain';
import type { ModelRun } from '../model-run';

/** An output of the network whose values are there, though not yet in one volume. */
export interface FinishedOutput {
  field: string;
  /** The values in a box of the image. */
  take(box: Box): Volume;
}

/**
 * Takes outputs through the first post-transforms where those work voxel by voxel, piece by piece: the volume is only ever stored as those steps leave it (an
 * argmax: as bytes).
 */
export class FinishedPieces {
  private readonly assembled: readonly AssembledVolume[];

  constructor(
    private readonly outputs: readonly FinishedOutput[],
    /** The first post-transforms. */
    private readonly steps: readonly TransformStep[],
    private readonly run: ModelRun,
    lengths: readonly number[],
    order: MemoryOrder,
  ) {
    this.assembled = outputs.map(() => new AssembledVolume(lengths, order));
  }

  finish(boxes: Iterable<Box>): void {
    const { run, outputs, steps } = this;
    for (const box of boxes) {
      run.context.throwIfCancelled();
      const sample = new Sample(new Map(), {});
      const take = () => outputs.forEach((output) => sample.volumes.set(output.field, output.take(box)));
      const put = () => this.assembled.forEach((whole, n) => whole.put(sample.volume(outputs[n].field), box.start));
      withScratch(() => {
        run.clock.measureNow('window', take);
        runVoxelWise({ ...run, sample }, { name: 'post_transforms', stage: 'post', steps });
      });
      run.clock.measureNow('window', put);
    }
  }

  /** Puts the finished volumes into the sample. */
  store(sample: Sample): void {
    this.outputs.forEach(({ field }, n) => sample.volumes.set(field, this.assembled[n].whole));
  }
}
