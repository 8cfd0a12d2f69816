import { firstAxisFastest, sizeOf, type NumericArray } from '../../volume';
import { allocateUnset } from '../../../arena';
import { copyBox } from '../../simd/copy';

/**
 * A packed copy (first axis fastest) of the elements `first + Σ index[d]*strides[d]` of `data`, over all indices of `shape`. Strides may be
 * negative.
 */
export function copyStrided<T extends NumericArray>(
  data: T,
  first: number,
  shape: readonly number[],
  strides: readonly number[],
): T {
  const out = allocateUnset(data.constructor as Parameters<typeof allocateUnset<T>>[0], sizeOf(shape));
  copyBox(shape, { data, at: first, strides }, { data: out, at: 0, strides: firstAxisFastest(shape) });
  return out;
}
