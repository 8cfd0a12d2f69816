import type { NumericArray } from '../volume';

/**
 * Percentiles with linear interpolation between the two nearest values (numpy's `percentile`), by selection instead of sorting.
 *
 * @param ranks 0 to 100
 * @see Hoare, Algorithm 65: Find, CACM 4(7), 1961
 */
export function percentiles(data: NumericArray, ranks: readonly number[]): number[] {
  const values = data.slice();
  return ranks.map((rank) => {
    const position = (rank / 100) * (values.length - 1);
    const below = Math.floor(position);
    const low = select(values, below);
    if (position === below) return low;
    return low + (smallestFrom(values, below + 1) - low) * (position - below);
  });
}

/** Value number `k` in ascending order; afterwards all values in front of place `k` are at most, those behind at least as large. */
function select(values: NumericArray, k: number): number {
  let left = 0;
  let right = values.length - 1;
  while (left < right) {
    const pivot = medianOfThree(values[left], values[(left + right) >> 1], values[right]);
    let i = left;
    let j = right;
    while (i <= j) {
      while (values[i] < pivot) i++;
      while (values[j] > pivot) j--;
      if (i > j) break;
      const swapped = values[i];
      values[i++] = values[j];
      values[j--] = swapped;
    }
    if (k <= j) right = j;
    else if (k >= i) left = i;
    else break;
  }
  return values[k];
}

function medianOfThree(a: number, b: number, c: number): number {
  return Math.max(Math.min(a, b), Math.min(Math.max(a, b), c));
}

function smallestFrom(values: NumericArray, from: number): number {
  let smallest = Infinity;
  for (let i = from; i < values.length; i++) if (values[i] < smallest) smallest = values[i];
  return smallest;
}
