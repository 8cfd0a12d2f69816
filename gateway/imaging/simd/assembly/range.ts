import { VoxelType } from './voxel-type';

/**
 * Widens a range by the values of `n` voxels: the range lies at `range` as sixteen bytes of least and sixteen of largest values. What is not a number
 * is passed over.
 */
export function extendRange(type: VoxelType, from: usize, n: i32, range: usize): void {
  // prettier-ignore
  switch (type) {
    case VoxelType.I8: return extend<i8>(from, n, range);
    case VoxelType.U8: return extend<u8>(from, n, range);
    case VoxelType.I16: return extend<i16>(from, n, range);
    case VoxelType.U16: return extend<u16>(from, n, range);
    case VoxelType.I32: return extend<i32>(from, n, range);
    case VoxelType.U32: return extend<u32>(from, n, range);
    case VoxelType.F32: return extend<f32>(from, n, range);
    default: return extend<f64>(from, n, range);
  }
}

function extend<T>(from: usize, n: i32, range: usize): void {
  let low = v128.load(range);
  let high = v128.load(range, 16);
  const end = from + <usize>n * sizeof<T>();
  // Four vectors at a time: each comparison waits for the one before it.
  let low2 = low;
  let high2 = high;
  for (; from + 32 <= end; from += 32) {
    const a = v128.load(from);
    const b = v128.load(from, 16);
    low = lower<T>(low, a);
    high = higher<T>(high, a);
    low2 = lower<T>(low2, b);
    high2 = higher<T>(high2, b);
  }
  low = lower<T>(low, low2);
  high = higher<T>(high, high2);
  for (; from < end; from += sizeof<T>()) {
    const value = v128.splat<T>(load<T>(from));
    low = lower<T>(low, value);
    high = higher<T>(high, value);
  }
  v128.store(range, low);
  v128.store(range, high, 16);
}

function lower<T>(a: v128, b: v128): v128 {
  return isFloat<T>() ? v128.pmin<T>(a, b) : sizeof<T>() < 8 ? v128.min<T>(a, b) : a;
}

function higher<T>(a: v128, b: v128): v128 {
  return isFloat<T>() ? v128.pmax<T>(a, b) : sizeof<T>() < 8 ? v128.max<T>(a, b) : a;
}
