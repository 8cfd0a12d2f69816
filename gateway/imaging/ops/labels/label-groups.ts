import type { NumericArray } from '../../volume';
import { allocateUnset } from '../../../arena';
import { inPieces, type Piece } from '../../simd/in-pieces';
import { typeNumber } from '../../simd/simd-code';

const LABELS = 256;

/**
 * One channel of 0 and 1 per group of labels, one behind the other: 1 where the voxel has one of the group's labels. Groups may overlap.
 *
 * @param groups whole numbers from 0 to 255; other values of `labels` are in no group
 */
export function labelGroups(
  labels: NumericArray,
  groups: readonly (readonly number[])[],
  out: Uint8Array = allocateUnset(Uint8Array, labels.length * groups.length),
): Uint8Array {
  const size = labels.length;
  const channels = groups.map((_, at) => out.subarray(at * size, (at + 1) * size));
  const members = groups.map((group) =>
    Uint8Array.from({ length: LABELS }, (_, label) => Number(group.includes(label))),
  );
  const mark = ({ code, n, inputs, outputs, kept: { table } }: Piece) => {
    for (const [at, to] of outputs.entries()) {
      table.array.set(members[at]);
      code.lookUp(typeNumber(labels), inputs[0], table.at, to, n);
    }
  };
  inPieces([labels], channels, mark, { table: [Uint8Array, LABELS] });
  return out;
}
