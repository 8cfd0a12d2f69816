/**
 * Rows of one plane whose voxels are picked out of input rows, for voxels of 1, 2, 4 or 8 bytes.
 *
 * @param rowBytes bytes from one input row to the next
 * @param rows number of the input row of each result row, `count` of them
 * @param picks for each 16 bytes of a result row 36 bytes: where in the input row to look, and which of the 32 bytes there to take
 * @param groups of 16 bytes in a result row
 * @param outBytes bytes of a result row, exactly so many of which are written; the next one follows
 */
export function pickRows(
  source: usize,
  rowBytes: i32,
  rows: usize,
  count: i32,
  picks: usize,
  groups: i32,
  out: usize,
  outBytes: i32,
): void {
  let before = -1;
  // A row's last group has some bytes too many: the next row is written over them.
  const outEnd = out + <usize>(count * outBytes);
  const after = v128.load(outEnd);
  for (const end = rows + ((<usize>count) << 2); rows < end; rows += 4, out += outBytes) {
    const row = load<i32>(rows);
    if (row == before) memory.copy(out, out - outBytes, outBytes);
    else pickRow(source + <usize>(row * rowBytes), picks, groups, out);
    before = row;
  }
  v128.store(outEnd, after);
}

function pickRow(source: usize, picks: usize, groups: i32, out: usize): void {
  for (const end = out + ((<usize>groups) << 4); out < end; out += 16, picks += 36) {
    const from = source + <usize>load<i32>(picks);
    const low = i8x16.swizzle(v128.load(from), v128.load(picks, 4));
    v128.store(out, v128.or(low, i8x16.swizzle(v128.load(from, 16), v128.load(picks, 20))));
  }
}

/** The same for rows whose picks lie further apart. @param offsets of the voxels in an input row, in bytes, `n` of them */
export function pickRowsApart(
  size: i32,
  source: usize,
  rowBytes: i32,
  rows: usize,
  count: i32,
  offsets: usize,
  n: i32,
  out: usize,
): void {
  for (const end = rows + ((<usize>count) << 2); rows < end; rows += 4, out += n * size) {
    const row = source + <usize>(load<i32>(rows) * rowBytes);
    if (size == 1) pickApart<u8>(row, offsets, n, out);
    else if (size == 2) pickApart<u16>(row, offsets, n, out);
    else if (size == 4) pickApart<u32>(row, offsets, n, out);
    else pickApart<u64>(row, offsets, n, out);
  }
}

function pickApart<T>(row: usize, offsets: usize, n: i32, out: usize): void {
  for (const end = offsets + ((<usize>n) << 2); offsets < end; offsets += 4, out += sizeof<T>())
    store<T>(out, load<T>(row + <usize>load<i32>(offsets)));
}
