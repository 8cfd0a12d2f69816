import { allocate, type NumericArray } from '../volume';

export interface NormalizeIntensityOptions {
  /** What is subtracted. @default the mean */
  subtrahend?: number;
  /** What is divided by; 0 counts as 1. @default the standard deviation (ddof 0) */
  divisor?: number;
  /** Only values other than 0 are measured and changed. */
  nonzero: boolean;
}

/** `(x - subtrahend) / divisor`, measured in float64 in two passes; without a value to measure the data are copied as they are (`transforms.md` §7.2). */
export function normalizeIntensity(
  data: NumericArray,
  { subtrahend, divisor, nonzero }: NormalizeIntensityOptions,
  out = allocate(Float32Array, data.length),
): Float32Array {
  const mean = subtrahend ?? meanOf(data, nonzero, 0, 1);
  const deviation = divisor ?? Math.sqrt(meanOf(data, nonzero, meanOf(data, nonzero, 0, 1), 2));
  const scale = deviation === 0 ? 1 : deviation;
  for (let i = 0; i < data.length; i++) out[i] = nonzero && data[i] === 0 ? 0 : (data[i] - mean) / scale;
  return out;
}

/** Mean of `(x - centre) ** power`; 0 when there is nothing to measure. */
function meanOf(data: NumericArray, nonzero: boolean, centre: number, power: 1 | 2): number {
  let sum = 0;
  let count = 0;
  for (let i = 0; i < data.length; i++) {
    if (nonzero && data[i] === 0) continue;
    const distance = data[i] - centre;
    sum += power === 1 ? distance : distance * distance;
    count++;
  }
  return count > 0 ? sum / count : 0;
}
