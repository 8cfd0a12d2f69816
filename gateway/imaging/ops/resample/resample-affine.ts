import type { NumericArray, Volume } from '../../volume';
import { allocateUnset, type ArrayConstructor } from '../../../arena';
import { alike, LEAD, makeRows, rowsOf, type Rows } from '../../simd/rows';
import { typeNumber, simdCode } from '../../simd/simd-code';
import { roundHalfEven } from '../intensity/cast';
import { madeByChannel } from './channels';

/**
 * The voxels that a sample outside the volume sees: the edge repeated, zeros, or the volume mirrored at the ends of the edge voxels (`symmetric`) or at
 * their middles (`reflect`). Between the last voxel and zeros outside it is interpolated, and a nearest voxel outside is 0 (torch's `grid_sample`).
 */
export type Outside = 'replicate' | 'constant' | 'symmetric' | 'reflect';

/**
 * Samples a 3-D volume on any grid: output voxel (i, j, k) is taken at input position `matrix · (i, j, k, 1)`. Trilinear, float64
 * arithmetic, float32 result; or the nearest voxel: with the edge repeated of the volume's type and halves rounded up, else float32 and to even.
 * For grids whose axes are those of the volume `resampleLinear` and `resampleNearest` give the same and are faster.
 * @param matrix 3 rows of 4 numbers, voxel indices to voxel indices
 * @param target output lengths, order X, Y, Z
 * @returns spatial axes x fastest, channels slowest, axis letters in their places; affine and properties of the input
 */
export function resampleAffine(
  volume: Volume,
  matrix: readonly number[],
  target: readonly number[],
  nearest: boolean,
  outside: Outside = 'replicate',
): Volume {
  const repeats = outside === 'replicate';
  const type = nearest && repeats ? (volume.data.constructor as ArrayConstructor<NumericArray>) : Float32Array;
  const made = (size: number): NumericArray => allocateUnset<NumericArray>(type, size);
  return madeByChannel(volume, target, 'file', made, (from, to) =>
    repeats
      ? sampleChannel(from, matrix, target, nearest, to.data)
      : samplePadded(from, matrix, target, nearest, outside, to.data),
  );
}

/** Part of a grid: per axis the first voxel and the one after the last. */
type Box = readonly (readonly [from: number, to: number])[];

/** A part of the result is made of voxels that are copied together; they should stay in the cache. */
const PIECE_BYTES = 1 << 24;

/** Samples the result in parts that come from small boxes of the volume. */
function sampleChannel(
  { data, shape, strides }: Volume,
  matrix: readonly number[],
  target: readonly number[],
  nearest: boolean,
  out: NumericArray,
): void {
  const last = shape.map((n) => n - 1);
  const size = data.BYTES_PER_ELEMENT;
  const parts: Box[] = [target.map((n) => [0, n])];
  for (let part = parts.pop(); part; part = parts.pop()) {
    const box = sourceBox(part, matrix, last);
    const [nx, ny, nz] = box.map(([from, to]) => to - from);
    const rows = rowsOf(data, nx, strides[0], strides[1]);
    const planeStep = rows.inPlace ? strides[2] : alike(rows.room(ny), strides[2], size);
    const halves = (rows.inPlace ? nx * ny : planeStep) * nz * size > PIECE_BYTES && halved(part);
    if (halves) parts.push(...halves);
    else samplePart(part, box, rows, planeStep);
  }

  function samplePart(part: Box, [[x0], [y0, y1], [z0, z1]]: Box, rows: Rows, planeStep: number): void {
    const [[i0, i1], [j0, j1], [k0, k1]] = part;
    const n = i1 - i0;
    const { code, blocks } = simdCode({
      grid: [Float64Array, 18],
      source: [data.constructor as Float32ArrayConstructor, rows.inPlace ? 0 : planeStep * (z1 - z0)],
      out: [out.constructor as Float32ArrayConstructor, n * (j1 - j0) + LEAD],
    });
    let first = 0;
    for (let z = z1 - 1; z >= z0; z--) {
      const at = x0 * strides[0] + y0 * strides[1] + z * strides[2];
      first = rows.place(at, y1 - y0, blocks.source, (z - z0) * planeStep);
    }
    const [stepX, stepY, stepZ] = [strides[0], rows.step, planeStep];
    const origin = first - (x0 * stepX + y0 * stepY + z0 * stepZ) * size;
    const [sample, kind] = nearest ? [code.sampleNearest, size] : [code.sampleLinear, typeNumber(data)];
    blocks.grid.array.set([stepX, stepY, stepZ, ...last, ...matrix.slice(0, 12)]);
    for (let k = k0; k < k1; k++) {
      const at = i0 + target[0] * (j0 + target[1] * k);
      makeRows(out, at, [n, j1 - j0], [1, target[0]], blocks.out, (to) =>
        sample(kind, origin, blocks.grid.at, i0, n, j0, j1 - j0, k, to),
      );
    }
  }
}

/** The voxels of the volume that a part of the result, and one more voxel of each row, is made of. */
function sourceBox(part: Box, matrix: readonly number[], last: readonly number[]): Box {
  return last.map((end, d) => {
    let low = matrix[4 * d + 3];
    let high = low;
    for (const [axis, [from, to]] of part.entries()) {
      const ends = [from, axis === 0 ? to : to - 1].map((at) => matrix[4 * d + axis] * at);
      low += Math.min(...ends);
      high += Math.max(...ends);
    }
    // A voxel more on either side: positions are rounded, and the last voxel is the upper neighbour of the one before.
    const first = low > 2 ? Math.min(Math.floor(low) - 1, Math.max(end - 1, 0)) : 0;
    return [first, (high < end - 2 ? Math.max(Math.floor(high) + 2, first + 1) : end) + 1];
  });
}

/** Two halves of a part, cut across its longest axis, rows last; nothing of a single voxel. */
function halved(part: Box): Box[] | undefined {
  const lengths = part.map(([from, to], axis) => (to - from > 1 ? (to - from) / (axis === 0 ? 16 : 1) : 0));
  const most = Math.max(...lengths);
  if (most === 0) return undefined;
  const axis = lengths.indexOf(most);
  const [from, to] = part[axis];
  const middle = (from + to) >> 1;
  return [part.with(axis, [from, middle]), part.with(axis, [middle, to])];
}

function samplePadded(
  { data, shape, strides }: Volume,
  matrix: readonly number[],
  [mx, my, mz]: readonly number[],
  nearest: boolean,
  padding: Exclude<Outside, 'replicate'>,
  out: NumericArray,
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
