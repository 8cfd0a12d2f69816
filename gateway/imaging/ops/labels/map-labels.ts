import type { NumericArray } from '../../volume';
import { perType } from '../copy/per-type';

/** Labels below this are looked up in a table. */
const TABLE = 65536;

/**
 * Puts into `out` the new value of each label of `data` that has one; other elements of `out` stay.
 * @param pairs value of `data` to value of `out`
 */
export function mapLabels(data: NumericArray, pairs: ReadonlyMap<number, number>, out: NumericArray): void {
  const known = new Uint8Array(TABLE);
  const target = new Float64Array(TABLE);
  const others = new Map<number, number>();
  for (const [from, to] of pairs) {
    if (Number.isInteger(from) && from >= 0 && from < TABLE) [known[from], target[from]] = [1, to];
    else others.set(from, to);
  }
  put(data, out)(data, out, known, target, others);
}

const put = perType(
  (data: NumericArray, out: NumericArray, known: Uint8Array, target: Float64Array, others: Map<number, number>) => {
    for (let i = 0; i < data.length; i++) {
      const value = data[i];
      if (known[value] === 1) out[i] = target[value];
      else if (others.size > 0) {
        const to = others.get(value);
        if (to !== undefined) out[i] = to;
      }
    }
  },
);
