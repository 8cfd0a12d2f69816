import { inPieces } from '../../simd/in-pieces';
import { typeNumber } from '../../simd/simd-code';
import type { NumericArray } from '../../volume';
import { perType } from '../copy/per-type';

/** The values that are neither NaN nor infinite, as float64: what measures of a whole image are taken of, so that one NaN does not spread. */
export function finiteOnly(data: NumericArray): Float64Array {
  return collect(data)(data);
}

const collect = perType((data: NumericArray): Float64Array => {
  let count = 0;
  for (let i = 0; i < data.length; i++) if (Number.isFinite(data[i])) count++;
  const finite = new Float64Array(count);
  for (let i = 0, n = 0; i < data.length; i++) if (Number.isFinite(data[i])) finite[n++] = data[i];
  return finite;
});

/** How many voxels are NaN or infinite. */
export function countNotFinite(data: Float32Array): number {
  let count = 0;
  inPieces([data], [], ({ code, n, inputs }) => void (count += code.countNotFinite(inputs[0], n)));
  return count;
}

/** The smallest finite voxel; Infinity where there is none. */
export function smallestFinite(data: Float32Array): number {
  let smallest = Infinity;
  inPieces(
    [data],
    [],
    ({ code, n, inputs }) => void (smallest = Math.min(smallest, code.smallestFinite(inputs[0], n))),
  );
  return smallest;
}

/** Writes `value` in place of every voxel that is NaN or infinite. */
export function replaceNotFinite(data: Float32Array, value: number): void {
  inPieces(
    [data],
    [data],
    ({ code, n, inputs, outputs }) => void code.replaceNotFinite(inputs[0], outputs[0], n, value),
  );
}

/** Bytes of a vector. */
const VECTOR = 16;

/** Smallest and largest value; [Infinity, -Infinity] of nothing. NaN is passed over. */
export function valueRange(data: NumericArray): [lowest: number, highest: number] {
  if (data.length === 0) return [Infinity, -Infinity];
  const lanes = VECTOR / data.BYTES_PER_ELEMENT;
  const type = data.constructor as Float32ArrayConstructor;
  const range = new type(2 * lanes);
  const first = Number.isNaN(data[0]) ? [Infinity, -Infinity] : [data[0], data[0]];
  range.fill(first[0], 0, lanes).fill(first[1], lanes);
  inPieces(
    [data],
    [],
    ({ code, from, n, inputs, kept }) => {
      if (from === 0) kept.range.array.set(range);
      code.extendRange(typeNumber(data), inputs[0], n, kept.range.at);
      range.set(kept.range.array);
    },
    { range: [type, 2 * lanes] },
  );
  return [Math.min(...range.subarray(0, lanes)), Math.max(...range.subarray(lanes))];
}
