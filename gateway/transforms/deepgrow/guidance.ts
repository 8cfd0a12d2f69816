import type { Sample } from '../sample';

/**
 * Clicks in the grid the image has at that step. Points are in the order of the array's spatial axes: [x, y] within a slice,
 * [depth, x, y] in a depth-first volume (`transforms.md` §7.4 step 4).
 */
export interface Guidance {
  positive: number[][];
  negative: number[][];
  /** The slice that is segmented; absent in 3-D. */
  slice?: number;
}

/** The guidance in `field`. @throws Error when no step made one */
export function guidanceOf(sample: Sample, field: string): Guidance {
  const guidance = sample.values.get(field);
  if (!guidance) throw new Error(`there is no guidance in "${field}": AddGuidanceFromPointsd must come first`);
  return guidance as Guidance;
}

/** Changes every point of the guidance in `field`. */
export function moveGuidance(sample: Sample, field: string, move: (value: number, axis: number) => number): void {
  const { positive, negative, ...rest } = guidanceOf(sample, field);
  const moved = (points: number[][]) => points.map((point) => point.map(move));
  sample.values.set(field, { ...rest, positive: moved(positive), negative: moved(negative) } satisfies Guidance);
}

/** What `SpatialCropGuidanced` did, in the order of the array's spatial axes. */
export interface GuidedCrop {
  /** Lengths before the crop. */
  shape: readonly number[];
  start: readonly number[];
  /** Not beyond the image. */
  end: readonly number[];
}

/** The last step of this name that was applied to `field`. */
export function lastStep<T>(sample: Sample, transform: string, field: string): T | undefined {
  const step = sample.history.findLast((applied) => applied.transform === transform && applied.field === field);
  return step?.state as T | undefined;
}
