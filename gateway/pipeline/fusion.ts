import { withScratch } from '../arena';
import { AssembledVolume } from '../imaging/assembled-volume';
import { fileOrder, memoryOrder, stridesLike } from '../imaging/ops/copy/layout';
import { pieces, viewOf } from '../imaging/ops/crop/boxes';
import { spatialAxes, spatialShape } from '../imaging/volume';
import type { TransformStep } from '../model-spec';
import { imagesOf, type TransformOptions } from '../transforms/definition';
import { findTransform } from '../transforms/registry';
import { Sample } from '../transforms/sample';

/** Steps of a chain that are applied together. */
export interface Pass {
  steps: readonly TransformStep[];
  /** Place of the first step in the list. */
  first: number;
  /** The one image that goes through the steps piece by piece; without it there is one step, applied to the sample as it is. */
  field?: string;
}

/**
 * Joins neighbouring steps that work voxel by voxel on one image, so that it goes through them piece by piece: it is read and written once, in place
 * where nothing else needs it, and nothing of its size exists in between. The steps are the same functions on the same numbers, each rounding as it does alone.
 */
export function planPasses(steps: readonly TransformStep[]): Pass[] {
  const passes: Pass[] = [];
  for (let at = 0; at < steps.length;) {
    const fields = fieldsOf(steps[at]);
    const count = fields.length === 1 ? leadingVoxelWise(steps.slice(at), fields) : 0;
    const isPass = count > 1 || (count === 1 && findTransform(steps[at].name)?.keepsLayout === true);
    const field = isPass ? fields[0] : undefined;
    passes.push({ steps: steps.slice(at, at + Math.max(count, 1)), first: at, field });
    at += Math.max(count, 1);
  }
  return passes;
}

/** The fields whose images a step reads and changes. */
const fieldsOf = ({ name, args }: TransformStep): readonly string[] => imagesOf(findTransform(name), args);

/** Whether a step makes each voxel of its images from the channels of that voxel alone, and touches no images but these. */
function isVoxelWise(step: TransformStep, fields: readonly string[]): boolean {
  const is = findTransform(step.name)?.voxelWise?.(step.args) ?? false;
  return is && fieldsOf(step).every((field) => fields.includes(field));
}

/** How many of the first steps work voxel by voxel on the given fields and touch no others. */
export function leadingVoxelWise(steps: readonly TransformStep[], fields: readonly string[]): number {
  const other = steps.findIndex((step) => !isVoxelWise(step, fields));
  return other < 0 ? steps.length : other;
}

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
  const whole = new AssembledVolume(
    spatialShape(volume),
    (axes, lengths) => (axes === volume.axes ? stridesLike(volume, lengths) : fileOrder(axes, lengths)),
    sample.holdsAlone(field) ? volume : undefined,
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
    whole.put(result, spatial.map((d) => box.start[d])); // prettier-ignore
  }
  sample.volumes.set(field, whole.whole);
}
