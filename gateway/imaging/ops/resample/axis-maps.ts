import { roundHalfEven } from '../intensity/round-half-even';
import { torchNearest } from './torch-nearest';

/**
 * Where the samples of a resized axis come from: sample `j` is `x[below[j]] * (1 - weight[j]) + x[above[j]] * weight[j]`.
 * Indices are clamped to the axis, so values outside repeat the edge.
 */
export interface LinearMap {
  below: Int32Array;
  above: Int32Array;
  weight: Float64Array;
}

function linearMap(n: number, m: number, source: (j: number) => number): LinearMap {
  const map: LinearMap = { below: new Int32Array(m), above: new Int32Array(m), weight: new Float64Array(m) };
  for (let j = 0; j < m; j++) {
    const position = Math.min(Math.max(source(j), 0), n - 1);
    const below = Math.floor(position);
    map.below[j] = below;
    map.above[j] = Math.min(below + 1, n - 1);
    map.weight[j] = position - below;
  }
  return map;
}

function indexMap(m: number, source: (j: number) => number): Int32Array {
  const map = new Int32Array(m);
  for (let j = 0; j < m; j++) map[j] = source(j);
  return map;
}

/** `n` samples to `m`, both grids spanning the same length: `src = (j + 0.5) * n / m - 0.5` (`transforms.md` §4.3 H; identity when n = m). */
export function halfPixelMap(n: number, m: number): LinearMap {
  return linearMap(n, m, (j) => ((j + 0.5) * n) / m - 0.5);
}

/** `n` samples to `m`, first on first and last on last (`transforms.md` §9 A; scipy's `zoom`). */
export function alignCornersMap(n: number, m: number): LinearMap {
  return linearMap(n, m, (j) => (m > 1 ? (j * (n - 1)) / (m - 1) : 0));
}

/** `n` samples to `m`: sample 0 at `start`, the others `step` = target spacing / spacing apart (`transforms.md` §7.2 M). */
export function spacingMap(n: number, m: number, step: number, start = 0): LinearMap {
  return linearMap(n, m, (j) => start + j * step);
}

/** Nearest sample of a half-pixel resize, in exact integers: `floor((2j + 1) * n / 2m)` (`transforms.md` §4.3 H; torch `nearest-exact`). */
export function nearestMap(n: number, m: number): Int32Array {
  return indexMap(m, (j) => Math.floor(((2 * j + 1) * n) / (2 * m)));
}

/** Nearest sample as torch's `interpolate(mode='nearest')` computes it, in float32 (`transforms.md` §7.2 `Resized`). */
export function nearestFloat32Map(n: number, m: number): Int32Array {
  const scale = Math.fround(n / m);
  return indexMap(m, (j) => Math.min(Math.floor(Math.fround(j * scale)), n - 1));
}

/** Nearest sample of an align-corners resize; ties to the even index. */
export function nearestAlignCornersMap(n: number, m: number): Int32Array {
  return indexMap(m, (j) => (m > 1 ? roundHalfEven((j * (n - 1)) / (m - 1)) : 0));
}

/** Nearest sample of a spacing map; see {@link torchNearest} for halves. */
export function nearestSpacingMap(n: number, m: number, step: number, start = 0): Int32Array {
  return torchNearest(n, m, step, start).map((index) => Math.min(Math.max(index, 0), n - 1));
}
