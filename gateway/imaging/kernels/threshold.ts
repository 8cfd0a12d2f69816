import { allocate, type NumericArray } from '../volume';

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
  if (equalPasses) for (let i = 0; i < data.length; i++) out[i] = data[i] >= limit ? 1 : 0;
  else for (let i = 0; i < data.length; i++) out[i] = data[i] > limit ? 1 : 0;
  return out;
}
