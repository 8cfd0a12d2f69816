import { allocateUnset } from '../../arena';
import { unreadable } from '../image-error';
import { perType } from '../ops/copy/per-type';
import { inPieces, PIECE } from '../simd/in-pieces';
import { typeNumber } from '../simd/simd-code';
import { countNotFinite, replaceNotFinite, smallestFinite, valueRange } from '../ops/intensity/measures';
import type { NumericArray, Volume } from '../volume';
import type { DecodedImage, NotFinite } from './decoded-image';
import { integerRange } from './value-types';
import { say, type Sentence } from '../../sentence';

export const CHUNK = PIECE;

/** `voxel * slope + intercept` in float64, rounded once to float32 (nibabel's `get_fdata(dtype=float32)`); plain float32 is not copied. */
export function toFloat32({ volume, slope, intercept }: DecodedImage): Volume<Float32Array> {
  const { data } = volume;
  const isPlain = slope === 1 && intercept === 0;
  if (isPlain && data instanceof Float32Array) return { ...volume, data };
  const real = allocateUnset(Float32Array, data.length);
  writeRealValues(data, slope, intercept, real, 0);
  return { ...volume, data: real };
}

/** Writes real values to `out` from `at` on, as {@link toFloat32} rounds them. */
export function writeRealValues(
  voxels: NumericArray,
  slope: number,
  intercept: number,
  out: Float32Array,
  at: number,
): void {
  if (slope === 1 && intercept === 0) return out.set(voxels, at);
  const type = typeNumber(voxels);
  inPieces([voxels], [out.subarray(at, at + voxels.length)], ({ code, n, inputs, outputs }) =>
    code.realValues(type, inputs[0], outputs[0], n, slope, intercept),
  );
}

const rescale = perType((from: NumericArray, slope: number, intercept: number, to: NumericArray, at: number): void => {
  for (let i = 0; i < from.length; i++) to[at + i] = from[i] * slope + intercept;
});

/** Writes `voxel * slope + intercept` of all voxels to `target` from `at` on: computed in float64, rounded once to the target's type. */
export function rescaleInto(from: NumericArray, slope: number, intercept: number, to: NumericArray, at: number): void {
  if (slope === 1 && intercept === 0) to.set(from, at);
  else rescale(from, to)(from, slope, intercept, to, at);
}

const INTEGERS = [Int16Array, Uint16Array, Int32Array];

/** Real values without rounding: as stored, or in the smallest integer type that holds them; undefined when scaling makes fractions. */
export function withoutScaling({ volume, slope, intercept }: DecodedImage): Volume | undefined {
  const { data } = volume;
  if (slope === 1 && intercept === 0) return volume;
  const exact = integerRange(data.constructor) && Number.isInteger(slope) && Number.isInteger(intercept);
  if (!exact || data.length === 0) return undefined;
  const ends = valueRange(data).map((value) => value * slope + intercept);
  const type = INTEGERS.find((candidate) => {
    const [lowest, highest] = integerRange(candidate)!;
    return ends.every((end) => end >= lowest && end <= highest);
  });
  if (!type) return undefined;
  const real = allocateUnset<NumericArray>(type, data.length);
  rescaleInto(data, slope, intercept, real, 0);
  return { ...volume, data: real };
}

/**
 * Replaces voxels that are NaN or infinite, in place: images have them outside their field of view, and one makes a mean, a percentile or a filtered
 * neighbourhood NaN. @param count of them, when known @returns a warning, if any @throws ImageError for `refuse`, and without a finite voxel
 */
export function settleNotFinite(
  data: Float32Array,
  name: string,
  choice: NotFinite = 'min',
  count = countNotFinite(data),
): Sentence | undefined {
  if (count === 0) return undefined;
  const found = say`${count} of ${data.length} voxels of "${name}" are NaN, infinite or beyond float32`;
  if (count === data.length) throw unreadable(say`${found}: there is no other`);
  if (choice === 'refuse')
    throw unreadable(
      say`${found}, which is refused; params {"nan": "min"} takes them as the smallest finite value, {"nan": "zero"} as 0`,
    );
  const value = choice === 'zero' ? 0 : smallestFinite(data);
  replaceNotFinite(data, value);
  const meaning = choice === 'zero' ? '0' : say`${value}, the smallest finite value`;
  return say`${found}; they count as ${meaning} (params.nan: min, zero or refuse).`;
}
