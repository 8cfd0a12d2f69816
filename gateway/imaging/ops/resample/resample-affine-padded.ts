import type { Volume } from '../../volume';
import { allocateUnset } from '../../../arena';
import { roundHalfEven } from '../intensity/cast';
import { madeByChannel } from './channels';

/** What a sample outside the volume sees: zeros, or the volume mirrored at the ends of the edge voxels (`symmetric`) or at their middles (`reflect`). */
export type OutsidePadding = 'constant' | 'symmetric' | 'reflect';

/**
 * `resampleAffine` for samples that may lie outside the volume: torch's `grid_sample` with `padding_mode` zeros or reflection. Between the
 * last voxel and zeros outside it is interpolated; a nearest voxel outside is 0.
 *
 * @param matrix 3 rows of 4 numbers, voxel indices of the result to voxel indices of `volume`
 * @param target output lengths, order X, Y, Z
 * @returns spatial axes x fastest, channels slowest, axis letters in their places; affine and properties of the input
 */
export function resampleAffinePadded(
  volume: Volume,
  matrix: readonly number[],
  target: readonly number[],
  nearest: boolean,
  padding: OutsidePadding,
): Volume<Float32Array> {
  const floats = (size: number): Float32Array => allocateUnset(Float32Array, size);
  return madeByChannel(volume, target, 'file', floats, (from, to) =>
    sampleChannel(from, matrix, target, nearest, padding, to.data),
  );
}

function sampleChannel(
  { data, shape, strides }: Volume,
  matrix: readonly number[],
  [mx, my, mz]: readonly number[],
  nearest: boolean,
  padding: OutsidePadding,
  out: Float32Array,
): void {
  const position = [0, 0, 0];
  const below = [0, 0, 0];
  const weight = [0, 0, 0];
  let at = 0;
  for (let k = 0; k < mz; k++) {
    for (let j = 0; j < my; j++) {
      for (let i = 0; i < mx; i++, at++) {
        for (let d = 0; d < 3; d++) {
          const x = matrix[4 * d] * i + matrix[4 * d + 1] * j + matrix[4 * d + 2] * k + matrix[4 * d + 3];
          position[d] = padding === 'constant' ? x : folded(x, shape[d], padding);
          below[d] = nearest ? roundHalfEven(position[d]) : Math.floor(position[d]);
          weight[d] = nearest ? 0 : position[d] - below[d];
        }
        let sum = 0;
        for (let corner = 0; corner < 8; corner++) {
          let share = 1;
          let from = 0;
          for (let d = 0; d < 3; d++) {
            const step = (corner >> d) & 1;
            const index = below[d] + step;
            share *= step === 1 ? weight[d] : 1 - weight[d];
            if (index < 0 || index >= shape[d]) share = 0;
            from += index * strides[d];
          }
          if (share !== 0) sum += share * data[from];
        }
        out[at] = sum;
      }
    }
  }
}

/** The place within an axis of `n` voxels that stands for place `x` outside it. */
function folded(x: number, n: number, padding: 'symmetric' | 'reflect'): number {
  const low = padding === 'symmetric' ? -0.5 : 0;
  const span = padding === 'symmetric' ? n : n - 1;
  if (span === 0) return 0;
  const beyond = Math.abs(x - low);
  const turns = Math.floor(beyond / span);
  const rest = beyond - turns * span;
  const inside = (turns % 2 === 0 ? rest : span - rest) + low;
  return Math.min(Math.max(inside, 0), n - 1);
}
