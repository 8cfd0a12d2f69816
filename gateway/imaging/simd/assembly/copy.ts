import { VoxelType } from './voxel-type';

// Elements of any type are moved as bits. Steps are in bytes and may be negative; what is read and what is written do not overlap.

/** From here on the machine's own loop is faster than one of this file, though it costs a call. */
const LONG: usize = 2048;

/** Bytes that are repeated at a time, at most: they stay in the first cache. */
const CACHED: usize = 1 << 14;

/** Rows of `bytes` bytes. */
export function copyRows(from: usize, fromStep: i32, to: usize, toStep: i32, bytes: usize, rows: i32): void {
  for (; rows > 0; rows--, from += fromStep, to += toStep) copyRow(from, to, bytes);
}

function copyRow(from: usize, to: usize, bytes: usize): void {
  if (bytes >= LONG) return memory.copy(to, from, bytes);
  const end = to + bytes;
  if (bytes >= 16) {
    for (const last = end - 16; to < last; from += 16, to += 16) v128.store(to, v128.load(from));
    const more = to - (end - 16);
    return v128.store(to - more, v128.load(from - more));
  }
  for (; to < end; from++, to++) store<u8>(to, load<u8>(from));
}

/** Makes rows of `bytes` bytes zero. */
export function clearRows(to: usize, step: i32, bytes: usize, rows: i32): void {
  for (; rows > 0; rows--, to += step) clearRow(to, bytes);
}

function clearRow(to: usize, bytes: usize): void {
  if (bytes >= LONG) return memory.fill(to, 0, bytes);
  const end = to + bytes;
  const zero = i64x2.splat(0);
  if (bytes >= 16) {
    for (const last = end - 16; to < last; to += 16) v128.store(to, zero);
    return v128.store(end - 16, zero);
  }
  for (; to < end; to++) store<u8>(to, 0);
}

/** Repeats the first `size` bytes of a row of `bytes` bytes in all of it. */
export function repeat(to: usize, size: usize, bytes: usize): void {
  for (let done = size; done < bytes;) {
    const part = min(min(done, CACHED), bytes - done);
    memory.copy(to + done, to, part);
    done += part;
  }
}

/** A square of elements that is 64 bytes, a line of the cache, on both sides. */
const SQUARE = memory.data(4096, 64);

/**
 * A plane whose rows are not dense on both sides: element (i, j) of `size` bytes lies `i * fromX + j * fromY` after `from` and goes `i * toX + j * toY`
 * after `to`. Fastest where the target is dense along i and the source along j.
 */
export function copyPlane(
  size: i32,
  from: usize,
  fromX: i32,
  fromY: i32,
  to: usize,
  toX: i32,
  toY: i32,
  nx: i32,
  ny: i32,
): void {
  if (size == 1) squares<u8, u8>(from, fromX, fromY, to, toX, toY, nx, ny);
  else if (size == 2) squares<u16, u16>(from, fromX, fromY, to, toX, toY, nx, ny);
  else if (size == 4) squares<u32, u32>(from, fromX, fromY, to, toX, toY, nx, ny);
  else squares<u64, u64>(from, fromX, fromY, to, toX, toY, nx, ny);
}

/** The same for voxels of which float32 are made. */
export function convertPlane(
  type: VoxelType,
  from: usize,
  fromX: i32,
  fromY: i32,
  to: usize,
  toX: i32,
  toY: i32,
  nx: i32,
  ny: i32,
): void {
  // prettier-ignore
  switch (type) {
    case VoxelType.I8: return squares<i8, f32>(from, fromX, fromY, to, toX, toY, nx, ny);
    case VoxelType.U8: return squares<u8, f32>(from, fromX, fromY, to, toX, toY, nx, ny);
    case VoxelType.I16: return squares<i16, f32>(from, fromX, fromY, to, toX, toY, nx, ny);
    case VoxelType.U16: return squares<u16, f32>(from, fromX, fromY, to, toX, toY, nx, ny);
    case VoxelType.I32: return squares<i32, f32>(from, fromX, fromY, to, toX, toY, nx, ny);
    case VoxelType.U32: return squares<u32, f32>(from, fromX, fromY, to, toX, toY, nx, ny);
    case VoxelType.F32: return squares<f32, f32>(from, fromX, fromY, to, toX, toY, nx, ny);
    default: return squares<f64, f32>(from, fromX, fromY, to, toX, toY, nx, ny);
  }
}

/** @typeParam S type of the source */
function squares<S, T>(from: usize, fromX: i32, fromY: i32, to: usize, toX: i32, toY: i32, nx: i32, ny: i32): void {
  const side = 64 / <i32>sizeof<T>();
  const dense = toX == <i32>sizeof<T>();
  const transposes = dense && fromY == <i32>sizeof<S>();
  for (let x = 0; x < nx; x += side) {
    const width = min(side, nx - x);
    for (let y = 0; y < ny; y += side) {
      const height = min(side, ny - y);
      const read = from + x * fromX + y * fromY;
      const write = to + x * toX + y * toY;
      if (!dense) {
        copyApart<S, T>(read, fromX, fromY, write, toX, toY, width, height);
        continue;
      }
      // By way of a square that is dense: lines far apart often share a place in the cache, so that each should be touched once.
      if (sizeof<T>() == 4 && !isFloat<T>() && transposes && width == side && height == side) transpose32(read, fromX);
      else copyApart<S, T>(read, fromX, fromY, SQUARE, sizeof<T>(), 64, width, height);
      copyRows(SQUARE, 64, write, toY, <usize>width * sizeof<T>(), height);
    }
  }
}

/** i is the inner loop where the target is not dense. */
function copyApart<S, T>(from: usize, fromX: i32, fromY: i32, to: usize, toX: i32, toY: i32, nx: i32, ny: i32): void {
  for (let i = 0; i < nx; i++, from += fromX, to += toX) {
    let read = from;
    let write = to;
    for (let j = 0; j < ny; j++, read += fromY, write += toY) store<T>(write, <T>load<S>(read));
  }
}

/** 16 rows of 16 words of 32 bits, `step` bytes apart, to the columns of the square. */
function transpose32(from: usize, step: i32): void {
  for (let i: usize = 0; i < 64; i += 16, from += step << 2) {
    for (let j: usize = 0; j < 64; j += 16) {
      const at = from + j;
      const a = v128.load(at);
      const b = v128.load(at + step);
      const c = v128.load(at + (step << 1));
      const d = v128.load(at + step * 3);
      const abLow = v128.shuffle<i32>(a, b, 0, 4, 1, 5);
      const abHigh = v128.shuffle<i32>(a, b, 2, 6, 3, 7);
      const cdLow = v128.shuffle<i32>(c, d, 0, 4, 1, 5);
      const cdHigh = v128.shuffle<i32>(c, d, 2, 6, 3, 7);
      const to = SQUARE + (j << 4) + i;
      v128.store(to, v128.shuffle<i64>(abLow, cdLow, 0, 2));
      v128.store(to, v128.shuffle<i64>(abLow, cdLow, 1, 3), 64);
      v128.store(to, v128.shuffle<i64>(abHigh, cdHigh, 0, 2), 128);
      v128.store(to, v128.shuffle<i64>(abHigh, cdHigh, 1, 3), 192);
    }
  }
}
