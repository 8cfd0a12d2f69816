// Elements of any type are moved as bits. Steps are in bytes and may be negative.

/** Rows of `bytes` bytes. */
export function copyRows(from: usize, fromStep: i32, to: usize, toStep: i32, bytes: i32, rows: i32): void {
  for (; rows > 0; rows--, from += fromStep, to += toStep) memory.copy(to, from, bytes);
}

/** Makes rows of `bytes` bytes zero. */
export function clearRows(to: usize, step: i32, bytes: i32, rows: i32): void {
  for (; rows > 0; rows--, to += step) memory.fill(to, 0, bytes);
}
