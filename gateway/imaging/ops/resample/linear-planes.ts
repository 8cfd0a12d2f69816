import type { NumericArray } from '../../volume';
import { LEAD, rowsOf } from '../../simd/rows';
import { simdCode, typeNumber, type Block, type SimdCode } from '../../simd/simd-code';
import { gridPlaces, splineAxis, type SplineAxis } from './spline-axis';

/** How two grids of one axis lie: both span the same box, or both have their first and last samples on each other. */
export type SplineGrid = 'half-pixel' | 'corners';

/** The type that a sum in float64 is rounded to, in the order of `Rounding` in simd/assembly/rounding.ts; halves are stored as float32. */
export type Rounded = 'float32' | 'half' | 'not at all';
export const ROUNDINGS: readonly Rounded[] = ['float32', 'half', 'not at all'];

/** Makes planes of a resized volume, one at a time, of few planes of the source: orders 0 and 1. */
export interface PlaneResizer {
  /** Lengths of the result, slowest axis first. */
  lengths: readonly number[];
  /** First and last plane of the source that plane `k` of the result is made of; neither falls as `k` rises. */
  needs(k: number): readonly [first: number, last: number];
  /**
   * Plane `k` of the result.
   * @param plane source plane of index z, asked for those that `needs` names
   * @param out float64 for sums that are not rounded
   */
  make(k: number, plane: (z: number) => NumericArray, out: Float32Array | Float64Array): void;
  /** Labels of plane `k` from the scores of `heads` heads: the greatest, of equals the first. Takes two planes of float32, however many heads there are. */
  label(
    k: number,
    heads: number,
    plane: (head: number, z: number) => NumericArray,
    labels: Uint8Array | Uint16Array,
  ): void;
}

interface Corners {
  first: number;
  /** As `taps` of the axis has them; the second is missing where it has no weight. */
  rows: readonly (readonly [index: number, weight: number])[];
}

const BYTES_OF_ROW = 24;
/** Labels are compared so many at a time. */
const LANES = 16;

/**
 * Resizes planes of a volume with planes of rows (last axis fastest), the edge repeated outside. Sums are float64, added up in the order in which SciPy
 * adds them up, and rounded once.
 * @param from lengths of the source, slowest axis first: planes, rows, voxels of a row
 * @param to lengths of the result
 * @param orders of the three axes
 */
export function planeResizer(
  from: readonly number[],
  to: readonly number[],
  orders: readonly (0 | 1)[],
  { grid = 'half-pixel', rounded = 'float32' }: { grid?: SplineGrid; rounded?: Rounded } = {},
): PlaneResizer {
  const [z, y, x] = from.map((n, d) => splineAxis(n, gridPlaces(n, to[d], grid), orders[d]));
  const [, ny, nx] = from;
  const [, my, mx] = to;
  const [acrossRows, acrossPlanes] = [y, z].map((axis, d) => Array.from({ length: to[1 - d] }, (_, j) => cornersAt(axis, j))); // prettier-ignore
  const isDouble = rounded === 'not at all';
  const roomFor = (type: Float32ArrayConstructor) => ({
    source: [type, 2 * (nx * ny + LEAD)] as const,
    rows: [Float64Array, (4 * BYTES_OF_ROW) / 8] as const,
    lower: [Int32Array, mx + 1] as const,
    weights: [Float64Array, 2 * mx + 2] as const,
    scratch: [Float64Array, 4 * (nx + 3)] as const,
    made: [isDouble ? Float64Array : Float32Array, my * mx + LANES] as const,
  });
  type Blocks = { [K in keyof ReturnType<typeof roomFor>]: Block<NumericArray> };

  function write(code: SimdCode, blocks: Blocks, k: number, plane: (z: number) => NumericArray, out: number): void {
    placeRow(x, blocks.lower.array as Int32Array, blocks.weights.array as Float64Array);
    const planes = acrossPlanes[k].rows.map(([index, weight], n) => {
      const data = plane(index);
      const rows = rowsOf(data, nx, 1, nx);
      const at = rows.place(0, ny, blocks.source, n * (nx * ny + LEAD));
      return { at, weight, type: typeNumber(data), bytes: data.BYTES_PER_ELEMENT };
    });
    const [{ type, bytes }] = planes;
    const table = blocks.rows.array as Float64Array;
    const addresses = new Uint32Array(table.buffer, table.byteOffset, 2 * table.length);
    for (const [j, { rows }] of acrossRows.entries()) {
      let count = 0;
      for (const { at, weight } of planes) {
        for (const [row, share] of rows) {
          addresses[6 * count] = at + row * nx * bytes;
          table[3 * count + 1] = weight;
          table[3 * count + 2] = share;
          count++;
        }
      }
      const to = out + j * mx * (isDouble ? 8 : 4);
      code.cornerRow(type, blocks.rows.at, count, nx, blocks.lower.at, blocks.weights.at, mx, ROUNDINGS.indexOf(rounded), blocks.scratch.at, to); // prettier-ignore
    }
  }

  return {
    lengths: to,
    needs: (k) => {
      const { first, rows } = acrossPlanes[k];
      return [first, rows[rows.length - 1][0]];
    },
    make(k, plane, out) {
      const type = plane(acrossPlanes[k].first).constructor as Float32ArrayConstructor;
      const { code, blocks } = simdCode(roomFor(type));
      write(code, blocks, k, plane, blocks.made.at);
      out.set((blocks.made.array as Float32Array).subarray(0, my * mx));
    },
    label(k, heads, plane, labels) {
      const type = plane(0, acrossPlanes[k].first).constructor as Float32ArrayConstructor;
      const size = my * mx;
      const { code, blocks } = simdCode({
        ...roomFor(type),
        best: [Float32Array, size + LANES],
        labels: [labels.constructor as Uint8ArrayConstructor, size + LANES],
      });
      blocks.labels.array.fill(0);
      write(code, blocks, k, (z) => plane(0, z), blocks.best.at);
      for (let head = 1; head < heads; head++) {
        write(code, blocks, k, (z) => plane(head, z), blocks.made.at);
        code.keepGreater(blocks.made.at, blocks.best.at, blocks.labels.at, labels.BYTES_PER_ELEMENT - 1, head, size);
      }
      labels.set(blocks.labels.array.subarray(0, size));
    },
  };
}

/** The neighbours and weights of a sample of an axis of order 0 or 1. */
function cornersAt({ taps, indices, weights }: SplineAxis, j: number): Corners {
  const all = Array.from({ length: taps }, (_, t) => [indices[j * taps + t], weights[j * taps + t]] as const);
  return { first: all[0][0], rows: all.filter(([, weight], t) => t === 0 || weight !== 0) };
}

/** The lower neighbour is the first voxel, repeated before the row, where both neighbours are that. */
function placeRow({ taps, indices, weights }: SplineAxis, lower: Int32Array, both: Float64Array): void {
  for (let i = 0; i < indices.length / taps; i++) {
    const first = indices[i * taps];
    lower[i] = taps === 2 && first === 0 && indices[i * taps + 1] === 0 ? 0 : first + 1;
    both[2 * i] = weights[i * taps];
    both[2 * i + 1] = taps === 1 ? 0 : weights[i * taps + 1];
  }
}
