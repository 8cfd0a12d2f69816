import { VoxelType } from './voxel-type';

/**
 * Sums over boxes of one plane, float64: result (i, j) is the sum of the voxels `xStarts[i]` to before `xEnds[i]` of the rows `yStarts[j]` to
 * before `yEnds[j]`. A row that two boxes share is summed once.
 *
 * @param rowStep elements from one row to the next, `step` from one voxel of a row to the next
 * @param scratch room for a row of the result
 */
export function sumPlane(
  type: VoxelType,
  source: usize,
  rowStep: i32,
  step: i32,
  yStarts: usize,
  yEnds: usize,
  rows: i32,
  xStarts: usize,
  xEnds: usize,
  nx: i32,
  scratch: usize,
  out: usize,
): void {
  // prettier-ignore
  switch (type) {
    case VoxelType.I8: return plane<i8>(source, rowStep, step, yStarts, yEnds, rows, xStarts, xEnds, nx, scratch, out);
    case VoxelType.U8: return plane<u8>(source, rowStep, step, yStarts, yEnds, rows, xStarts, xEnds, nx, scratch, out);
    case VoxelType.I16: return plane<i16>(source, rowStep, step, yStarts, yEnds, rows, xStarts, xEnds, nx, scratch, out);
    case VoxelType.U16: return plane<u16>(source, rowStep, step, yStarts, yEnds, rows, xStarts, xEnds, nx, scratch, out);
    case VoxelType.I32: return plane<i32>(source, rowStep, step, yStarts, yEnds, rows, xStarts, xEnds, nx, scratch, out);
    case VoxelType.U32: return plane<u32>(source, rowStep, step, yStarts, yEnds, rows, xStarts, xEnds, nx, scratch, out);
    case VoxelType.F32: return plane<f32>(source, rowStep, step, yStarts, yEnds, rows, xStarts, xEnds, nx, scratch, out);
    default: return plane<f64>(source, rowStep, step, yStarts, yEnds, rows, xStarts, xEnds, nx, scratch, out);
  }
}

function plane<T>(
  source: usize,
  rowStep: i32,
  step: i32,
  yStarts: usize,
  yEnds: usize,
  rows: i32,
  xStarts: usize,
  xEnds: usize,
  nx: i32,
  scratch: usize,
  out: usize,
): void {
  const rowBytes = (<usize>nx) << 3;
  let made = -1;
  for (let j = 0; j < rows; j++, out += rowBytes) {
    const end = load<i32>(yEnds + ((<usize>j) << 2));
    memory.fill(out, 0, rowBytes);
    for (let b = load<i32>(yStarts + ((<usize>j) << 2)); b < end; b++) {
      if (made != b) sumRow<T>(source + <usize>(b * rowStep) * sizeof<T>(), step, xStarts, xEnds, nx, scratch);
      made = b;
      addInto(scratch, out, nx);
    }
  }
}

function sumRow<T>(row: usize, step: i32, starts: usize, ends: usize, n: i32, out: usize): void {
  const next = <usize>(step * <i32>sizeof<T>());
  for (const outEnd = out + ((<usize>n) << 3); out < outEnd; out += 8, starts += 4, ends += 4) {
    const start = load<i32>(starts);
    let at = row + <usize>start * next;
    let sum: f64 = 0;
    for (let left = load<i32>(ends) - start; left > 0; left--, at += next) sum += <f64>load<T>(at);
    store<f64>(out, sum);
  }
}

/** Adds `n` float64 to others. Reads and writes up to one more. */
export function addInto(from: usize, to: usize, n: i32): void {
  for (const end = to + ((<usize>n) << 3); to < end; from += 16, to += 16)
    v128.store(to, f64x2.add(v128.load(to), v128.load(from)));
}

/**
 * Sums over boxes of `planes` planes to means, float64 to float32: row `j` has summed `yEnds[j] - yStarts[j]` rows, voxel `i` of it `xCounts[i]` voxels
 * of each. Reads up to one voxel more of each row.
 */
export function meanRows(
  sums: usize,
  planes: i32,
  yStarts: usize,
  yEnds: usize,
  rows: i32,
  xCounts: usize,
  nx: i32,
  out: usize,
): void {
  for (const end = yEnds + ((<usize>rows) << 2); yEnds < end; yEnds += 4, yStarts += 4) {
    const times = <f64>(planes * (load<i32>(yEnds) - load<i32>(yStarts)));
    const all = f64x2.splat(times);
    const rowEnd = out + ((<usize>nx) << 2);
    let counts = xCounts;
    for (; out + 4 < rowEnd; out += 8, counts += 16, sums += 16)
      v128.store64_lane(out, f32x4.demote_f64x2_zero(f64x2.div(v128.load(sums), f64x2.mul(all, v128.load(counts)))), 0);
    if (out < rowEnd) {
      store<f32>(out, <f32>(load<f64>(sums) / (times * load<f64>(counts))));
      out += 4;
      sums += 8;
    }
  }
}
