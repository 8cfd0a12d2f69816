import { allocate, type NumericArray } from '../volume';
import { perType } from './per-type';

/**
 * 1 where the value passes the threshold, else 0. Clara's ThresholdValues takes values above it (`transforms.md` §9 A7),
 * MONAI's AsDiscrete also those equal to it.
 */
export function threshold(
  data: NumericArray,
  limit: number,
  equalPasses: boolean,
  out = allocate(Uint8Array, data.length),
): Uint8Array {
  (equalPasses ? markAtLeast : markAbove)(data)(data, out, limit);
  return out;
}

// Number of a comparison is compiled without a branch.
const markAtLeast = perType((data: NumericArray, out: Uint8Array, limit: number) => {
  for (let i = 0; i < data.length; i++) out[i] = Number(data[i] >= limit);
});

const markAbove = perType((data: NumericArray, out: Uint8Array, limit: number) => {
  for (let i = 0; i < data.length; i++) out[i] = Number(data[i] > limit);
});
