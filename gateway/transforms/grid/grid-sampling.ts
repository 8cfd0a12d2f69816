import { allVoxels } from '../../imaging/formats/coming-voxels';
import { lengthsXYZ } from '../../imaging/geometry';
import { spacingMap, torchNearest, type LinearMap } from '../../imaging/ops/resample/axis-maps';
import { cutBox } from '../../imaging/ops/crop/boxes';
import type { Padding } from '../../imaging/ops/copy/windows';
import { resampleAffine } from '../../imaging/ops/resample/resample-affine';
import { resampleLinear } from '../../imaging/ops/resample/resample-linear';
import { resampleNearest } from '../../imaging/ops/resample/resample-nearest';
import { resampleSpline } from '../../imaging/ops/resample/resample-spline';
import { bicubicAxis, splineAxis, type SplineAxis, type SplineOrder } from '../../imaging/ops/resample/spline-axis';
import { roundHalfEven } from '../../imaging/ops/intensity/cast';

import {
  channelCount,
  spatialAxes,
  spatialLetters,
  spatialShape,
  type Affine,
  type Volume,
} from '../../imaging/volume';
import { checkVoxels } from '../../imaging/voxel-limit';

/** How a grid is sampled. */
export interface SamplingOptions {
  nearest: boolean;
  /** Degree of B-splines by SciPy's rules, or torch's `bicubic` for images of two axes, in place of linear interpolation. */
  spline?: SplineOrder | 'bicubic';
  /** Beyond the edge of the volume. */
  padding: Padding['mode'];
  /** `aligned` is asked for and changes nothing but rounding errors; `stretched` is what some versions of MONAI make of it. */
  corners: 'apart' | 'aligned' | 'stretched';
}

/** Voxels by which samples may be off when axes that are not quite at right angles are sampled one by one. */
const SMALL_TURN = { linear: 1e-4, nearest: 1e-9 };

/**
 * Samples the volume where `matrix` says (voxels X, Y, Z of the result -> voxels of the volume), axis by axis where that is the same.
 * @param shape of the result, X, Y, Z; 1 for an axis that the volume does not have
 * @returns the affine of the volume
 * @throws Error when the axes do not stay apart and the volume is not in file order
 */
export function sampleThrough(given: Volume, matrix: Affine, shape: readonly number[], options: SamplingOptions): Volume {
  const letters = spatialLetters(given);
  const from = lengthsXYZ(given);
  checkVoxels(spatialShape(given), [...letters].map((letter) => shape['XYZ'.indexOf(letter)]), channelCount(given));
  const { nearest, padding, spline } = options;
  const rows = (options.corners === 'stretched' ? withCornersOnCorners(matrix, from, shape) : matrix).slice(0, 12);
  const isAxisByAxis = isAlongAxes(rows, shape, nearest ? SMALL_TURN.nearest : SMALL_TURN.linear);
  // Linear samples inside the image are made while its voxels come.
  const volume = isAxisByAxis && !nearest && spline === undefined && padding === 'replicate' ? given : allVoxels(given);
  if (isAxisByAxis) return sampleAxes(volume, rows, shape, options);
  if (!nearest && spline !== undefined) throw new Error(`mode ${spline} resamples along the axes of the image, and the new grid is turned or sheared against them: use "bilinear"`);
  if (letters !== 'XYZ') throw new Error(`a turned or sheared grid needs three spatial axes in file order, the image has ${volume.axes}`);
  if (padding === 'wrap') throw new Error('a sheared grid cannot be padded by wrapping');
  return resampleAffine(volume, rows, shape, nearest, padding);
} // prettier-ignore

function isAlongAxes(rows: readonly number[], shape: readonly number[], tolerance: number): boolean {
  return [0, 1, 2].every((d) => {
    const others = shape.reduce((sum, n, axis) => (axis === d ? sum : sum + Math.abs(rows[4 * d + axis]) * (n - 1)), 0);
    return (rows[5 * d] > 0 || shape[d] === 1) && others <= tolerance;
  });
}

/** One axis of the volume, in the order of the array. */
interface AxisSamples {
  n: number;
  m: number;
  step: number;
  start: number;
  /** Voxels of padding before and after the axis. */
  before: number;
  after: number;
}

function sampleAxes(volume: Volume, rows: readonly number[], shape: readonly number[], { nearest, padding, corners, spline }: SamplingOptions): Volume {
  if (!nearest && spline !== undefined) return sampleSplines(volume, rows, shape, spline, padding);
  const axes = [...spatialLetters(volume)].map((letter, at): AxisSamples => {
    const d = 'XYZ'.indexOf(letter);
    const [n, m, step, start] = [spatialShape(volume)[at], shape[d], rows[5 * d], rows[4 * d + 3]];
    // Resampling repeats the edge by itself.
    const [before, after] = padding === 'replicate' ? [0, 0] : [-start, start + (m - 1) * step - (n - 1)].map((beyond) => Math.max(0, Math.ceil(beyond) + 1));
    return { n, m, step, start, before, after };
  });
  const padded = paddedBy(volume, axes, padding);
  const stays = ({ n, m, step, start }: AxisSamples) => n === m && Math.abs(step - 1) < 1e-12 && Math.abs(start) < 1e-9;
  const each = <T>(map: (axis: AxisSamples) => T) => axes.map((axis) => (stays(axis) && axis.before + axis.after === 0 ? undefined : map(axis)));
  const sampled = nearest
    ? resampleNearest(padded, each((axis) => nearestMap(axis, padding, corners)))
    : resampleLinear(padded, each(({ n, m, step, start, before, after }): LinearMap => spacingMap(before + n + after, m, step, before + start)));
  return { ...sampled, affine: volume.affine };
} // prettier-ignore

/** The values beyond the edge, in SciPy's words. torch mirrors at the middles of the outer voxels (`reflect`) when corners are aligned. */
const BEYOND = {
  replicate: 'nearest',
  constant: 'constant',
  symmetric: 'reflect',
  reflect: 'mirror',
  wrap: 'nearest',
} as const;

/** An axis that is not resampled is filtered and summed like the others. Places are rounded as MONAI rounds them, which counts from the middle. */
function sampleSplines(volume: Volume, rows: readonly number[], shape: readonly number[], spline: SplineOrder | 'bicubic', padding: Padding['mode']): Volume {
  const letters = [...spatialLetters(volume)];
  if (spline === 'bicubic' && letters.length > 2) throw new Error('mode "bicubic" takes images of two axes, as in torch, and this one has three: use "bilinear", or 3 for cubic B-splines');
  const beyond = BEYOND[padding];
  const axes = letters.map((letter, at): SplineAxis => {
    const d = 'XYZ'.indexOf(letter);
    const [n, m, step] = [spatialShape(volume)[at], shape[d], rows[5 * d]];
    const middle = (m - 1) / 2;
    const shift = step * middle + rows[4 * d + 3];
    const places = Float64Array.from({ length: m }, (_, j) => step * (j - middle) + shift);
    return spline === 'bicubic' ? bicubicAxis(n, places, beyond) : splineAxis(n, places, spline, beyond === 'mirror' ? 'reflect' : beyond);
  });
  return { ...resampleSpline(volume, axes), affine: volume.affine };
} // prettier-ignore

function nearestMap({ n, m, step, start, before, after }: AxisSamples, padding: Padding['mode'], corners: SamplingOptions['corners']): Int32Array {
  if (corners === 'stretched') return Int32Array.from({ length: m }, (_, j) => clamp(before + roundHalfEven(start + j * step), before + n + after));
  const indices = torchNearest(n, m, step, start, corners === 'aligned');
  return indices.map((index) => (padding === 'replicate' ? clamp(index, n) : before + index));
} // prettier-ignore

const clamp = (index: number, length: number) => Math.min(Math.max(index, 0), length - 1);

function paddedBy(volume: Volume, axes: readonly AxisSamples[], mode: Padding['mode']): Volume {
  if (axes.every(({ before, after }) => before + after === 0)) return volume;
  const spatial = spatialAxes(volume);
  const each = (value: (axis: AxisSamples) => number) =>
    volume.shape.map((_, d) => (spatial.includes(d) ? value(axes[spatial.indexOf(d)]) : 0));
  const start = each(({ before }) => 0 - before);
  const added = each(({ before, after }) => before + after);
  return cutBox(
    volume,
    start,
    volume.shape.map((n, d) => n + added[d]),
    { mode },
  );
}

/**
 * The matrix as MONAI from 1.2 to 1.5 changes it when `align_corners` is set: it scales the matrix for grids that lie between the edges of the
 * outer voxels, and then spreads both grids between their middles. Index j of n stands for `j * n / (n - 1) - 0.5` of the new grid, and of the
 * old one the other way round.
 */
function withCornersOnCorners(matrix: Affine, from: readonly number[], to: readonly number[]): Affine {
  const spread = to.map((m) => (m > 1 ? m / (m - 1) : 0));
  const begin = to.map((m) => (m > 1 ? -0.5 : (m - 1) / 2));
  return matrix.map((_, i) => {
    const [row, column] = [i >> 2, i % 4];
    if (row === 3) return matrix[i];
    const shrink = (from[row] - 1) / from[row];
    if (column < 3) return shrink * matrix[i] * spread[column];
    const start = begin.reduce((sum, at, d) => sum + matrix[4 * row + d] * at, matrix[i]);
    return shrink * (start + 0.5);
  });
}
