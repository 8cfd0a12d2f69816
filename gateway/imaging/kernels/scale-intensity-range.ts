import { allocate, type NumericArray } from '../volume';
import { perType } from './per-type';

export interface IntensityRange {
  /** Input values that become `bMin` and `bMax`. */
  aMin: number;
  aMax: number;
  bMin: number;
  bMax: number;
  /** Keep results within [bMin, bMax]. @default false */
  clip?: boolean;
}

/**
 * `(x - aMin) / (aMax - aMin) * (bMax - bMin) + bMin`; with `aMax` = `aMin` it is `x - aMin + bMin` (`transforms.md` §4.5).
 * float64 arithmetic, float32 result.
 */
export function scaleIntensityRange(
  data: NumericArray,
  range: IntensityRange,
  out = allocate(Float32Array, data.length),
): Float32Array {
  const { aMin, aMax, bMin, bMax, clip = false } = range;
  const factor = aMax === aMin ? 1 : (bMax - bMin) / (aMax - aMin);
  if (clip) scaleAndClip(data)(data, out, aMin, factor, bMin, bMax);
  else scale(data)(data, out, aMin, factor, bMin);
  return out;
}

const scale = perType((data: NumericArray, out: Float32Array, aMin: number, factor: number, bMin: number) => {
  for (let i = 0; i < data.length; i++) out[i] = (data[i] - aMin) * factor + bMin;
});

const scaleAndClip = perType(
  (data: NumericArray, out: Float32Array, aMin: number, factor: number, bMin: number, bMax: number) => {
    // No branch: which side of the range a voxel lies on cannot be predicted.
    for (let i = 0; i < data.length; i++) out[i] = Math.min(Math.max((data[i] - aMin) * factor + bMin, bMin), bMax);
  },
);
