import { perType } from '../../../ops/copy/per-type';
import type { NumericArray } from '../../../volume';

/** From stored values to what they mean: a rescaling, or a table (Modality LUT) for those equal to `first` and following ones. */
export type Meaning =
  | { slope: number; intercept: number }
  | {
      /** Stored value of the first entry. Values below take the first entry, values beyond the last one (PS3.3 C.11.1.1). */
      first: number;
      table: ArrayLike<number>;
    };

/**
 * Writes a frame into an array at `at`. Real values are `stored * slope + intercept` in float64, rounded once when the array is float32.
 */
export function writeFrame(values: NumericArray, meaning: Meaning | undefined, target: NumericArray, at: number): void {
  if (!meaning) return target.set(values, at);
  if ('table' in meaning) return lookUp(values, meaning.first, meaning.table, target, at);
  const { slope, intercept } = meaning;
  if (slope === 1 && intercept === 0) target.set(values, at);
  else rescale(values, target)(values, slope, intercept, target, at);
}

function lookUp(values: NumericArray, first: number, table: ArrayLike<number>, to: NumericArray, at: number): void {
  const last = table.length - 1;
  for (let i = 0; i < values.length; i++) to[at + i] = table[Math.min(Math.max(values[i] - first, 0), last)];
}

const rescale = perType(
  (values: NumericArray, slope: number, intercept: number, to: NumericArray, at: number): void => {
    for (let i = 0; i < values.length; i++) to[at + i] = values[i] * slope + intercept;
  },
);
