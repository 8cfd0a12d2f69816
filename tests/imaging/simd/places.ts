import { allocateUnset, useArena } from '../../../gateway/arena';
import type { NumericArray } from '../../../gateway/imaging/volume';
import type { TYPES } from './arrays';

useArena();

/** Where an array lies that SIMD code is given. */
export const PLACES = ['in the memory', 'elsewhere'] as const;
export type Place = (typeof PLACES)[number];

const GUARD = 40;
const SENTINEL = 77;

/** An array of the same elements at a place, between others that must stay as they are. */
export class Placed<T extends NumericArray> {
  readonly array: T;
  private readonly around: T;

  constructor(place: Place, elements: T, offset = 0) {
    const type = elements.constructor as (typeof TYPES)[number];
    const length = elements.length + 2 * GUARD + offset;
    const whole =
      place === 'elsewhere'
        ? new type(length)
        : allocateUnset<NumericArray>(type, Math.max(length, (1 << 20) / type.BYTES_PER_ELEMENT));
    this.around = whole.subarray(0, length) as T;
    this.around.fill(SENTINEL);
    this.array = this.around.subarray(GUARD + offset, GUARD + offset + elements.length) as T;
    this.array.set(elements);
  }

  /** What lies before and after the array has not changed. */
  expectGuarded(): void {
    const begin = this.array.byteOffset / this.array.BYTES_PER_ELEMENT - this.around.byteOffset / this.array.BYTES_PER_ELEMENT; // prettier-ignore
    const others = [...this.around.subarray(0, begin), ...this.around.subarray(begin + this.array.length)];
    expect(others.every((value) => value === SENTINEL)).toBe(true);
  }
}
