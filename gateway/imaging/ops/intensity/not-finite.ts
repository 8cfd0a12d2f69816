import { inPieces } from '../../simd/in-pieces';

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
