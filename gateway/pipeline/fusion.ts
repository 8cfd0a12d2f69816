import { withScratch } from '../arena';
import { AssembledVolume } from '../imaging/assembled-volume';
import { fileOrder, memoryOrder, stridesLike } from '../imaging/ops/copy/layout';
import { pieces, viewOf } from '../imaging/ops/crop/boxes';
import { spatialAxes, spatialShape } from '../imaging/volume';
import type { TransformStep } from '../model-spec';
import { imagesOf, type TransformOptions } from '../transforms/definition';
import { findTransform } from '../transforms/registry';
import { Sample } from '../transforms/sample';

/** Neighbouring steps of a chain that are applied together. */
export interface Pass {
  steps: readonly TransformStep[];
  /** Place of the first step in the list. */
  first: number;
  /** The one image that goes through the steps piece by piece; without it there is one step, applied to the sample as it is. */
  field?: string;
}

/**
 * Joins neighbouring steps that work voxel by voxel on one image, so that it goes through them piece by piece: it is read and written once, and
 * nothing of its size exists in between. The steps are the same functions on the same numbers, each rounding as it does alone.
 */
export function planPasses(steps: readonly TransformStep[]): Pass[] {
  const passes: Pass[] = [];
  for (let at = 0; at < steps.length;) {
    const pass = joined(steps, at) ?? { steps: [steps[at]], first: at };
    passes.push(pass);
    at += pass.steps.length;
  }
  return passes;
}

function joined(steps: readonly TransformStep[], first: number): Pass | undefined {
  const [field, ...others] = fieldsOf(steps[first]);
  if (field === undefined || others.length > 0) return undefined;
  const joins = (step: TransformStep) => isVoxelWise(step) && fieldsOf(step).every((name) => name === field);
  let end = first;
  while (end < steps.length && joins(steps[end])) end++;
  return end - first < 2 ? undefined : { steps: steps.slice(first, end), first, field };
}

/** The fields whose images a step reads and changes. */
const fieldsOf = ({ name, args }: TransformStep): readonly string[] => imagesOf(findTransform(name), args);

/** True when a step makes each voxel of its images from the channels of that voxel alone, so that images can go through it piece by piece. */
function isVoxelWise(step: TransformStep): boolean {
  return findTransform(step.name)?.voxelWise?.(step.args) ?? false;
}

/** How many of the first steps work voxel by voxel on the given fields and touch no others. */
export function leadingVoxelWise(steps: readonly TransformStep[], fields: readonly string[]): number {
  const other = steps.findIndex(
    (step) => !isVoxelWise(step) || !fieldsOf(step).every((field) => fields.includes(field)),
  );
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
