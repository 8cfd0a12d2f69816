import type { NumericArray } from '../../volume';
import { allocateUnset } from '../../../arena';
import { finiteOnly } from './finite-only';
import { inPieces, mapToFloats, type Piece } from '../../simd/in-pieces';

export interface NormalizeIntensityOptions {
  /** What is subtracted. @default the mean */
  subtrahend?: number;
  /** What is divided by; 0 counts as 1. @default the standard deviation (ddof 0) */
  divisor?: number;
  /** Only values other than 0 are measured and changed. */
  nonzero: boolean;
}

/**
 * `(x - subtrahend) / divisor`, measured in float64 without NaN and infinities; without a value to measure the data are copied as they are
 * (`transforms.md` §7.2).
 */
export function normalizeIntensity(
  data: NumericArray,
  { subtrahend, divisor, nonzero }: NormalizeIntensityOptions,
  out: Float32Array = allocateUnset(Float32Array, data.length),
): Float32Array {
  const measured = subtrahend === undefined || divisor === undefined;
  const { mean, deviation } = measured ? measure(data, nonzero) : { mean: 0, deviation: 0 };
  const scale = divisor ?? deviation;
  return mapToFloats(data, out, (code, single, from, to, n) =>
    code.normalize(single, from, to, n, subtrahend ?? mean, scale === 0 ? 1 : scale, Number(nonzero)),
  );
}

/**
 * Mean and standard deviation, 0 of nothing: those of each piece in two passes, put together.
 * @see Chan, Golub and LeVeque, Updating formulae and a pairwise algorithm for computing sample variances, 1979
 */
function measure(data: NumericArray, nonzero: boolean): { mean: number; deviation: number } {
  let [count, mean, squares] = [0, 0, 0];
  const add = ({ code, n, real, kept: { results } }: Piece) => {
    const voxels = real(0);
    code.sum(...voxels, n, Number(nonzero), results.at);
    const [added, sum] = results.array;
    if (added === 0) return;
    const apart = sum / added - mean;
    squares +=
      code.sumOfSquares(...voxels, n, sum / added, Number(nonzero)) + (apart * apart * count * added) / (count + added);
    mean += (apart * added) / (count + added);
    count += added;
  };
  inPieces([data], [], add, { results: [Float64Array, 2] });
  if (!Number.isFinite(mean)) return measure(finiteOnly(data), nonzero);
  return { mean, deviation: count > 0 ? Math.sqrt(squares / count) : 0 };
}
