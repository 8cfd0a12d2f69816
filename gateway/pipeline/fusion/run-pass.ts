import { AssembledVolume } from '../../imaging/assembled-volume';
import { pieces, viewOf } from '../../imaging/ops/crop/boxes';
import { fileOrder, memoryOrder, stridesLike } from '../../imaging/ops/copy/layout';
import { spatialAxes, spatialShape } from '../../imaging/volume';
import { withScratch } from '../../arena';
import type { TransformOptions } from '../../transforms/definition';
import { findTransform } from '../../transforms/registry';
import { Sample } from '../../transforms/sample';
import type { Pass } from './passes';

/** Numbers that go through the steps at a time: they stay in the second cache. */
const PIECE = 1 << 16;

/**
 * Applies the steps of a pass over one image, piece by piece; the result lies in memory as the image did.
 * @param enters called with the number of the step that is being applied
 */
export function runPass(
  { steps, field }: Pass & { field: string },
  sample: Sample,
  options: TransformOptions,
  enters: (step: number) => void,
): void {
  const volume = sample.volume(field);
  const { shape } = volume;
  const spatial = spatialAxes(volume);
  const whole = new AssembledVolume(spatialShape(volume), (axes, lengths) =>
    axes === volume.axes ? stridesLike(volume, lengths) : fileOrder(axes, lengths),
  );
  const slowestFirst = memoryOrder(volume).filter((d) => spatial.includes(d)).reverse(); // prettier-ignore
  for (const box of pieces({ start: shape.map(() => 0), size: shape }, PIECE, slowestFirst)) {
    const result = withScratch(() => {
      const piece = new Sample(new Map(), {});
      piece.volumes.set(field, viewOf(volume, box));
      for (const [at, step] of steps.entries()) {
        enters(at);
        void findTransform(step.name)!.apply(piece, step.args, options);
      }
      return piece.volume(field);
    });
    const place = spatial.map((d) => box.start[d]);
    whole.put(result, place);
  }
  sample.volumes.set(field, whole.whole);
}
