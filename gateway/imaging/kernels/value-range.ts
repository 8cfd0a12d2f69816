import type { NumericArray } from '../volume';

/** Smallest and largest value; [Infinity, -Infinity] of nothing. */
export function valueRange(data: NumericArray): [lowest: number, highest: number] {
  let lowest = Infinity;
  let highest = -Infinity;
  for (let i = 0; i < data.length; i++) {
    const value = data[i];
    if (value < lowest) lowest = value;
    if (value > highest) highest = value;
  }
  return [lowest, highest];
}
