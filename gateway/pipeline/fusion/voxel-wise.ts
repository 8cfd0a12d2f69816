import type { TransformStep } from '../../model-spec';
import { imagesOf } from '../../transforms/definition';
import { findTransform } from '../../transforms/registry';

/** The fields whose images a step reads and changes. */
export const fieldsOf = ({ name, args }: TransformStep): readonly string[] => imagesOf(findTransform(name), args);

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
