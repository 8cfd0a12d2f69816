import type { ScanningWindowInferer } from '../../../model-spec';
import { along } from './along';

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
 * Windows along each axis of an image (`transforms.md` §6.1 for Clara, §6.2 for MONAI).
 * @param shape spatial shape of the image in voxels
 */
export function windowGrid(shape: readonly number[], inferer: ScanningWindowInferer): AxisWindows[] {
  return shape.map((length, axis) => {
    const wanted = inferer.roi[axis];
    return inferer.rule === 'clara'
      ? claraWindows(length, wanted)
      : monaiWindows(length, wanted, along(inferer.overlap, axis));
  });
}

/** Clara 2.x/3.x: padding at the end only, repeated windows are kept (they change the weights). A window of one voxel steps by one; the reference's formula gives 0 there. */
function claraWindows(length: number, roi: number): AxisWindows {
  const padded = Math.max(length, roi);
  const step = roi === padded ? roi : Math.max(1, Math.trunc(Math.max(roi - 16, roi * 0.75)));
  return { roi, starts: clampedStarts(Math.ceil(padded / step), step, roi, padded), before: 0 };
}

/** MONAI: padding on both sides, no repeats. `roi * (1 - overlap)` is evaluated exactly like this in the reference, without an epsilon. */
function monaiWindows(length: number, wanted: number, overlap: number): AxisWindows {
  const roi = wanted > 0 ? wanted : length;
  const padded = Math.max(length, roi);
  const step = roi === padded ? roi : Math.max(1, Math.trunc(roi * (1 - overlap)));
  const count = Math.max(0, Math.ceil((padded - roi) / step)) + 1;
  return { roi, starts: clampedStarts(count, step, roi, padded), before: Math.floor(Math.max(roi - length, 0) / 2) };
}

function clampedStarts(count: number, step: number, roi: number, padded: number): number[] {
  return Array.from({ length: count }, (_, i) => i * step - Math.max(i * step + roi - padded, 0));
}

/** First voxels of all windows in C order: the first axis is outermost. */
export function windowOrigins(grid: readonly AxisWindows[]): number[][] {
  return grid.reduce<number[][]>(
    (origins, axis) => origins.flatMap((origin) => axis.starts.map((start) => [...origin, start])),
    [[]],
  );
}
