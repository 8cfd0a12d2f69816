import type { TransformStep } from '../../model-spec';
import { findTransform } from '../../transforms/registry';

/** The fields whose images a step reads and changes: Clara's `fields`, MONAI's `keys`. */
export function fieldsOf({ args }: TransformStep): readonly string[] {
  return (args.fields ?? args.keys ?? []) as readonly string[];
}

/** True when a step makes each voxel of its images from the channels of that voxel alone, so that images can go through it piece by piece. */
export function isVoxelWise(step: TransformStep): boolean {
  return findTransform(step.name)?.voxelWise?.(step.args) ?? false;
}

/** How many of the first steps work voxel by voxel on the given fields and touch no others. */
export function leadingVoxelWise(steps: readonly TransformStep[], fields: readonly string[]): number {
  const other = steps.findIndex(
    (step) => !isVoxelWise(step) || !fieldsOf(step).every((field) => fields.includes(field)),
  );
  return other < 0 ? steps.length : other;
}
