import type { NumericArray } from '../../volume';
import { allocateUnset } from '../../../arena';
import { inPieces } from '../../simd/in-pieces';

/** `1 / (1 + exp(-x))` in float32, without overflow at either end. */
export function sigmoid(
  data: NumericArray,
  out: Float32Array = allocateUnset(Float32Array, data.length),
): Float32Array {
  inPieces([data], [out], ({ code, n, outputs, floats }) => code.sigmoid(floats(0), outputs[0], n));
  return out;
}
