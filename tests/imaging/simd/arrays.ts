import { allocateUnset, withScratch, type ArrayConstructor } from '../../../gateway/arena';
import type { NumericArray } from '../../../gateway/imaging/volume';

export const TYPES = [
  Int8Array,
  Uint8Array,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  Float32Array,
  Float64Array,
] as const;

/** Makes an array that holds anything. */
export type Make = <T extends ArrayBufferView>(type: ArrayConstructor<T>, length: number) => T;

const elsewhere: Make = (type, length) => new type(new SharedArrayBuffer(length * type.BYTES_PER_ELEMENT));

/**
 * Runs a test twice: with its arrays and results in memory that threads share, which kernels copy piece by piece, and in the memory of the SIMD code,
 * where they work in place.
 */
export function inBothPlaces(test: (make: Make) => void): void {
  test(elsewhere);
  withScratch(() => test(allocateUnset));
}

/** Whole numbers from 0 to below `range`, the same in each run. */
export function* numbers(seed: number, range: number): Generator<number, never> {
  for (let state = seed + 1; ;) {
    state = (state * 48271) % 2147483647;
    yield state % range;
  }
}

/** Elements around each array, so that it begins in the middle of a word of 8 bytes, as parts of large volumes do, and others follow it. */
const AROUND = 3;

/** Values of both signs where the type has them, and halves where it has those; between others. */
export function arrayOf<T extends (typeof TYPES)[number]>(
  type: T,
  length: number,
  seed = 1,
  make: Make = elsewhere,
): InstanceType<T> {
  const around = make(type as ArrayConstructor<Float32Array>, length + 2 * AROUND).fill(99);
  const array = around.subarray(AROUND, AROUND + length) as NumericArray;
  const next = numbers(seed, 200);
  const lowest = type.name.startsWith('Uint') ? 0 : -100;
  const unit = type.name.startsWith('Float') ? 0.5 : 1;
  for (let i = 0; i < length; i++) array[i] = (next.next().value + lowest) * unit;
  return array as InstanceType<T>;
}

/** All pairs the same number; `expect` takes too long for many. */
export function expectSame(actual: ArrayLike<number>, expected: ArrayLike<number>, what = ''): void {
  if (actual.length !== expected.length) throw new Error(`${what}: ${actual.length} instead of ${expected.length}`);
  for (let i = 0; i < expected.length; i++)
    if (!(actual[i] === expected[i] || Object.is(actual[i], expected[i])))
      throw new Error(`${what} at ${i}: ${actual[i]}, expected ${expected[i]}`);
}
