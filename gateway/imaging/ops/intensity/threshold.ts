import type { NumericArray } from '../../volume';
import { allocateUnset } from '../../../arena';
import { operatorNumber } from './combine';
import { inPieces } from '../../simd/in-pieces';

/**
 * 1 where the value passes the threshold, else 0. Clara's ThresholdValues takes values above it (`transforms.md` §9 A7),
 * MONAI's AsDiscrete also those equal to it.
 */
export function threshold(
  data: NumericArray,
  limit: number,
  equalPasses: boolean,
  out: Uint8Array = allocateUnset(Uint8Array, data.length),
): Uint8Array {
  const operator = operatorNumber(equalPasses ? '>=' : '>');
  inPieces([data], [out], ({ code, n, outputs, real }) => code.compareTo(operator, ...real(0), limit, outputs[0], n));
  return out;
}
