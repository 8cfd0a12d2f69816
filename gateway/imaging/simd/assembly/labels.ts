import { VoxelType } from './voxel-type';

/** The value for each label in a table of 256 bytes; 0 for a value that is not a whole number from 0 to 255. */
export function lookUp(type: VoxelType, from: usize, table: usize, to: usize, n: i32): void {
  // prettier-ignore
  switch (type) {
    case VoxelType.I8: return look<i8>(from, table, to, n);
    case VoxelType.U8: return look<u8>(from, table, to, n);
    case VoxelType.I16: return look<i16>(from, table, to, n);
    case VoxelType.U16: return look<u16>(from, table, to, n);
    case VoxelType.I32: return look<i32>(from, table, to, n);
    case VoxelType.U32: return look<u32>(from, table, to, n);
    case VoxelType.F32: return look<f32>(from, table, to, n);
    default: return look<f64>(from, table, to, n);
  }
}

function look<T>(from: usize, table: usize, to: usize, n: i32): void {
  for (const end = to + n; to < end; to++, from += sizeof<T>()) {
    const label = load<T>(from);
    const whole = <i32>label;
    const known = <u32>whole < 256 && (!isFloat<T>() || <T>whole == label);
    store<u8>(to, known ? load<u8>(table + <usize>whole) : 0);
  }
}
