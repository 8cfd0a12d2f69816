import { wroteOnly } from '../arena';
import type { NumericArray } from './volume';

/** Elements `start` to `end` of an array; all others are 0. */
export interface Occupied {
  start: number;
  end: number;
}

const known = new WeakMap<NumericArray, Occupied>();

/** Says that an array was filled in this range only, and is filled nowhere else later: its zeros need not be read again. */
export function markOccupied(data: NumericArray, occupied: Occupied): void {
  known.set(data, occupied);
  wroteOnly(data, occupied.start, occupied.end);
}

/** The range that may hold other values than 0: the whole array, unless its maker knew better. */
export function occupiedRange(data: NumericArray): Occupied {
  return known.get(data) ?? { start: 0, end: data.length };
}
