import { floats, pair } from './pair';
import { VoxelType } from './voxel-type';

/** `n` voxels as float64. Reads and writes up to one more. */
export function widen(type: VoxelType, from: usize, to: usize, n: i32): void {
  // prettier-ignore
  switch (type) {
    case VoxelType.I8: return toFloat64<i8>(from, to, n);
    case VoxelType.U8: return toFloat64<u8>(from, to, n);
    case VoxelType.I16: return toFloat64<i16>(from, to, n);
    case VoxelType.U16: return toFloat64<u16>(from, to, n);
    case VoxelType.I32: return toFloat64<i32>(from, to, n);
    case VoxelType.U32: return toFloat64<u32>(from, to, n);
    case VoxelType.F32: return toFloat64<f32>(from, to, n);
    default: return toFloat64<f64>(from, to, n);
  }
}

function toFloat64<T>(from: usize, to: usize, n: i32): void {
  for (const end = to + ((<usize>n) << 3); to < end; to += 16, from += 2 * sizeof<T>()) v128.store(to, pair<T>(from));
}

/** `n` voxels as `voxel * slope + intercept`: float64, rounded once to float32. Reads and writes up to three more. */
export function realValues(type: VoxelType, from: usize, to: usize, n: i32, slope: f64, intercept: f64): void {
  // prettier-ignore
  switch (type) {
    case VoxelType.I8: return toReal<i8>(from, to, n, slope, intercept);
    case VoxelType.U8: return toReal<u8>(from, to, n, slope, intercept);
    case VoxelType.I16: return toReal<i16>(from, to, n, slope, intercept);
    case VoxelType.U16: return toReal<u16>(from, to, n, slope, intercept);
    case VoxelType.I32: return toReal<i32>(from, to, n, slope, intercept);
    case VoxelType.U32: return toReal<u32>(from, to, n, slope, intercept);
    case VoxelType.F32: return toReal<f32>(from, to, n, slope, intercept);
    default: return toReal<f64>(from, to, n, slope, intercept);
  }
}

function toReal<T>(from: usize, to: usize, n: i32, slope: f64, intercept: f64): void {
  const slopes = f64x2.splat(slope);
  const intercepts = f64x2.splat(intercept);
  for (const end = to + ((<usize>n) << 2); to < end; to += 16, from += 4 * sizeof<T>()) {
    const a = f64x2.add(f64x2.mul(pair<T>(from), slopes), intercepts);
    const b = f64x2.add(f64x2.mul(pair<T>(from + 2 * sizeof<T>()), slopes), intercepts);
    v128.store(to, floats(a, b));
  }
}

/** `n` float64 as float32. Reads and writes up to three more. */
export function narrow(from: usize, to: usize, n: i32): void {
  for (const end = to + ((<usize>n) << 2); to < end; to += 16, from += 32)
    v128.store(to, floats(v128.load(from), v128.load(from, 16)));
}

/** Copies `bytes` bytes. */
export function copy(from: usize, to: usize, bytes: i32): void {
  memory.copy(to, from, bytes);
}
