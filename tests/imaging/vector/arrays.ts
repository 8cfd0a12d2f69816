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

/** Whole numbers from 0 to below `range`, the same in each run. */
export function* numbers(seed: number, range: number): Generator<number, never> {
  for (let state = seed + 1; ;) {
    state = (state * 48271) % 2147483647;
    yield state % range;
  }
}

/**
 * Values of both signs where the type has them, and halves where it has those. The array begins in the middle of a word of 8 bytes, in memory that
 * threads share, as parts of large volumes do.
 */
export function arrayOf<T extends (typeof TYPES)[number]>(type: T, length: number, seed = 1): InstanceType<T> {
  const bytes = new SharedArrayBuffer((length + 3) * type.BYTES_PER_ELEMENT);
  const array = new (type as Float32ArrayConstructor)(bytes as ArrayBufferLike).subarray(3) as NumericArray;
  const next = numbers(seed, 200);
  const lowest = type.name.startsWith('Uint') ? 0 : -100;
  const unit = type.name.startsWith('Float') ? 0.5 : 1;
  for (let i = 0; i < length; i++) array[i] = (next.next().value + lowest) * unit;
  return array as InstanceType<T>;
}
