import { allocateUnset } from '../../arena';
import { valueRange } from '../ops/intensity/value-range';
import type { NumericArray, Volume } from '../volume';
import { integerRange } from './cast';
import type { DecodedImage } from './decoded-image';

/** Smallest first. */
const WHOLE = [Int16Array, Uint16Array, Int32Array];

/**
 * The real values of an image without a rounding: as they are stored, or in the smallest type for whole numbers that holds them all. Undefined when
 * slope or intercept make fractions of them.
 */
export function withoutScaling({ volume, slope, intercept }: DecodedImage): Volume | undefined {
  const { data } = volume;
  if (slope === 1 && intercept === 0) return volume;
  const whole = integerRange(data.constructor) && Number.isInteger(slope) && Number.isInteger(intercept);
  if (!whole || data.length === 0) return undefined;
  const ends = valueRange(data).map((value) => value * slope + intercept);
  const type = WHOLE.find((candidate) => {
    const [lowest, highest] = integerRange(candidate)!;
    return ends.every((end) => end >= lowest && end <= highest);
  });
  if (!type) return undefined;
  const real = allocateUnset<NumericArray>(type, data.length);
  rescale(data, slope, intercept, real);
  return { ...volume, data: real };
}

function rescale(from: NumericArray, slope: number, intercept: number, to: NumericArray): void {
  for (let i = 0; i < from.length; i++) to[i] = from[i] * slope + intercept;
}
