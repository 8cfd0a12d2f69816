import type { NumericArray } from '../volume';
import { perType } from './per-type';

/** Smallest and largest value; [Infinity, -Infinity] of nothing. NaN is passed over. */
export function valueRange(data: NumericArray): [lowest: number, highest: number] {
  return measure(data)(data);
}

const measure = perType((data: NumericArray): [number, number] => {
  let lowest = Infinity;
  let highest = -Infinity;
  for (let i = 0; i < data.length; i++) {
    const value = data[i];
    if (value < lowest) lowest = value;
    if (value > highest) highest = value;
  }
  return [lowest, highest];
});
