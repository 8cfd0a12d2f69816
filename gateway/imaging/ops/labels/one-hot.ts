import type { NumericArray } from '../../volume';
import { allocateUnset } from '../../../arena';
import { operatorNumber } from '../intensity/combine';
import { inPieces } from '../../simd/in-pieces';

/** One channel of 0 and 1 per class, one behind the other: channel v is 1 where the label is v. Labels beyond the classes are in none. */
export function oneHot(
  labels: NumericArray,
  classes: number,
  out: Uint8Array = allocateUnset(Uint8Array, labels.length * classes),
): Uint8Array {
  const size = labels.length;
  const channels = Array.from({ length: classes }, (_, label) => out.subarray(label * size, (label + 1) * size));
  inPieces([labels], channels, ({ code, n, outputs, real }) => {
    const voxels = real(0);
    for (const [label, to] of outputs.entries()) code.compareTo(operatorNumber('=='), ...voxels, label, to, n);
  });
  return out;
}
