import type { Voxel } from './marks';

/** One label value of a mask. */
export interface LabelSummary {
  value: number;
  voxels: number;
  /** Millilitres; a picture has none. */
  ml?: number;
  /** A voxel of it to look at: in its fullest slice, in the middle of its voxels there. */
  at: Voxel;
}

/**
 * Counts the label values other than 0.
 * @param shape voxels along the axes of the file @param spacing mm
 */
export function summarizeMask(
  data: ArrayLike<number>,
  shape: readonly number[],
  spacing: readonly number[],
): LabelSummary[] {
  const [width, height, depth] = shape;
  const perSlice = new Map<number, Uint32Array>();
  const slice = width * height;
  for (let k = 0, at = 0; k < depth; k++)
    for (let end = at + slice; at < end; at++) {
      const value = data[at];
      if (!value) continue;
      let counts = perSlice.get(value);
      if (!counts) perSlice.set(value, (counts = new Uint32Array(depth)));
      counts[k]++;
    }
  const ml = (spacing[0] * spacing[1] * spacing[2]) / 1000;
  return [...perSlice]
    .sort(([a], [b]) => a - b)
    .map(([value, counts]) => {
      const voxels = counts.reduce((sum, count) => sum + count, 0);
      const fullest = counts.indexOf(Math.max(...counts));
      return { value, voxels, ml: voxels * ml, at: middleOf(value, data, shape, fullest, counts[fullest]) };
    });
}

function middleOf(
  value: number,
  data: ArrayLike<number>,
  [width, height]: readonly number[],
  k: number,
  count: number,
) {
  let left = count >> 1;
  for (let at = k * width * height; ; at++)
    if (data[at] === value && left-- === 0) return [at % width, Math.floor(at / width) % height, k] as Voxel;
}
