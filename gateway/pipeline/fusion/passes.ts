import type { TransformStep } from '../../model-spec';
import { fieldsOf, isVoxelWise } from './voxel-wise';

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
