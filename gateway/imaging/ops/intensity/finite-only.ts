import type { NumericArray } from '../../volume';
import { perType } from '../copy/per-type';

/** The values that are neither NaN nor infinite, as float64: what measures of a whole image are taken of, so that one NaN does not spread. */
export function finiteOnly(data: NumericArray): Float64Array {
  return collect(data)(data);
}

const collect = perType((data: NumericArray): Float64Array => {
  let count = 0;
  for (let i = 0; i < data.length; i++) if (Number.isFinite(data[i])) count++;
  const finite = new Float64Array(count);
  for (let i = 0, n = 0; i < data.length; i++) if (Number.isFinite(data[i])) finite[n++] = data[i];
  return finite;
});
