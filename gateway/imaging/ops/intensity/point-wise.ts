import type { NumericArray } from '../../volume';
import { allocateUnset } from '../../../arena';
import { operatorNumber } from './combine';
import { inPieces, mapToFloats, PIECE, type Piece } from '../../simd/in-pieces';
import { typeNumber } from '../../simd/simd-code';
import { perType } from '../copy/per-type';

/** `x + offset`, as float32. */
export function shift(
  data: NumericArray,
  offset: number,
  out: Float32Array = allocateUnset(Float32Array, data.length),
): Float32Array {
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
  out: Float32Array = allocateUnset(Float32Array, data.length),
): Float32Array {
  const above = Number(keep === 'above');
  return mapToFloats(data, out, (code, single, from, to, n) =>
    code.replaceBeyond(single, from, to, n, limit, above, value),
  );
}

/** Values where `mask` is above 0 stay, others become 0; as float32. */
export function maskValues(
  data: NumericArray,
  mask: NumericArray,
  out: Float32Array = allocateUnset(Float32Array, data.length),
): Float32Array {
  keepWhere(data, mask)(data, mask, out);
  return out;
}

const keepWhere = perType((data: NumericArray, mask: NumericArray, out: Float32Array) => {
  for (let i = 0; i < data.length; i++) out[i] = mask[i] > 0 ? data[i] : 0;
});

/** Labels among `kept` stay, others become 0. @param kept whole numbers from 0 to 65535 */
export function keepLabels<T extends NumericArray>(data: T, kept: readonly number[]): T {
  const out = allocateUnset(data.constructor as Parameters<typeof allocateUnset<T>>[0], data.length);
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
  const size = data.length / channels;
  const out: Uint8Array = allocateUnset(Uint8Array, size);
  const parts = Array.from({ length: channels }, (_, c) => data.subarray(c * size, (c + 1) * size) as NumericArray);
  const single = Number(data instanceof Float32Array);
  const mark = ({ code, n, outputs, real, kept: { largest } }: Piece) => {
    largest.array.fill(0);
    for (let c = 0; c < channels; c++) code.raise(single, real(c)[1], largest.at, n);
    code.compareTo(operatorNumber('>'), single, largest.at, 0, outputs[0], n);
  };
  inPieces(parts, [out], mark, { largest: [single ? Float32Array : Float64Array, PIECE] });
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
