import { allocateUnset } from '../../../arena';
import { inPieces, mapToFloats, PIECE, type Piece } from '../../simd/in-pieces';
import { typeNumber } from '../../simd/simd-code';
import type { NumericArray } from '../../volume';
import { allocateLike, partsOf } from '../copy/blocks';
import { perType } from '../copy/per-type';
import { operatorNumber } from './combine';
import { finiteOnly } from './measures';

const bytes = (length: number): Uint8Array => allocateUnset(Uint8Array, length);
const floatsLike = (data: NumericArray): Float32Array => allocateUnset(Float32Array, data.length);

export interface IntensityRange {
  /** Input values that become `bMin` and `bMax`. */
  aMin: number;
  aMax: number;
  bMin: number;
  bMax: number;
  /** Keep results within [bMin, bMax], unless `aMax` = `aMin`. @default false */
  clip?: boolean;
}

/** `(x - aMin) / (aMax - aMin) * (bMax - bMin) + bMin`; with `aMax` = `aMin` `x - aMin + bMin`, never clipped (MONAI 0.8.1 to 1.6.1). */
export function scaleIntensityRange(data: NumericArray, range: IntensityRange, out = floatsLike(data)): Float32Array {
  const { aMin, aMax, bMin, bMax, clip = false } = range;
  const factor = aMax === aMin ? 1 : (bMax - bMin) / (aMax - aMin);
  const [low, high] = clip && aMax !== aMin ? [bMin, bMax] : [-Infinity, Infinity];
  return mapToFloats(data, out, (code, single, from, to, n) =>
    code.scale(single, from, to, n, aMin, factor, bMin, low, high),
  );
}

export interface NormalizeIntensityOptions {
  /** The number to subtract. @default the mean */
  subtrahend?: number;
  /** The number to divide by; 0 counts as 1. @default the standard deviation (ddof 0) */
  divisor?: number;
  /** Only values other than 0 are measured and changed. */
  nonzero: boolean;
}

/** `(x - subtrahend) / divisor`, measured in float64 without NaN and infinities; without a value to measure the data are copied as they are. */
export function normalizeIntensity(
  data: NumericArray,
  { subtrahend, divisor, nonzero }: NormalizeIntensityOptions,
  out = floatsLike(data),
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

/** 1 where the value passes the threshold, else 0. Clara's ThresholdValues takes values above it, MONAI's AsDiscrete also those equal to it. */
export function threshold(
  data: NumericArray,
  limit: number,
  equalPasses: boolean,
  out = bytes(data.length),
): Uint8Array {
  const operator = operatorNumber(equalPasses ? '>=' : '>');
  inPieces([data], [out], ({ code, n, outputs, real }) => code.compareTo(operator, ...real(0), limit, outputs[0], n));
  return out;
}

/** `1 / (1 + exp(-x))` in float32, without overflow at either end. */
export function sigmoid(data: NumericArray, out = floatsLike(data)): Float32Array {
  inPieces([data], [out], ({ code, n, outputs, floats }) => code.sigmoid(floats(0), outputs[0], n));
  return out;
}

/** Softmax over the channels of a block of `channels` equal parts (channel slowest in memory), in float32. The largest value is subtracted first. */
export function softmax(data: NumericArray, channels: number, out = floatsLike(data)): Float32Array {
  const visit = ({ code, n, outputs, floats, kept: { from, to } }: Piece) => {
    from.array.set(outputs.map((_, c) => floats(c)));
    to.array.set(outputs);
    code.softmax(from.at, to.at, channels, n);
  };
  const addresses = [Uint32Array, channels] as const;
  inPieces(partsOf(data, channels), partsOf(out, channels), visit, { from: addresses, to: addresses });
  return out;
}

/** `x + offset`, as float32. */
export function shift(data: NumericArray, offset: number, out = floatsLike(data)): Float32Array {
  return mapToFloats(data, out, (code, single, from, to, n) =>
    code.scale(single, from, to, n, 0, 1, offset, -Infinity, Infinity),
  );
}

/** Values above `limit` (or below it) stay, others become `value`; as float32. */
export function replaceBeyond(
  data: NumericArray,
  limit: number,
  keep: 'above' | 'below',
  value: number,
  out = floatsLike(data),
): Float32Array {
  const above = Number(keep === 'above');
  return mapToFloats(data, out, (code, single, from, to, n) =>
    code.replaceBeyond(single, from, to, n, limit, above, value),
  );
}

/** Values where `mask` is above 0 stay, others become 0; as float32. */
export function maskValues(data: NumericArray, mask: NumericArray, out = floatsLike(data)): Float32Array {
  keepWhere(data, mask)(data, mask, out);
  return out;
}

const keepWhere = perType((data: NumericArray, mask: NumericArray, out: Float32Array) => {
  for (let i = 0; i < data.length; i++) out[i] = mask[i] > 0 ? data[i] : 0;
});

/** Labels among `kept` stay, others become 0. @param kept whole numbers from 0 to 65535 */
export function keepLabels<T extends NumericArray>(data: T, kept: readonly number[]): T {
  const out = allocateLike(data, data.length);
  if (data instanceof Uint8Array) keepBytes(data, kept, out as Uint8Array);
  else {
    const member = new Uint8Array(65536);
    for (const label of kept) member[label] = 1;
    keepMembers(data)(data, member, out);
  }
  return out;
}

function keepBytes(data: Uint8Array, kept: readonly number[], out: Uint8Array): void {
  const stays = Uint8Array.from({ length: 256 }, (_, label) => (kept.includes(label) ? label : 0));
  const look = ({ code, n, inputs, outputs, kept: { table } }: Piece) => {
    table.array.set(stays);
    code.lookUp(typeNumber(data), inputs[0], table.at, outputs[0], n);
  };
  inPieces([data], [out], look, { table: [Uint8Array, 256] });
}

const keepMembers = perType((data: NumericArray, member: Uint8Array, out: NumericArray) => {
  for (let i = 0; i < data.length; i++) out[i] = member[data[i]] === 1 ? data[i] : 0;
});

/** 1 where any of `channels` equal parts (channel slowest) is above 0. */
export function anyChannel(data: NumericArray, channels: number): Uint8Array {
  const out = bytes(data.length / channels);
  const single = Number(data instanceof Float32Array);
  const mark = ({ code, n, outputs, real, kept: { largest } }: Piece) => {
    largest.array.fill(0);
    for (let c = 0; c < channels; c++) code.raise(single, real(c)[1], largest.at, n);
    code.compareTo(operatorNumber('>'), single, largest.at, 0, outputs[0], n);
  };
  inPieces(partsOf(data, channels), [out], mark, { largest: [single ? Float32Array : Float64Array, PIECE] });
  return out;
}

/** Weighted sum of arrays of one length, as float32. */
export function weightedSum(arrays: readonly NumericArray[], weights: readonly number[]): Float32Array {
  const out: Float32Array = allocateUnset(Float32Array, arrays[0].length).fill(0);
  for (const [n, data] of arrays.entries()) addWeighted(data)(data, weights[n], out);
  return out;
}

const addWeighted = perType((data: NumericArray, weight: number, out: Float32Array) => {
  for (let i = 0; i < out.length; i++) out[i] += weight * data[i];
});
