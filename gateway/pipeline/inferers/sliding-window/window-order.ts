import { coverage } from '../../../imaging/ops/intensity/coverage';
import { windowOrigins, type AxisWindows } from './window-grid';

/** In which order windows are sent, so that slabs of the image are complete one after the other. */
export interface WindowOrder {
  /** Spatial axis along which slabs complete: behind the start of the next window nothing is added any more. */
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
    const allowed = d > outermost && !overlap(grid[d], lengths[d]);
    return allowed && depths[d] / lengths[d] < depths[best] / lengths[best] ? d : best;
  }, outermost);
  const order = [axis, ...grid.keys()].filter((d, at) => at === 0 || d !== axis);
  const origins = windowOrigins(order.map((d) => grid[d])).map((ordered) =>
    grid.map(({ before }, d) => ordered[order.indexOf(d)] - before),
  );
  return { axis, origins, depth: depths[axis] };
}

function overlap({ roi, starts, before }: AxisWindows, length: number): boolean {
  const inImage = starts.map((start) => start - before);
  return coverage(length, inImage, roi).some((count) => count > 1);
}
