import { allocate, type NumericArray } from '../volume';
import { perType } from './per-type';

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
  const count = nonzero ? countNonzero(data)(data) : data.length;
  const measured = count > 0 && (subtrahend === undefined || divisor === undefined);
  const mean = measured ? total(data)(data) / count : 0;
  const deviation = divisor ?? (count > 0 ? Math.sqrt(squares(data)(data, mean, nonzero) / count) : 0);
  const scale = deviation === 0 ? 1 : deviation;
  (nonzero ? changeNonzero : change)(data)(data, out, subtrahend ?? mean, scale);
  return out;
}

const countNonzero = perType((data: NumericArray): number => {
  let count = 0;
  for (let i = 0; i < data.length; i++) if (data[i] !== 0) count++;
  return count;
});

/** Zeros add nothing: the sum of all is that of the others. */
const total = perType((data: NumericArray): number => {
  let sum = 0;
  for (let i = 0; i < data.length; i++) sum += data[i];
  return sum;
});

const squares = perType((data: NumericArray, mean: number, nonzero: boolean): number => {
  let sum = 0;
  for (let i = 0; i < data.length; i++) {
    const distance = nonzero && data[i] === 0 ? 0 : data[i] - mean;
    sum += distance * distance;
  }
  return sum;
});

const change = perType((data: NumericArray, out: Float32Array, mean: number, scale: number) => {
  for (let i = 0; i < data.length; i++) out[i] = (data[i] - mean) / scale;
});

const changeNonzero = perType((data: NumericArray, out: Float32Array, mean: number, scale: number) => {
  for (let i = 0; i < data.length; i++) out[i] = data[i] === 0 ? 0 : (data[i] - mean) / scale;
});
