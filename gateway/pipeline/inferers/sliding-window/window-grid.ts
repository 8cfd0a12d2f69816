import { coverage } from '../../../imaging/ops/copy/windows';
import type { ScanningWindowInferer } from '../../../model-spec';

/** The value of one axis, where one number may stand for all axes. */
export const along = (value: number | readonly number[], axis: number): number =>
  typeof value === 'number' ? value : value[axis];

/** The windows along one axis. All lengths in voxels. */
export interface AxisWindows {
  /** Window length after resolving roi <= 0. */
  roi: number;
  /** First voxel of each window, counted in the padded axis. */
  starts: number[];
  /** Voxels of padding in front of the image. */
  before: number;
}

/**
 * Windows along each axis of an image. Clara 2.x/3.x pads at the end only and keeps repeated windows (they change the weights); a window of one voxel
 * steps by one, where the reference's formula gives 0. MONAI's `dense_patch_slices` pads on both sides and repeats none; `roi * (1 - overlap)` is
 * evaluated exactly like this in the reference, without an epsilon.
 * @param shape spatial shape of the image in voxels
 */
export function windowGrid(shape: readonly number[], inferer: ScanningWindowInferer): AxisWindows[] {
  const isClara = inferer.rule === 'clara';
  return shape.map((length, axis) => {
    const wanted = inferer.roi[axis];
    const roi = isClara || wanted > 0 ? wanted : length;
    const padded = Math.max(length, roi);
    const stride = isClara ? Math.max(roi - 16, roi * 0.75) : roi * (1 - along(inferer.overlap, axis));
    const step = roi === padded ? roi : Math.max(1, Math.trunc(stride));
    const count = isClara ? Math.ceil(padded / step) : Math.ceil((padded - roi) / step) + 1;
    const starts = Array.from({ length: count }, (_, i) => Math.min(i * step, padded - roi));
    return { roi, starts, before: isClara ? 0 : Math.floor((padded - length) / 2) };
  });
}

/** First voxels of all windows in C order: the first axis is outermost. */
export function windowOrigins(grid: readonly AxisWindows[]): number[][] {
  return grid.reduce<number[][]>(
    (origins, axis) => origins.flatMap((origin) => axis.starts.map((start) => [...origin, start])),
    [[]],
  );
}

/** In which order windows are sent, so that slabs of the image are complete one after the other. */
export interface WindowOrder {
  /** Spatial axis along which slabs complete: before the start of the next window nothing is added any more. */
  axis: number;
  /** First voxel of each window in the image (negative in padding), rising along `axis`. */
  origins: number[][];
  /** Indices along `axis` that one window can touch. */
  depth: number;
}

/**
 * Windows in C order, as the reference has them, complete slabs along their outermost axis. Another axis may be the outermost where no two
 * windows overlap along it: all windows over one voxel then have the same place on it and follow each other as before, so that each voxel's
 * sum has its terms in the same order, bit by bit. The axis with the thinnest slabs is taken (the slices, for a 2-D model).
 *
 * @param lengths spatial shape of the image in voxels
 */
export function windowOrder(grid: readonly AxisWindows[], lengths: readonly number[]): WindowOrder {
  const depths = grid.map(({ roi }, axis) => Math.min(roi, lengths[axis]));
  const outermost = Math.max(grid.findIndex(({ starts }) => starts.length > 1), 0); // prettier-ignore
  const axis = grid.reduce((best, _, d) => {
    const allowed = d > outermost && !coverageOf(grid[d], lengths[d]).some((count) => count > 1);
    return allowed && depths[d] / lengths[d] < depths[best] / lengths[best] ? d : best;
  }, outermost);
  const order = [axis, ...grid.keys()].filter((d, at) => at === 0 || d !== axis);
  const origins = windowOrigins(order.map((d) => grid[d])).map((ordered) =>
    grid.map(({ before }, d) => ordered[order.indexOf(d)] - before),
  );
  return { axis, origins, depth: depths[axis] };
}

/** How many windows cover each index of an axis of the image. */
export function coverageOf({ roi, starts, before }: AxisWindows, length: number): Float64Array {
  const inImage = starts.map((start) => start - before);
  return coverage(length, inImage, roi);
}
