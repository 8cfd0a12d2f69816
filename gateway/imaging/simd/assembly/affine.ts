import { HALF, ONE, TWO } from './constants';
import { pair } from './pair';
import { VoxelType } from './voxel-type';

/** 1.5 · 2⁵²: added to a whole number it leaves that number, in two's complement, in the low 32 bits of the float64. */
const WHOLE = memory.data<f64>([6755399441055744, 6755399441055744], 16);
/** Rounding never moves a sample by this part of a step. */
const MARGIN: f64 = 1e-6;

/** A grid that samples a volume, as it lies in memory. */
@unmanaged
class Grid {
  /** Elements from one voxel of the volume to the next. */
  stepX: f64;
  stepY: f64;
  stepZ: f64;
  /** Largest index of a voxel. */
  lastX: f64;
  lastY: f64;
  lastZ: f64;
  /** Sample (i, j, k) lies at x = i · xi + j · xj + k · xk + x0, in voxels; y and z likewise. */
  xi: f64;
  xj: f64;
  xk: f64;
  x0: f64;
  yi: f64;
  yj: f64;
  yk: f64;
  y0: f64;
  zi: f64;
  zj: f64;
  zk: f64;
  z0: f64;
}

/**
 * A piece of one plane of samples, clamped to the volume: trilinear in float64, rounded to float32.
 *
 * @param source where voxel (0, 0, 0) would lie, were the whole volume in memory
 * @param i first sample of each row, of `n`
 * @param j first row, of `rows`
 */
export function sampleLinear(
  type: VoxelType,
  source: usize,
  grid: Grid,
  i: i32,
  n: i32,
  j: i32,
  rows: i32,
  k: i32,
  out: usize,
): void {
  // prettier-ignore
  switch (type) {
    case VoxelType.I8: return sample<Linear, i8, f32>(source, grid, i, n, j, rows, k, out);
    case VoxelType.U8: return sample<Linear, u8, f32>(source, grid, i, n, j, rows, k, out);
    case VoxelType.I16: return sample<Linear, i16, f32>(source, grid, i, n, j, rows, k, out);
    case VoxelType.U16: return sample<Linear, u16, f32>(source, grid, i, n, j, rows, k, out);
    case VoxelType.I32: return sample<Linear, i32, f32>(source, grid, i, n, j, rows, k, out);
    case VoxelType.U32: return sample<Linear, u32, f32>(source, grid, i, n, j, rows, k, out);
    case VoxelType.F32: return sample<Linear, f32, f32>(source, grid, i, n, j, rows, k, out);
    default: return sample<Linear, f64, f32>(source, grid, i, n, j, rows, k, out);
  }
}

/** The same with the nearest voxels, for voxels of 1, 2, 4 or 8 bytes; halves are rounded up. */
export function sampleNearest(
  size: i32,
  source: usize,
  grid: Grid,
  i: i32,
  n: i32,
  j: i32,
  rows: i32,
  k: i32,
  out: usize,
): void {
  // prettier-ignore
  switch (size) {
    case 1: return sample<Nearest, u8, u8>(source, grid, i, n, j, rows, k, out);
    case 2: return sample<Nearest, u16, u16>(source, grid, i, n, j, rows, k, out);
    case 4: return sample<Nearest, u32, u32>(source, grid, i, n, j, rows, k, out);
    default: return sample<Nearest, u64, u64>(source, grid, i, n, j, rows, k, out);
  }
}

// For the compiler, to make a loop of each: what is made of voxels, and where samples lie.
class Linear {}
class Nearest {}
class Inside {}
class Anywhere {}

/** @typeParam R type of the result */
function sample<M, T, R>(source: usize, grid: Grid, i: i32, n: i32, j: i32, rows: i32, k: i32, out: usize): void {
  const end = i + n;
  // Samples are made in pairs.
  const outEnd = out + <usize>(n * rows) * sizeof<R>();
  const after = load<R>(outEnd);
  for (const stop = j + rows; j < stop; j++, out += <usize>n * sizeof<R>()) {
    const x = grid.xj * j + grid.xk * k + grid.x0;
    const y = grid.yj * j + grid.yk * k + grid.y0;
    const z = grid.zj * j + grid.zk * k + grid.z0;
    // Samples that, with the one after them, lie between the first and the last voxel of each axis.
    let first = max(
      firstInside(x, grid.xi, grid.lastX, i),
      max(firstInside(y, grid.yi, grid.lastY, i), firstInside(z, grid.zi, grid.lastZ, i)),
    );
    let last = min(
      endInside(x, grid.xi, grid.lastX, end),
      min(endInside(y, grid.yi, grid.lastY, end), endInside(z, grid.zi, grid.lastZ, end)),
    );
    if (first >= last) {
      first = i;
      last = i;
    }
    row<M, T, R, Anywhere>(source, grid, x, y, z, i, first - i, out);
    row<M, T, R, Inside>(source, grid, x, y, z, first, last - first, out + <usize>(first - i) * sizeof<R>());
    row<M, T, R, Anywhere>(source, grid, x, y, z, last, end - last, out + <usize>(last - i) * sizeof<R>());
  }
  store<R>(outEnd, after);
}

/** The first sample from `from` on that is not outside of an axis, if it does not lie after all of them. */
function firstInside(start: f64, step: f64, last: f64, from: i32): i32 {
  if (step == 0) return from;
  return max(from, <i32>Math.ceil((step > 0 ? -start : last - start) / step + MARGIN));
}

/** The sample, up to `to`, before which all samples lie inside if the first does. */
function endInside(start: f64, step: f64, last: f64, to: i32): i32 {
  if (step == 0) return start >= 0 && start < last ? to : i32.MIN_VALUE;
  return min(to, <i32>Math.floor((step > 0 ? last - start : -start) / step - MARGIN));
}

/** Two samples at a time. */
function row<M, T, R, P>(source: usize, grid: Grid, x: f64, y: f64, z: f64, from: i32, n: i32, out: usize): void {
  // The lower neighbour is never the last voxel, which then has all the weight as the upper one; an axis of one voxel has no upper neighbour.
  const highestX = f64x2.splat(max(grid.lastX - 1, 0));
  const highestY = f64x2.splat(max(grid.lastY - 1, 0));
  const highestZ = f64x2.splat(max(grid.lastZ - 1, 0));
  const toX = grid.lastX > 0 ? <i32>grid.stepX * <i32>sizeof<T>() : 0;
  const toY = grid.lastY > 0 ? <usize>(<i32>grid.stepY * <i32>sizeof<T>()) : 0;
  const toZ = grid.lastZ > 0 ? <usize>(<i32>grid.stepZ * <i32>sizeof<T>()) : 0;
  const stepX = f64x2.splat(grid.stepX);
  const stepY = f64x2.splat(grid.stepY);
  const stepZ = f64x2.splat(grid.stepZ);
  const fromX = f64x2.splat(x);
  const fromY = f64x2.splat(y);
  const fromZ = f64x2.splat(z);
  const byX = f64x2.splat(grid.xi);
  const byY = f64x2.splat(grid.yi);
  const byZ = f64x2.splat(grid.zi);
  const lastX = f64x2.splat(grid.lastX);
  const lastY = f64x2.splat(grid.lastY);
  const lastZ = f64x2.splat(grid.lastZ);
  const whole = v128.load(WHOLE);
  const two = v128.load(TWO);
  let i = f64x2.replace_lane(f64x2.splat(<f64>from), 1, <f64>(from + 1));
  for (const end = out + <usize>max(n, 0) * sizeof<R>(); out < end; out += 2 * sizeof<R>()) {
    const atX = within<P>(f64x2.add(f64x2.mul(byX, i), fromX), lastX);
    const atY = within<P>(f64x2.add(f64x2.mul(byY, i), fromY), lastY);
    const atZ = within<P>(f64x2.add(f64x2.mul(byZ, i), fromZ), lastZ);
    i = f64x2.add(i, two);
    const voxelX = voxelAt<M, P>(atX, highestX);
    const voxelY = voxelAt<M, P>(atY, highestY);
    const voxelZ = voxelAt<M, P>(atZ, highestZ);
    const inPlane = f64x2.add(f64x2.mul(voxelX, stepX), f64x2.mul(voxelY, stepY));
    const offsets = f64x2.add(f64x2.add(inPlane, f64x2.mul(voxelZ, stepZ)), whole);
    const a = source + <usize>i32x4.extract_lane(offsets, 0) * sizeof<T>();
    const b = source + <usize>i32x4.extract_lane(offsets, 2) * sizeof<T>();
    if (idof<M>() == idof<Nearest>()) {
      store<T>(out, load<T>(a));
      store<T>(out + sizeof<T>(), load<T>(b));
    } else {
      const v = f64x2.sub(atY, voxelY);
      const w = f64x2.sub(atZ, voxelZ);
      const ofA = mixed<T>(a, toX, toY, toZ, v128.shuffle<f64>(v, v, 0, 0), v128.shuffle<f64>(w, w, 0, 0));
      const ofB = mixed<T>(b, toX, toY, toZ, v128.shuffle<f64>(v, v, 1, 1), v128.shuffle<f64>(w, w, 1, 1));
      const low = v128.shuffle<f64>(ofA, ofB, 0, 2);
      const high = v128.shuffle<f64>(ofA, ofB, 1, 3);
      v128.store64_lane(out, f32x4.demote_f64x2_zero(mix(low, high, f64x2.sub(atX, voxelX))), 0);
    }
  }
}

/** Limits positions to 0 … last; what is not a number becomes 0. */
function within<P>(position: v128, last: v128): v128 {
  return idof<P>() == idof<Inside>() ? position : f64x2.pmin(f64x2.pmax(f64x2.splat(0), position), last);
}

/** The voxels nearest to positions, or the lower neighbours of positions. */
function voxelAt<M, P>(position: v128, highest: v128): v128 {
  if (idof<M>() == idof<Nearest>()) return f64x2.floor(f64x2.add(position, v128.load(HALF)));
  const low = f64x2.floor(position);
  return idof<P>() == idof<Inside>() ? low : f64x2.pmin(low, highest);
}

/** A voxel and its neighbour along x, each mixed with its neighbours along y and z. */
function mixed<T>(at: usize, toX: i32, toY: usize, toZ: usize, v: v128, w: v128): v128 {
  if (toX == <i32>sizeof<T>()) {
    const near = mix(pair<T>(at), pair<T>(at + toY), v);
    return mix(near, mix(pair<T>(at + toZ), pair<T>(at + toZ + toY), v), w);
  }
  const near = mix(apart<T>(at, toX), apart<T>(at + toY, toX), v);
  return mix(near, mix(apart<T>(at + toZ, toX), apart<T>(at + toZ + toY, toX), v), w);
}

function mix(low: v128, high: v128, weight: v128): v128 {
  return f64x2.add(f64x2.mul(low, f64x2.sub(v128.load(ONE), weight)), f64x2.mul(high, weight));
}

/** Two voxels `step` bytes apart, as float64. */
function apart<T>(at: usize, step: i32): v128 {
  return f64x2.replace_lane(f64x2.splat(<f64>load<T>(at)), 1, <f64>load<T>(at + <usize>step));
}
