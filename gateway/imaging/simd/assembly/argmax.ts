import { pair } from './pair';
import { VoxelType } from './voxel-type';

/**
 * Number of the channel with the largest value for exactly `n` voxels; ties go to the lowest, and what is not a number is never larger.
 *
 * @param channelStep bytes from one channel to the next
 * @param wide labels have 16 bits, else 8
 */
export function argmax(
  type: VoxelType,
  from: usize,
  channelStep: usize,
  channels: i32,
  out: usize,
  wide: bool,
  n: i32,
): void {
  // prettier-ignore
  switch (type) {
    case VoxelType.I8: return argmaxOf<i8>(from, channelStep, channels, out, wide, n);
    case VoxelType.U8: return argmaxOf<u8>(from, channelStep, channels, out, wide, n);
    case VoxelType.I16: return argmaxOf<i16>(from, channelStep, channels, out, wide, n);
    case VoxelType.U16: return argmaxOf<u16>(from, channelStep, channels, out, wide, n);
    case VoxelType.I32: return argmaxOf<i32>(from, channelStep, channels, out, wide, n);
    case VoxelType.U32: return argmaxOf<u32>(from, channelStep, channels, out, wide, n);
    case VoxelType.F32: return argmaxOf<f32>(from, channelStep, channels, out, wide, n);
    default: return argmaxOf<f64>(from, channelStep, channels, out, wide, n);
  }
}

function argmaxOf<T>(from: usize, channelStep: usize, channels: i32, out: usize, wide: bool, n: i32): void {
  if (wide) labels<T, u16>(from, channelStep, channels, out, n);
  else labels<T, u8>(from, channelStep, channels, out, n);
}

/** @typeParam L type of the labels */
function labels<T, L>(from: usize, channelStep: usize, channels: i32, out: usize, n: i32): void {
  const end = out + <usize>n * sizeof<L>();
  for (const last = out + <usize>(n & ~7) * sizeof<L>(); out < last; out += 8 * sizeof<L>(), from += 8 * sizeof<T>()) {
    const words = isFloat<T>() && sizeof<T>() == 4 ? eightFloats(from, channelStep, channels) : eight<T>(from, channelStep, channels); // prettier-ignore
    if (sizeof<L>() == 2) v128.store(out, words);
    else v128.store64_lane(out, i8x16.narrow_i16x8_u(words, words), 0);
  }
  for (; out < end; out += sizeof<L>(), from += sizeof<T>()) {
    let largest = load<T>(from);
    let label = 0;
    for (let c = 1, at = from + channelStep; c < channels; c++, at += channelStep) {
      const value = load<T>(at);
      if (value > largest) {
        largest = value;
        label = c;
      }
    }
    store<L>(out, <L>label);
  }
}

/** Labels of eight voxels, 16 bits each. */
function eightFloats(from: usize, channelStep: usize, channels: i32): v128 {
  let a = v128.load(from);
  let b = v128.load(from, 16);
  let labelA = i32x4.splat(0);
  let labelB = i32x4.splat(0);
  for (let c = 1, at = from + channelStep; c < channels; c++, at += channelStep) {
    const label = i32x4.splat(c);
    const x = v128.load(at);
    const y = v128.load(at, 16);
    labelA = i32x4.max_s(labelA, v128.and(f32x4.gt(x, a), label));
    labelB = i32x4.max_s(labelB, v128.and(f32x4.gt(y, b), label));
    a = f32x4.pmax(a, x);
    b = f32x4.pmax(b, y);
  }
  return i16x8.narrow_i32x4_u(labelA, labelB);
}

function eight<T>(from: usize, channelStep: usize, channels: i32): v128 {
  const low = four<T>(from, channelStep, channels);
  return i16x8.narrow_i32x4_u(low, four<T>(from + 4 * sizeof<T>(), channelStep, channels));
}

/** Labels of four voxels, 32 bits each. */
function four<T>(from: usize, channelStep: usize, channels: i32): v128 {
  let a = pair<T>(from);
  let b = pair<T>(from + 2 * sizeof<T>());
  let labels = i32x4.splat(0);
  for (let c = 1, at = from + channelStep; c < channels; c++, at += channelStep) {
    const x = pair<T>(at);
    const y = pair<T>(at + 2 * sizeof<T>());
    const larger = v128.shuffle<i32>(f64x2.gt(x, a), f64x2.gt(y, b), 0, 2, 4, 6);
    labels = i32x4.max_s(labels, v128.and(larger, i32x4.splat(c)));
    a = f64x2.pmax(a, x);
    b = f64x2.pmax(b, y);
  }
  return labels;
}
