// Loops over voxels that are float32 (`single`) or that `widen` has made float64; arithmetic is float64. They read and write some more than `n`
// voxels: 16 at most.
import { floats, pair } from './pair';

/** `(x - shift) * factor + offset`, kept within [low, high], as float32. */
export function scale(
  single: bool,
  from: usize,
  to: usize,
  n: i32,
  shift: f64,
  factor: f64,
  offset: f64,
  low: f64,
  high: f64,
): void {
  if (single) scaleAll<f32>(from, to, n, shift, factor, offset, low, high);
  else scaleAll<f64>(from, to, n, shift, factor, offset, low, high);
}

function scaleAll<T>(from: usize, to: usize, n: i32, shift: f64, factor: f64, offset: f64, low: f64, high: f64): void {
  const shifts = f64x2.splat(shift);
  const factors = f64x2.splat(factor);
  const offsets = f64x2.splat(offset);
  const lows = f64x2.splat(low);
  const highs = f64x2.splat(high);
  for (const end = to + ((<usize>n) << 2); to < end; to += 16, from += 4 * sizeof<T>()) {
    const a = scaled(pair<T>(from), shifts, factors, offsets, lows, highs);
    const b = scaled(pair<T>(from + 2 * sizeof<T>()), shifts, factors, offsets, lows, highs);
    v128.store(to, floats(a, b));
  }
}

function scaled(x: v128, shift: v128, factor: v128, offset: v128, low: v128, high: v128): v128 {
  const value = f64x2.add(f64x2.mul(f64x2.sub(x, shift), factor), offset);
  // NaN stays NaN.
  return f64x2.pmin(f64x2.pmax(value, low), high);
}

/** `(x - mean) / deviation` as float32; with `keepZeros` zeros stay. */
export function normalize(
  single: bool,
  from: usize,
  to: usize,
  n: i32,
  mean: f64,
  deviation: f64,
  keepZeros: bool,
): void {
  if (single) normalizeAll<f32>(from, to, n, mean, deviation, keepZeros);
  else normalizeAll<f64>(from, to, n, mean, deviation, keepZeros);
}

function normalizeAll<T>(from: usize, to: usize, n: i32, mean: f64, deviation: f64, keepZeros: bool): void {
  const shift = f64x2.splat(mean);
  const divisor = f64x2.splat(deviation);
  // All bits, or those of the sign alone: with them what was 0 is cleared.
  const always = keepZeros ? i64x2.splat(0) : i64x2.splat(-1);
  const zero = f64x2.splat(0);
  for (const end = to + ((<usize>n) << 2); to < end; to += 16, from += 4 * sizeof<T>()) {
    const a = pair<T>(from);
    const b = pair<T>(from + 2 * sizeof<T>());
    const normalA = f64x2.div(f64x2.sub(a, shift), divisor);
    const normalB = f64x2.div(f64x2.sub(b, shift), divisor);
    v128.store(
      to,
      floats(
        v128.and(normalA, v128.or(f64x2.ne(a, zero), always)),
        v128.and(normalB, v128.or(f64x2.ne(b, zero), always)),
      ),
    );
  }
}

/** Adds up exactly `n` voxels: their number, without zeros if `nonzero`, at `result`, and their sum after it. */
export function sum(single: bool, from: usize, n: i32, nonzero: bool, result: usize): void {
  if (single) sumAll<f32>(from, n, nonzero, result);
  else sumAll<f64>(from, n, nonzero, result);
}

function sumAll<T>(from: usize, n: i32, nonzero: bool, result: usize): void {
  let a = f64x2.splat(0);
  let b = a;
  let count: i32 = n;
  const end = from + <usize>n * sizeof<T>();
  const fours = from + <usize>(n & ~3) * sizeof<T>();
  const zero = a;
  let zeros = i64x2.splat(0);
  for (; from < fours; from += 4 * sizeof<T>()) {
    const x = pair<T>(from);
    const y = pair<T>(from + 2 * sizeof<T>());
    a = f64x2.add(a, x);
    b = f64x2.add(b, y);
    zeros = i64x2.add(zeros, i64x2.add(f64x2.eq(x, zero), f64x2.eq(y, zero)));
  }
  a = f64x2.add(a, b);
  let total = f64x2.extract_lane(a, 0) + f64x2.extract_lane(a, 1);
  let none = -(<i32>i64x2.extract_lane(zeros, 0) + <i32>i64x2.extract_lane(zeros, 1));
  for (; from < end; from += sizeof<T>()) {
    const x = <f64>load<T>(from);
    total += x;
    none += <i32>(x == 0);
  }
  if (nonzero) count -= none;
  store<f64>(result, <f64>count);
  store<f64>(result, total, 8);
}

/** The sum of `(x - mean)²` of exactly `n` voxels, without zeros if `nonzero`. */
export function sumOfSquares(single: bool, from: usize, n: i32, mean: f64, nonzero: bool): f64 {
  return single ? squaresOf<f32>(from, n, mean, nonzero) : squaresOf<f64>(from, n, mean, nonzero);
}

function squaresOf<T>(from: usize, n: i32, mean: f64, nonzero: bool): f64 {
  const shift = f64x2.splat(mean);
  const always = nonzero ? i64x2.splat(0) : i64x2.splat(-1);
  const zero = f64x2.splat(0);
  let a = zero;
  let b = zero;
  const end = from + <usize>n * sizeof<T>();
  for (const fours = from + <usize>(n & ~3) * sizeof<T>(); from < fours; from += 4 * sizeof<T>()) {
    const x = pair<T>(from);
    const y = pair<T>(from + 2 * sizeof<T>());
    const apartX = v128.and(f64x2.sub(x, shift), v128.or(f64x2.ne(x, zero), always));
    const apartY = v128.and(f64x2.sub(y, shift), v128.or(f64x2.ne(y, zero), always));
    a = f64x2.add(a, f64x2.mul(apartX, apartX));
    b = f64x2.add(b, f64x2.mul(apartY, apartY));
  }
  a = f64x2.add(a, b);
  let total = f64x2.extract_lane(a, 0) + f64x2.extract_lane(a, 1);
  for (; from < end; from += sizeof<T>()) {
    const x = <f64>load<T>(from);
    if (!nonzero || x != 0) total += (x - mean) * (x - mean);
  }
  return total;
}

/** A number, to fill a vector. */
const NUMBERS = memory.data(16, 16);

/** Operators of `../../ops/intensity/combine.ts`, in its order. */
const enum Operator {
  Add,
  Subtract,
  Multiply,
  Divide,
  Above,
  AtLeast,
  Below,
  AtMost,
  Equal,
  Unequal,
  And,
  Or,
}

/**
 * Combines voxels as float32.
 *
 * @param single both are float32, else float64
 * @param stepA bytes from a pair of voxels to the next; 0 for a number, which fills a vector at `a`. `stepB` likewise
 */
export function calculate(
  operator: Operator,
  single: bool,
  a: usize,
  stepA: i32,
  b: usize,
  stepB: i32,
  to: usize,
  n: i32,
): void {
  if (single) calculateAll<f32>(operator, a, stepA, b, stepB, to, n);
  else calculateAll<f64>(operator, a, stepA, b, stepB, to, n);
}

function calculateAll<T>(operator: Operator, a: usize, stepA: i32, b: usize, stepB: i32, to: usize, n: i32): void {
  const end = to + ((<usize>n) << 2);
  if (sizeof<T>() == 4) {
    // Four at a time: rounded once or twice, results are the same numbers.
    for (; to < end; to += 16, a += stepA << 1, b += stepB << 1)
      v128.store(to, calculated<T>(operator, v128.load(a), v128.load(b)));
    return;
  }
  for (; to < end; to += 8, a += stepA, b += stepB) {
    const result = calculated<T>(operator, v128.load(a), v128.load(b));
    v128.store64_lane(to, f32x4.demote_f64x2_zero(result), 0);
  }
}

function calculated<T>(operator: Operator, x: v128, y: v128): v128 {
  if (operator == Operator.Add) return v128.add<T>(x, y);
  if (operator == Operator.Subtract) return v128.sub<T>(x, y);
  if (operator == Operator.Multiply) return v128.mul<T>(x, y);
  return v128.div<T>(x, y);
}

/** Compares voxels with a number: bytes of 1 and 0. */
export function compareTo(operator: Operator, single: bool, from: usize, number: f64, to: usize, n: i32): void {
  const exact = <f64>(<f32>number) == number;
  v128.store(NUMBERS, single && exact ? f32x4.splat(<f32>number) : f64x2.splat(number));
  if (single && exact) compareAll<f32, f32>(operator, from, 8, NUMBERS, 0, to, n);
  else if (single) compareAll<f32, f64>(operator, from, 8, NUMBERS, 0, to, n);
  else compareAll<f64, f64>(operator, from, 16, NUMBERS, 0, to, n);
}

/** Compares voxels: bytes of 1 and 0. Arguments as for `calculate`. */
export function compare(
  operator: Operator,
  single: bool,
  a: usize,
  stepA: i32,
  b: usize,
  stepB: i32,
  to: usize,
  n: i32,
): void {
  if (single) compareAll<f32, f32>(operator, a, stepA, b, stepB, to, n);
  else compareAll<f64, f64>(operator, a, stepA, b, stepB, to, n);
}

function compareAll<A, B>(operator: Operator, a: usize, stepA: i32, b: usize, stepB: i32, to: usize, n: i32): void {
  // prettier-ignore
  switch (operator) {
    case Operator.Above: return bytes<Above, A, B>(a, stepA, b, stepB, to, n);
    case Operator.AtLeast: return bytes<AtLeast, A, B>(a, stepA, b, stepB, to, n);
    case Operator.Below: return bytes<Above, B, A>(b, stepB, a, stepA, to, n);
    case Operator.AtMost: return bytes<AtLeast, B, A>(b, stepB, a, stepA, to, n);
    case Operator.Equal: return bytes<Equal, A, B>(a, stepA, b, stepB, to, n);
    case Operator.Unequal: return bytes<Unequal, A, B>(a, stepA, b, stepB, to, n);
    case Operator.And: return bytes<And, A, B>(a, stepA, b, stepB, to, n);
    default: return bytes<Or, A, B>(a, stepA, b, stepB, to, n);
  }
}

// Names of comparisons, for the compiler to make a loop of each.
class Above {}
class AtLeast {}
class Equal {}
class Unequal {}
class And {}
class Or {}

function bytes<C, A, B>(a: usize, stepA: i32, b: usize, stepB: i32, to: usize, n: i32): void {
  const ones = i8x16.splat(1);
  const stepA2 = stepA << 1;
  const stepB2 = stepB << 1;
  for (const end = to + n; to < end; to += 16) {
    const p = four<C, A, B>(a, stepA, b, stepB);
    a += stepA2;
    b += stepB2;
    const q = four<C, A, B>(a, stepA, b, stepB);
    a += stepA2;
    b += stepB2;
    const r = four<C, A, B>(a, stepA, b, stepB);
    a += stepA2;
    b += stepB2;
    const s = four<C, A, B>(a, stepA, b, stepB);
    a += stepA2;
    b += stepB2;
    const marks = i8x16.narrow_i16x8_s(i16x8.narrow_i32x4_s(p, q), i16x8.narrow_i32x4_s(r, s));
    v128.store(to, v128.and(marks, ones));
  }
}

/** Four comparisons, as words of 32 bits that are all ones or zeros. */
function four<C, A, B>(a: usize, stepA: i32, b: usize, stepB: i32): v128 {
  if (sizeof<A>() + sizeof<B>() == 8) return compared<C, f32>(v128.load(a), v128.load(b));
  const low = compared<C, f64>(pair<A>(a), pair<B>(b));
  const high = compared<C, f64>(pair<A>(a + stepA), pair<B>(b + stepB));
  return v128.shuffle<i32>(low, high, 0, 2, 4, 6);
}

function compared<C, T>(x: v128, y: v128): v128 {
  if (idof<C>() == idof<Above>()) return v128.gt<T>(x, y);
  if (idof<C>() == idof<AtLeast>()) return v128.ge<T>(x, y);
  if (idof<C>() == idof<Equal>()) return v128.eq<T>(x, y);
  const zero = i32x4.splat(0);
  if (idof<C>() == idof<And>()) return v128.and(v128.ne<T>(x, zero), v128.ne<T>(y, zero));
  if (idof<C>() == idof<Or>()) return v128.or(v128.ne<T>(x, zero), v128.ne<T>(y, zero));
  return v128.ne<T>(x, y);
}

/** `a` where the condition is not 0, else `b`, as float32; all of them float32 (`single`) or float64. Steps as for `calculate`. */
export function choose(
  single: bool,
  condition: usize,
  a: usize,
  stepA: i32,
  b: usize,
  stepB: i32,
  to: usize,
  n: i32,
): void {
  const zero = i32x4.splat(0);
  const end = to + ((<usize>n) << 2);
  if (single) {
    for (; to < end; to += 16, condition += 16, a += stepA << 1, b += stepB << 1)
      v128.store(to, v128.bitselect(v128.load(a), v128.load(b), f32x4.ne(v128.load(condition), zero)));
    return;
  }
  for (; to < end; to += 8, condition += 16, a += stepA, b += stepB) {
    const chosen = v128.bitselect(v128.load(a), v128.load(b), f64x2.ne(v128.load(condition), zero));
    v128.store64_lane(to, f32x4.demote_f64x2_zero(chosen), 0);
  }
}

/** `x` where it is above the limit, or below it, else `value`, as float32. */
export function replaceBeyond(single: bool, from: usize, to: usize, n: i32, limit: f64, above: bool, value: f64): void {
  if (single) replaceAll<f32>(from, to, n, limit, above, value);
  else replaceAll<f64>(from, to, n, limit, above, value);
}

function replaceAll<T>(from: usize, to: usize, n: i32, limit: f64, above: bool, value: f64): void {
  const edge = f64x2.splat(limit);
  const other = f64x2.splat(value);
  for (const end = to + ((<usize>n) << 2); to < end; to += 8, from += 2 * sizeof<T>()) {
    const x = pair<T>(from);
    const kept = above ? f64x2.gt(x, edge) : f64x2.lt(x, edge);
    v128.store64_lane(to, f32x4.demote_f64x2_zero(v128.bitselect(x, other, kept)), 0);
  }
}

/** Replaces voxels at `to` by those at `from` that are larger; float32 (`single`) or float64. */
export function raise(single: bool, from: usize, to: usize, n: i32): void {
  if (single) raiseAll<f32>(from, to, n);
  else raiseAll<f64>(from, to, n);
}

function raiseAll<T>(from: usize, to: usize, n: i32): void {
  for (const end = to + <usize>n * sizeof<T>(); to < end; to += 16, from += 16)
    v128.store(to, v128.pmax<T>(v128.load(to), v128.load(from)));
}
