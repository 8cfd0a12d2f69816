import type { NumericArray } from '../../volume';
import { allocateUnset } from '../../../arena';
import { normalizeIntensity } from './normalize-intensity';

/**
 * Subtracts the mean of the non-zero elements from them and divides by their standard deviation (ddof 0; a deviation of 0 counts as 1).
 * Zeros stay zero. Mean and deviation are float64 (`transforms.md` §4.5).
 */
export function normalizeNonzero(
  data: NumericArray,
  out: Float32Array = allocateUnset(Float32Array, data.length),
): Float32Array {
  return normalizeIntensity(data, { nonzero: true }, out);
}
