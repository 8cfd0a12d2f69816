import { sizeOf } from '../volume';
import { allocateUnset } from '../../array-memory';
import type { NumericArray } from '../volume';
import { perType } from './per-type';

/** Side of the square in which transposing loops walk, so that both arrays stay in the cache. */
const TILE = 32;

/**
 * A packed copy (first axis fastest) of the elements `first + Σ index[d]*strides[d]` of `data`, over all indices of `shape` (at most 4 axes).
 * Strides may be negative. Elements are moved as bits: the loops know only word sizes, not voxel types.
 */
export function copyStrided<T extends NumericArray>(
  data: T,
  first: number,
  shape: readonly number[],
  strides: readonly number[],
): T {
  const out = allocateUnset(data.constructor as Parameters<typeof allocateUnset<T>>[0], sizeOf(shape));
  const [nx, ny = 1, nz = 1, nc = 1] = shape;
  const [sx, sy = 0, sz = 0, sc = 0] = strides;
  const [source, target] = [words(data), words(out)];
  for (let c = 0; c < nc; c++) {
    const volume = { source, target, from: first + c * sc, to: c * nx * ny * nz };
    if (sx === 1) copyRows(volume, [nx, ny, nz], [sy, sz]);
    // The inner square is spanned by x and by the axis that is contiguous in the source.
    else if (Math.abs(sz) < Math.abs(sy) && nz > 1) copyTiled(volume, [nx, nz, ny], [sx, sz, sy], [nx * ny, nx]);
    else copyTiled(volume, [nx, ny, nz], [sx, sy, sz], [nx, nx * ny]);
  }
  return out;
}

type Words = Uint8Array | Uint16Array | Uint32Array | Float64Array;
interface Move {
  source: Words;
  target: Words;
  from: number;
  to: number;
}

function words({ buffer, byteOffset, length, BYTES_PER_ELEMENT }: NumericArray): Words {
  if (BYTES_PER_ELEMENT === 1) return new Uint8Array(buffer, byteOffset, length);
  if (BYTES_PER_ELEMENT === 2) return new Uint16Array(buffer, byteOffset, length);
  if (BYTES_PER_ELEMENT === 4) return new Uint32Array(buffer, byteOffset, length);
  return new Float64Array(buffer, byteOffset, length);
}

function copyRows({ source, target, from, to }: Move, [nx, ny, nz]: number[], [sy, sz]: number[]): void {
  for (let z = 0; z < nz; z++) {
    for (let y = 0; y < ny; y++) {
      const start = from + y * sy + z * sz;
      target.set(source.subarray(start, start + nx), to + nx * (y + ny * z));
    }
  }
}

/** Axes x (fastest in the target), y (its partner in the square), z; `targetStrides` are those of y and z. */
function copyTiled(move: Move, [nx, ny, nz]: number[], [sx, sy, sz]: number[], [ty, tz]: number[]): void {
  const { source, target, from, to } = move;
  const copySquare = square(source);
  for (let z = 0; z < nz; z++) {
    for (let y0 = 0; y0 < ny; y0 += TILE) {
      const height = Math.min(TILE, ny - y0);
      for (let x0 = 0; x0 < nx; x0 += TILE) {
        const width = Math.min(TILE, nx - x0);
        const [read, write] = [from + x0 * sx + y0 * sy + z * sz, to + x0 + y0 * ty + z * tz];
        copySquare(source, read, sx, sy, target, write, ty, width, height);
      }
    }
  }
}

const square = perType(
  (
    source: Words,
    from: number,
    sx: number,
    sy: number,
    target: Words,
    to: number,
    ty: number,
    width: number,
    height: number,
  ) => {
    for (let y = 0; y < height; y++) {
      let read = from + y * sy;
      const write = to + y * ty;
      for (let i = 0; i < width; i++, read += sx) target[write + i] = source[read];
    }
  },
);
