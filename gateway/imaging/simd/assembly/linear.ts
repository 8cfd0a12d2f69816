import { ONE } from './constants';
import { floats, pair } from './pair';
import { VoxelType } from './voxel-type';

/**
 * Rows of one plane, interpolated along x and y, float64. Row `j` lies between input rows `below[j]` and `above[j]` of those at `source`.
 *
 * @param rowStep elements from one input row to the next
 * @param step elements from a lower neighbour to the upper one; 0 when no upper neighbour has a weight
 * @param offsets elements from the begin of an input row to the lower neighbour, `nx` of them
 * @param scratch room for two rows of the result
 */
export function interpolatePlane(
  type: VoxelType,
  source: usize,
  rowStep: i32,
  step: i32,
  below: usize,
  above: usize,
  yWeights: usize,
  rows: i32,
  offsets: usize,
  xWeights: usize,
  nx: i32,
  scratch: usize,
  out: usize,
): void {
  // prettier-ignore
  switch (type) {
    case VoxelType.I8: return plane<i8>(source, rowStep, step, below, above, yWeights, rows, offsets, xWeights, nx, scratch, out);
    case VoxelType.U8: return plane<u8>(source, rowStep, step, below, above, yWeights, rows, offsets, xWeights, nx, scratch, out);
    case VoxelType.I16: return plane<i16>(source, rowStep, step, below, above, yWeights, rows, offsets, xWeights, nx, scratch, out);
    case VoxelType.U16: return plane<u16>(source, rowStep, step, below, above, yWeights, rows, offsets, xWeights, nx, scratch, out);
    case VoxelType.I32: return plane<i32>(source, rowStep, step, below, above, yWeights, rows, offsets, xWeights, nx, scratch, out);
    case VoxelType.U32: return plane<u32>(source, rowStep, step, below, above, yWeights, rows, offsets, xWeights, nx, scratch, out);
    case VoxelType.F32: return plane<f32>(source, rowStep, step, below, above, yWeights, rows, offsets, xWeights, nx, scratch, out);
    default: return plane<f64>(source, rowStep, step, below, above, yWeights, rows, offsets, xWeights, nx, scratch, out);
  }
}

function plane<T>(
  source: usize,
  rowStep: i32,
  step: i32,
  below: usize,
  above: usize,
  yWeights: usize,
  rows: i32,
  offsets: usize,
  xWeights: usize,
  nx: i32,
  scratch: usize,
  out: usize,
): void {
  const rowBytes = (<usize>nx) << 3;
  let low = scratch;
  let high = scratch + rowBytes;
  // Which input rows the two buffers hold: the upper row of one result row is often the lower row of the next.
  let inLow = -1;
  let inHigh = -1;
  for (let j = 0; j < rows; j++, out += rowBytes) {
    const at = <usize>j;
    const b = load<i32>(below + (at << 2));
    const weight = load<f64>(yWeights + (at << 3));
    if (inLow != b) {
      const free = low;
      if (inHigh == b) {
        low = high;
        high = free;
        inHigh = inLow;
      } else {
        row<T>(source + <usize>(b * rowStep) * sizeof<T>(), offsets, step, xWeights, nx, free);
      }
      inLow = b;
    }
    if (weight == 0) {
      memory.copy(out, low, rowBytes);
      continue;
    }
    const a = load<i32>(above + (at << 2));
    if (inHigh != a) {
      row<T>(source + <usize>(a * rowStep) * sizeof<T>(), offsets, step, xWeights, nx, high);
      inHigh = a;
    }
    blendRows(low, high, weight, out, nx);
  }
}

function row<T>(source: usize, offsets: usize, step: i32, weights: usize, n: i32, out: usize): void {
  const next = <usize>(step * <i32>sizeof<T>());
  const end = out + ((<usize>n) << 3);
  if (step == 0) {
    for (; out < end; offsets += 4, out += 8)
      store<f64>(out, <f64>load<T>(source + <usize>load<i32>(offsets) * sizeof<T>()));
    return;
  }
  if (step == 1) {
    const one = v128.load(ONE);
    const pairs = out + (((<usize>n) >> 1) << 4);
    for (; out < pairs; offsets += 8, weights += 16, out += 16) {
      const a = pair<T>(source + <usize>load<i32>(offsets) * sizeof<T>());
      const b = pair<T>(source + <usize>load<i32>(offsets, 4) * sizeof<T>());
      const weight = v128.load(weights);
      const low = f64x2.mul(v128.shuffle<f64>(a, b, 0, 2), f64x2.sub(one, weight));
      v128.store(out, f64x2.add(low, f64x2.mul(v128.shuffle<f64>(a, b, 1, 3), weight)));
    }
  }
  for (; out < end; offsets += 4, weights += 8, out += 8) {
    const from = source + <usize>load<i32>(offsets) * sizeof<T>();
    const weight = load<f64>(weights);
    store<f64>(out, <f64>load<T>(from) * (1 - weight) + <f64>load<T>(from + next) * weight);
  }
}

function blendRows(low: usize, high: usize, weight: f64, out: usize, n: i32): void {
  const w = f64x2.splat(weight);
  const rest = f64x2.splat(1 - weight);
  const end = out + ((<usize>n) << 3);
  const pairs = out + (((<usize>n) >> 1) << 4);
  for (; out < pairs; low += 16, high += 16, out += 16) {
    v128.store(out, f64x2.add(f64x2.mul(v128.load(low), rest), f64x2.mul(v128.load(high), w)));
  }
  if (out < end) store<f64>(out, load<f64>(low) * (1 - weight) + load<f64>(high) * weight);
}

/** `low * (1 - weight) + high * weight` of exactly `n` float64, rounded to float32. */
export function blendPlanes(low: usize, high: usize, weight: f64, out: usize, n: i32): void {
  const w = f64x2.splat(weight);
  const rest = f64x2.splat(1 - weight);
  const end = out + ((<usize>n) << 2);
  const after = v128.load(end);
  for (; out < end; low += 32, high += 32, out += 16) {
    const a = f64x2.add(f64x2.mul(v128.load(low), rest), f64x2.mul(v128.load(high), w));
    const b = f64x2.add(f64x2.mul(v128.load(low, 16), rest), f64x2.mul(v128.load(high, 16), w));
    v128.store(out, floats(a, b));
  }
  v128.store(end, after);
}
