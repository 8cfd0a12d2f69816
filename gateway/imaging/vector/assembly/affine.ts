import { pair } from './pair';
import { VoxelType } from './voxel-type';

/** 1.5 · 2⁵²: added to a whole number it leaves that number, in two's complement, in the low 32 bits of the float64. */
const WHOLE: f64 = 6755399441055744;

/**
 * A piece of one plane of the result: sample (i, j, k) is taken at `matrix · (i, j, k, 1)`, in voxels, clamped to the volume; trilinear in float64,
 * rounded to float32. Writes up to one number more.
 *
 * @param source where voxel (0, 0, 0) would lie, were the whole volume in memory
 * @param sx elements from one voxel to the next, `sy` and `sz` likewise
 * @param lastX largest index of a voxel, `lastY` and `lastZ` likewise
 * @param matrix 3 rows of 4 float64
 * @param i first sample of each row, of `n`
 * @param j first row, of `rows`
 */
export function sampleLinear(
  type: VoxelType,
  source: usize,
  sx: i32,
  sy: i32,
  sz: i32,
  lastX: f64,
  lastY: f64,
  lastZ: f64,
  matrix: usize,
  i: i32,
  n: i32,
  j: i32,
  rows: i32,
  k: i32,
  out: usize,
): void {
  // prettier-ignore
  switch (type) {
    case VoxelType.I8: return sample<Linear, i8, f32>(source, sx, sy, sz, lastX, lastY, lastZ, matrix, i, n, j, rows, k, out);
    case VoxelType.U8: return sample<Linear, u8, f32>(source, sx, sy, sz, lastX, lastY, lastZ, matrix, i, n, j, rows, k, out);
    case VoxelType.I16: return sample<Linear, i16, f32>(source, sx, sy, sz, lastX, lastY, lastZ, matrix, i, n, j, rows, k, out);
    case VoxelType.U16: return sample<Linear, u16, f32>(source, sx, sy, sz, lastX, lastY, lastZ, matrix, i, n, j, rows, k, out);
    case VoxelType.I32: return sample<Linear, i32, f32>(source, sx, sy, sz, lastX, lastY, lastZ, matrix, i, n, j, rows, k, out);
    case VoxelType.U32: return sample<Linear, u32, f32>(source, sx, sy, sz, lastX, lastY, lastZ, matrix, i, n, j, rows, k, out);
    case VoxelType.F32: return sample<Linear, f32, f32>(source, sx, sy, sz, lastX, lastY, lastZ, matrix, i, n, j, rows, k, out);
    default: return sample<Linear, f64, f32>(source, sx, sy, sz, lastX, lastY, lastZ, matrix, i, n, j, rows, k, out);
  }
}

/** The same with the nearest voxels, for voxels of 1, 2, 4 or 8 bytes; halves are rounded up. */
export function sampleNearest(
  size: i32,
  source: usize,
  sx: i32,
  sy: i32,
  sz: i32,
  lastX: f64,
  lastY: f64,
  lastZ: f64,
  matrix: usize,
  i: i32,
  n: i32,
  j: i32,
  rows: i32,
  k: i32,
  out: usize,
): void {
  // prettier-ignore
  switch (size) {
    case 1: return sample<Nearest, u8, u8>(source, sx, sy, sz, lastX, lastY, lastZ, matrix, i, n, j, rows, k, out);
    case 2: return sample<Nearest, u16, u16>(source, sx, sy, sz, lastX, lastY, lastZ, matrix, i, n, j, rows, k, out);
    case 4: return sample<Nearest, u32, u32>(source, sx, sy, sz, lastX, lastY, lastZ, matrix, i, n, j, rows, k, out);
    default: return sample<Nearest, u64, u64>(source, sx, sy, sz, lastX, lastY, lastZ, matrix, i, n, j, rows, k, out);
  }
}

// For the compiler, to make a loop of each: what is made of voxels, and where samples lie.
class Linear {}
class Nearest {}
class Inside {}
class Anywhere {}

function sample<M, T, R>(
  source: usize,
  sx: i32,
  sy: i32,
  sz: i32,
  lastX: f64,
  lastY: f64,
  lastZ: f64,
  matrix: usize,
  i: i32,
  n: i32,
  j: i32,
  rows: i32,
  k: i32,
  out: usize,
): void {
  const dx = load<f64>(matrix);
  const dy = load<f64>(matrix, 32);
  const dz = load<f64>(matrix, 64);
  const end = i + n;
  for (const behind = j + rows; j < behind; j++, out += <usize>n * sizeof<R>()) {
    const x = load<f64>(matrix, 8) * j + load<f64>(matrix, 16) * k + load<f64>(matrix, 24);
    const y = load<f64>(matrix, 40) * j + load<f64>(matrix, 48) * k + load<f64>(matrix, 56);
    const z = load<f64>(matrix, 72) * j + load<f64>(matrix, 80) * k + load<f64>(matrix, 88);
    // Samples that, with the one behind them, lie between the first and the last voxel of each axis.
    let first = max(firstInside(x, dx, lastX, i), max(firstInside(y, dy, lastY, i), firstInside(z, dz, lastZ, i)));
    let last = min(endInside(x, dx, lastX, end), min(endInside(y, dy, lastY, end), endInside(z, dz, lastZ, end)));
    if (first >= last) {
      first = i;
      last = i;
    }
    row<M, T, Anywhere>(source, sx, sy, sz, lastX, lastY, lastZ, x, dx, y, dy, z, dz, i, first - i, out);
    const inside = out + <usize>(first - i) * sizeof<R>();
    row<M, T, Inside>(source, sx, sy, sz, lastX, lastY, lastZ, x, dx, y, dy, z, dz, first, last - first, inside);
    const rest = out + <usize>(last - i) * sizeof<R>();
    row<M, T, Anywhere>(source, sx, sy, sz, lastX, lastY, lastZ, x, dx, y, dy, z, dz, last, end - last, rest);
  }
}

/** Rounding never moves a sample by this part of a step. */
const MARGIN: f64 = 1e-6;

/** The first sample from `from` on that is not outside of an axis, if it is not behind all of them. */
function firstInside(start: f64, step: f64, last: f64, from: i32): i32 {
  if (step == 0) return from;
  return max(from, <i32>Math.ceil((step > 0 ? -start : last - start) / step + MARGIN));
}

/** The sample, up to `to`, before which all samples lie inside if the first does. */
function endInside(start: f64, step: f64, last: f64, to: i32): i32 {
  if (step == 0) return start >= 0 && start < last ? to : i32.MIN_VALUE;
  return min(to, <i32>Math.floor((step > 0 ? last - start : -start) / step - MARGIN));
}

function row<M, T, P>(
  source: usize,
  sx: i32,
  sy: i32,
  sz: i32,
  lastX: f64,
  lastY: f64,
  lastZ: f64,
  x: f64,
  dx: f64,
  y: f64,
  dy: f64,
  z: f64,
  dz: f64,
  from: i32,
  n: i32,
  out: usize,
): void {
  if (n <= 0) return;
  if (idof<M>() == idof<Linear>())
    linear<T, P>(source, sx, sy, sz, lastX, lastY, lastZ, x, dx, y, dy, z, dz, from, n, out);
  else nearest<T, P>(source, sx, sy, sz, lastX, lastY, lastZ, x, dx, y, dy, z, dz, from, n, out);
}

function linear<T, P>(
  source: usize,
  sx: i32,
  sy: i32,
  sz: i32,
  lastX: f64,
  lastY: f64,
  lastZ: f64,
  x: f64,
  dx: f64,
  y: f64,
  dy: f64,
  z: f64,
  dz: f64,
  from: i32,
  n: i32,
  out: usize,
): void {
  const one = f64x2.splat(1);
  // The lower neighbour is never the last voxel, which then has all the weight as the upper one; an axis of one voxel has no upper neighbour.
  const lowestX = f64x2.splat(max(lastX - 1, 0));
  const lowestY = f64x2.splat(max(lastY - 1, 0));
  const lowestZ = f64x2.splat(max(lastZ - 1, 0));
  const toX = lastX > 0 ? sx * <i32>sizeof<T>() : 0;
  const toY = lastY > 0 ? <usize>(sy * <i32>sizeof<T>()) : 0;
  const toZ = lastZ > 0 ? <usize>(sz * <i32>sizeof<T>()) : 0;
  const together = toX == <i32>sizeof<T>();
  const stepX = f64x2.splat(<f64>sx);
  const stepY = f64x2.splat(<f64>sy);
  const stepZ = f64x2.splat(<f64>sz);
  const whole = f64x2.splat(WHOLE);
  const zero = f64x2.splat(0);
  const two = f64x2.splat(2);
  const fromX = f64x2.splat(x);
  const fromY = f64x2.splat(y);
  const fromZ = f64x2.splat(z);
  const byX = f64x2.splat(dx);
  const byY = f64x2.splat(dy);
  const byZ = f64x2.splat(dz);
  const endX = f64x2.splat(lastX);
  const endY = f64x2.splat(lastY);
  const endZ = f64x2.splat(lastZ);
  let i = f64x2.replace_lane(f64x2.splat(<f64>from), 1, <f64>(from + 1));
  for (const end = out + ((<usize>n) << 2); out < end; out += 8) {
    const atX = within<P>(f64x2.add(f64x2.mul(byX, i), fromX), zero, endX);
    const atY = within<P>(f64x2.add(f64x2.mul(byY, i), fromY), zero, endY);
    const atZ = within<P>(f64x2.add(f64x2.mul(byZ, i), fromZ), zero, endZ);
    i = f64x2.add(i, two);
    const lowX = below<P>(atX, lowestX);
    const lowY = below<P>(atY, lowestY);
    const lowZ = below<P>(atZ, lowestZ);
    const offset = f64x2.add(f64x2.add(f64x2.mul(lowX, stepX), f64x2.mul(lowY, stepY)), f64x2.mul(lowZ, stepZ));
    const offsets = f64x2.add(offset, whole);
    const a = source + <usize>i32x4.extract_lane(offsets, 0) * sizeof<T>();
    const b = source + <usize>i32x4.extract_lane(offsets, 2) * sizeof<T>();
    const u = f64x2.sub(atX, lowX);
    const v = f64x2.sub(atY, lowY);
    const w = f64x2.sub(atZ, lowZ);
    const va = v128.shuffle<f64>(v, v, 0, 0);
    const vb = v128.shuffle<f64>(v, v, 1, 1);
    const wa = v128.shuffle<f64>(w, w, 0, 0);
    const wb = v128.shuffle<f64>(w, w, 1, 1);
    let ofA: v128;
    let ofB: v128;
    if (together) {
      const nearA = mix(pair<T>(a), pair<T>(a + toY), va, one);
      const farA = mix(pair<T>(a + toZ), pair<T>(a + toZ + toY), va, one);
      ofA = mix(nearA, farA, wa, one);
      const nearB = mix(pair<T>(b), pair<T>(b + toY), vb, one);
      const farB = mix(pair<T>(b + toZ), pair<T>(b + toZ + toY), vb, one);
      ofB = mix(nearB, farB, wb, one);
    } else {
      const nearA = mix(apart<T>(a, toX), apart<T>(a + toY, toX), va, one);
      const farA = mix(apart<T>(a + toZ, toX), apart<T>(a + toZ + toY, toX), va, one);
      ofA = mix(nearA, farA, wa, one);
      const nearB = mix(apart<T>(b, toX), apart<T>(b + toY, toX), vb, one);
      const farB = mix(apart<T>(b + toZ, toX), apart<T>(b + toZ + toY, toX), vb, one);
      ofB = mix(nearB, farB, wb, one);
    }
    const result = mix(v128.shuffle<f64>(ofA, ofB, 0, 2), v128.shuffle<f64>(ofA, ofB, 1, 3), u, one);
    v128.store64_lane(out, f32x4.demote_f64x2_zero(result), 0);
  }
}

/** Limits positions to 0 … last; what is not a number becomes 0. */
function within<P>(position: v128, zero: v128, last: v128): v128 {
  return idof<P>() == idof<Inside>() ? position : f64x2.pmin(f64x2.pmax(zero, position), last);
}

/** The lower neighbours of positions. */
function below<P>(position: v128, highest: v128): v128 {
  const low = f64x2.floor(position);
  return idof<P>() == idof<Inside>() ? low : f64x2.pmin(low, highest);
}

function mix(low: v128, high: v128, weight: v128, one: v128): v128 {
  return f64x2.add(f64x2.mul(low, f64x2.sub(one, weight)), f64x2.mul(high, weight));
}

/** Two voxels `step` bytes apart, as float64. */
function apart<T>(at: usize, step: i32): v128 {
  return f64x2.replace_lane(f64x2.splat(<f64>load<T>(at)), 1, <f64>load<T>(at + <usize>step));
}

function nearest<T, P>(
  source: usize,
  sx: i32,
  sy: i32,
  sz: i32,
  lastX: f64,
  lastY: f64,
  lastZ: f64,
  x: f64,
  dx: f64,
  y: f64,
  dy: f64,
  z: f64,
  dz: f64,
  from: i32,
  n: i32,
  out: usize,
): void {
  const half = f64x2.splat(0.5);
  const stepX = f64x2.splat(<f64>sx);
  const stepY = f64x2.splat(<f64>sy);
  const stepZ = f64x2.splat(<f64>sz);
  const whole = f64x2.splat(WHOLE);
  const zero = f64x2.splat(0);
  const two = f64x2.splat(2);
  const fromX = f64x2.splat(x);
  const fromY = f64x2.splat(y);
  const fromZ = f64x2.splat(z);
  const byX = f64x2.splat(dx);
  const byY = f64x2.splat(dy);
  const byZ = f64x2.splat(dz);
  const endX = f64x2.splat(lastX);
  const endY = f64x2.splat(lastY);
  const endZ = f64x2.splat(lastZ);
  let i = f64x2.replace_lane(f64x2.splat(<f64>from), 1, <f64>(from + 1));
  for (const end = out + <usize>n * sizeof<T>(); out < end; out += 2 * sizeof<T>()) {
    const atX = f64x2.floor(f64x2.add(within<P>(f64x2.add(f64x2.mul(byX, i), fromX), zero, endX), half));
    const atY = f64x2.floor(f64x2.add(within<P>(f64x2.add(f64x2.mul(byY, i), fromY), zero, endY), half));
    const atZ = f64x2.floor(f64x2.add(within<P>(f64x2.add(f64x2.mul(byZ, i), fromZ), zero, endZ), half));
    i = f64x2.add(i, two);
    const offset = f64x2.add(f64x2.add(f64x2.mul(atX, stepX), f64x2.mul(atY, stepY)), f64x2.mul(atZ, stepZ));
    const offsets = f64x2.add(offset, whole);
    store<T>(out, load<T>(source + <usize>i32x4.extract_lane(offsets, 0) * sizeof<T>()));
    store<T>(out + sizeof<T>(), load<T>(source + <usize>i32x4.extract_lane(offsets, 2) * sizeof<T>()));
  }
}
