import type { NumericArray } from '../volume';
import { allocateUnset } from '../../array-memory';
import { inPieces, PIECE, type Piece } from '../vector/in-pieces';

/**
 * Softmax over the channels of a block of `channels` equal parts (channel slowest in memory), in float32. The largest value is subtracted
 * first.
 */
export function softmax(
  data: NumericArray,
  channels: number,
  out = allocateUnset(Float32Array, data.length),
): Float32Array {
  const size = data.length / channels;
  const parts = <T extends NumericArray>(of: T) => Array.from({ length: channels }, (_, c) => of.subarray(c * size, (c + 1) * size) as T); // prettier-ignore
  const visit = ({ code, n, outputs, floats, kept: { rows } }: Piece) => {
    const row = (c: number) => rows.at + c * PIECE * rows.array.BYTES_PER_ELEMENT;
    for (let c = 0; c < channels; c++) code.copy(floats(c), row(c), n * rows.array.BYTES_PER_ELEMENT);
    code.softmax(rows.at, PIECE * rows.array.BYTES_PER_ELEMENT, channels, n);
    for (let c = 0; c < channels; c++) code.copy(row(c), outputs[c], n * rows.array.BYTES_PER_ELEMENT);
  };
  inPieces(parts(data), parts(out), visit, { rows: [Float32Array, PIECE * channels] });
  return out;
}
