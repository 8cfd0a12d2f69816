import type { NumericArray } from '../../volume';
import { allocateUnset } from '../../../arena';
import { inPieces, type Piece } from '../../simd/in-pieces';

/**
 * Softmax over the channels of a block of `channels` equal parts (channel slowest in memory), in float32. The largest value is subtracted
 * first.
 */
export function softmax(
  data: NumericArray,
  channels: number,
  out: Float32Array = allocateUnset(Float32Array, data.length),
): Float32Array {
  const size = data.length / channels;
  const parts = <T extends NumericArray>(of: T) => Array.from({ length: channels }, (_, c) => of.subarray(c * size, (c + 1) * size) as T); // prettier-ignore
  const visit = ({ code, n, outputs, floats, kept: { from, to } }: Piece) => {
    from.array.set(outputs.map((_, c) => floats(c)));
    to.array.set(outputs);
    code.softmax(from.at, to.at, channels, n);
  };
  inPieces(parts(data), parts(out), visit, { from: [Uint32Array, channels], to: [Uint32Array, channels] });
  return out;
}
