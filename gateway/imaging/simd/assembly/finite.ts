// Loops over float32 voxels. x - x is 0 for a number and NaN for what is not one.

/** How many of `n` voxels are NaN or infinite. */
export function countNotFinite(from: usize, n: i32): i32 {
  const zero = f32x4.splat(0);
  let finite = i32x4.splat(0);
  const end = from + ((<usize>n) << 2);
  for (const fours = from + ((<usize>(n & ~3)) << 2); from < fours; from += 16) {
    const x = v128.load(from);
    finite = i32x4.sub(finite, f32x4.eq(f32x4.sub(x, x), zero));
  }
  let count =
    i32x4.extract_lane(finite, 0) +
    i32x4.extract_lane(finite, 1) +
    i32x4.extract_lane(finite, 2) +
    i32x4.extract_lane(finite, 3);
  for (; from < end; from += 4) {
    const x = load<f32>(from);
    count += <i32>(x - x == 0);
  }
  return n - count;
}

/** The smallest finite one of `n` voxels; Infinity where there is none. */
export function smallestFinite(from: usize, n: i32): f32 {
  const zero = f32x4.splat(0);
  const most = f32x4.splat(f32.POSITIVE_INFINITY);
  let low = most;
  const end = from + ((<usize>n) << 2);
  for (const fours = from + ((<usize>(n & ~3)) << 2); from < fours; from += 16) {
    const x = v128.load(from);
    low = f32x4.pmin(low, v128.bitselect(x, most, f32x4.eq(f32x4.sub(x, x), zero)));
  }
  let smallest = min(
    min(f32x4.extract_lane(low, 0), f32x4.extract_lane(low, 1)),
    min(f32x4.extract_lane(low, 2), f32x4.extract_lane(low, 3)),
  );
  for (; from < end; from += 4) {
    const x = load<f32>(from);
    if (x - x == 0 && x < smallest) smallest = x;
  }
  return smallest;
}

/** Copies `n` voxels, with `value` in place of what is NaN or infinite. Writes up to 3 more. */
export function replaceNotFinite(from: usize, to: usize, n: i32, value: f32): void {
  const zero = f32x4.splat(0);
  const values = f32x4.splat(value);
  for (const end = to + ((<usize>n) << 2); to < end; to += 16, from += 16) {
    const x = v128.load(from);
    v128.store(to, v128.bitselect(x, values, f32x4.eq(f32x4.sub(x, x), zero)));
  }
}
