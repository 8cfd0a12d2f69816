import type { NumericArray } from '../../volume';
import { allocateUnset } from '../../../arena';
import { mapToFloats } from '../../simd/in-pieces';

export interface IntensityRange {
  /** Input values that become `bMin` and `bMax`. */
  aMin: number;
  aMax: number;
  bMin: number;
  bMax: number;
  /** Keep results within [bMin, bMax], unless `aMax` = `aMin`. @default false */
  clip?: boolean;
}

/**
 * `(x - aMin) / (aMax - aMin) * (bMax - bMin) + bMin`; with `aMax` = `aMin` it is `x - aMin + bMin`, never clipped (`transforms.md` §4.5; MONAI 0.8.1 to 1.6.1).
 * float64 arithmetic, float32 result.
 */
export function scaleIntensityRange(
  data: NumericArray,
  range: IntensityRange,
  out: Float32Array = allocateUnset(Float32Array, data.length),
): Float32Array {
  const { aMin, aMax, bMin, bMax, clip = false } = range;
  const factor = aMax === aMin ? 1 : (bMax - bMin) / (aMax - aMin);
  const [low, high] = clip && aMax !== aMin ? [bMin, bMax] : [-Infinity, Infinity];
  return mapToFloats(data, out, (code, single, from, to, n) =>
    code.scale(single, from, to, n, aMin, factor, bMin, low, high),
  );
}
