import { applyAffine, invert, ioOrientation, withOrigin } from '../../imaging/geometry';
import { roundHalfEven } from '../../imaging/ops/intensity/cast';
import type { Affine } from '../../imaging/volume';
import { monaiHas, type MonaiVersion } from '../monai-version';

/** A grid that an image is resampled to. Axes are X, Y, Z; a missing one has one voxel. */
export interface SpacingGrid {
  shape: readonly number[];
  affine: Affine;
  /** Its voxels -> voxels of the image. */
  toOld: Affine;
  /** Voxels of the image -> its voxels. */
  toNew: Affine;
}

export interface GridOptions {
  /** Axes along those of the world. */
  diagonal: boolean;
  /** The grid spans the image's voxels from edge to edge, not from middle to middle. */
  scaleExtent: boolean;
  monai: MonaiVersion;
}

/** Voxels by which a corner may miss being the lowest. MONAI's is this number for any size of voxels. */
const CORNER = 1e-8;

/**
 * The grid of MONAI's `Spacing`: the axes of the image made orthonormal in their order (Gram-Schmidt, which is what MONAI's Cholesky factor
 * amounts to), or with `diagonal` those of the world, with the wanted lengths; as long as the corners of the image reach. Where it begins
 * depends on the version: at the corner that is the lowest along all new axes, else around the middle, or at voxel 0.
 * @param shape of the image
 * @param target mm per axis
 */
export function spacingGrid(
  shape: readonly number[],
  affine: Affine,
  target: readonly number[],
  options: GridOptions,
): SpacingGrid {
  const own = orthonormal(affine);
  const turns = options.diagonal && !own.axes.every((axis, d) => axis[d] === 1);
  const { axes, lengths } = turns ? alongWorld(affine) : own;
  const toNew = linear((row, column) => lengths[row][column] * (1 / target[row]));
  const toOld = turns ? invert(toNew) : linear((row, column) => inverseOf(lengths)[row][column] * target[column]);

  const half = options.scaleExtent ? 0.5 : 0;
  const corners = cornersOf(shape, half);
  const reached = corners.map((corner) => applyAffine(toNew, corner));
  const newShape = [0, 1, 2].map((d) => {
    const along = reached.map((corner) => corner[d]);
    return Math.max(1, roundHalfEven(Math.max(...along) - Math.min(...along) + (options.scaleExtent ? 0 : 1)));
  });

  const lowest = corners[lowestOf(reached)];
  const start = options.scaleExtent
    ? shape.map((n, d) => 0.5 * (n / newShape[d] - 1))
    : startOf(lowest, { shape, newShape, affine, corners, toOld }, options);
  const grid = linear((row, column) => axes[column][row] * target[column]);
  return {
    shape: newShape,
    affine: withOrigin(grid, applyAffine(affine, start)),
    toOld: withOrigin(toOld, start),
    toNew: withOrigin(toNew, applyAffine(toNew, start).map((value) => -value || 0)),
  };
} // prettier-ignore

interface Placing {
  shape: readonly number[];
  newShape: readonly number[];
  affine: Affine;
  corners: readonly number[][];
  toOld: Affine;
}

/** The point of the image, in its voxels, where voxel 0 of the new grid lies. */
function startOf(lowest: number[] | undefined, { shape, newShape, affine, corners, toOld }: Placing, { diagonal, monai }: GridOptions): number[] {
  if (diagonal && !monaiHas(monai, 'grid from a corner')) return keepsItsAxes(affine) ? [0, 0, 0] : lowestPoint(affine, corners);
  if (lowest) return lowest;
  if (!monaiHas(monai, 'centred oblique grids')) return [0, 0, 0];
  const middle = applyAffine(toOld, newShape.map((m) => m / 2));
  return shape.map((n, d) => n / 2 - middle[d]);
} // prettier-ignore

/** Number of the first corner that no other one is below along any axis; -1 for none. */
function lowestOf(corners: readonly number[][]): number {
  const low = [0, 1, 2].map((d) => Math.min(...corners.map((corner) => corner[d])));
  return corners.findIndex((corner) => corner.every((value, d) => value - low[d] <= CORNER));
}

/** The lowest coordinates of all corners, each of any of them, in voxels of the image. */
function lowestPoint(affine: Affine, corners: readonly number[][]): number[] {
  const world = corners.map((corner) => applyAffine(affine, corner));
  return applyAffine(invert(affine), [0, 1, 2].map((d) => Math.min(...world.map((corner) => corner[d])))); // prettier-ignore
}

/** True when each axis runs, as closely as can be, along its own axis of the world and not against it. */
const keepsItsAxes = (affine: Affine) => ioOrientation(affine).every(({ axis, sign }, d) => axis === d && sign === 1);

/** Voxel indices of the eight corners in C order: the last axis changes first. */
function cornersOf(shape: readonly number[], beyond: number): number[][] {
  return Array.from({ length: 8 }, (_, n) =>
    shape.map((length, d) => ((n >> (2 - d)) & 1 ? length - 1 + beyond : -beyond)),
  );
}

interface Axes {
  /** Unit vectors, one per new axis. */
  axes: readonly number[][];
  /** How long the image's axes (columns) are along them (rows), in mm. */
  lengths: readonly number[][];
}

function alongWorld(affine: Affine): Axes {
  const unit = [0, 1, 2].map((d) => [0, 1, 2].map((row) => Number(row === d)));
  return { axes: unit, lengths: [0, 4, 8].map((row) => affine.slice(row, row + 3)) };
}

/** The factors of a QR decomposition whose diagonal is positive. */
function orthonormal(affine: Affine): Axes {
  const axes: number[][] = [];
  const lengths = [[0, 0, 0], [0, 0, 0], [0, 0, 0]]; // prettier-ignore
  for (let d = 0; d < 3; d++) {
    let column = [affine[d], affine[4 + d], affine[8 + d]];
    for (const [row, axis] of axes.entries()) {
      const along = dot(column, axis);
      lengths[row][d] = along;
      column = column.map((value, i) => value - along * axis[i]);
    }
    lengths[d][d] = Math.sqrt(dot(column, column));
    axes.push(column.map((value) => value / lengths[d][d]));
  }
  return { axes, lengths };
}

/** Of an upper triangular matrix. */
function inverseOf([[a, b, c], [, d, e], [, , f]]: readonly number[][]): number[][] {
  const [p, q, r] = [1 / a, 1 / d, 1 / f];
  return [[p, -b * p * q || 0, (b * e * q - c) * p * r || 0], [0, q, -e * q * r || 0], [0, 0, r]]; // prettier-ignore
}

const dot = (a: readonly number[], b: readonly number[]) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];

/** A 4 x 4 matrix without translation. */
const linear = (element: (row: number, column: number) => number): Affine =>
  Array.from({ length: 16 }, (_, i) => (i === 15 ? 1 : i < 12 && i % 4 < 3 ? element(i >> 2, i % 4) : 0));
