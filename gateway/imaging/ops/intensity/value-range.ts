import type { NumericArray } from '../../volume';
import { inPieces } from '../../simd/in-pieces';
import { typeNumber } from '../../simd/simd-code';

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
