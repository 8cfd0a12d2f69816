import type { NumericArray } from '../../volume';
import { alike, LEAD, makeRows, rowsOf } from '../../simd/rows';
import { typeNumber, simdCode, type Block } from '../../simd/simd-code';
import type { Three } from './channels';
import { ROUNDINGS } from './linear-planes';
import { FILTER_TABLE, filterTable, partOf, REACH, type SplineAxis } from './spline-axis';

/** Lines that the SIMD code filters together. */
const LINES = 16;
/** Bytes of planes between two passes, unless less than {@link FEWEST} planes of the result are made of them. */
const BLOCK_BYTES = 1 << 26;
const FEWEST = 16;
/** Voxel type of what a pass leaves for the next one. */
const F64 = 7;
/** Voxels of the result that are made at a time in a pass across planes. */
const PIECE = 1024;

export const lengthOf = ({ weights, taps }: SplineAxis) => weights.length / taps;
const padded = ({ before, n, after }: SplineAxis) => before + n + after;
const roundUp = (n: number) => Math.ceil(n / LINES) * LINES;

interface Options {
  /** That each plane of the result is kept within. */
  ranges: readonly (readonly [low: number, high: number])[];
  half: boolean;
}

/**
 * Which pass comes first, and of how many planes of the result at a time.
 * @param from,to lengths, fastest axis in memory first
 */
function planFor([nx, ny, nz]: readonly number[], [mx, my, mz]: readonly number[]) {
  // Across planes where they are smallest.
  const withinFirst = mx * my < nx * ny;
  const planeBytes = 8 * (withinFirst ? mx * my : roundUp(nx) * ny);
  const fit = (BLOCK_BYTES / planeBytes) * (withinFirst ? Math.min(1, mz / nz) : 1);
  return { withinFirst, planeBytes, atOnce: Math.min(mz, Math.max(FEWEST, Math.floor(fit))) };
}

/**
 * Bytes that {@link resampleChannel} takes besides the image and its result, at most.
 * @param from,to lengths, fastest axis in memory first
 */
export function splineBytes(from: readonly number[], to: readonly number[]): number {
  const { withinFirst, planeBytes, atOnce } = planFor(from, to);
  const [nx, ny, nz] = from;
  const used = Math.min(nz, Math.ceil((atOnce * nz) / to[2]) + 2 * REACH + 8);
  const copied = 8 * roundUp(nx) * (withinFirst ? ny : used);
  return (withinFirst ? used : atOnce) * planeBytes + copied + 16 * Math.max(roundUp(nx) * ny, to[0] * to[1], PIECE * atOnce); // prettier-ignore
}

/**
 * Resamples one channel along its three axes, fastest in memory first; its voxels have no gaps between them. Few planes lie in memory as float64 at a time: an
 * axis is filtered in parts, each with as many samples around it as reach into it.
 */
export function resampleChannel(
  data: NumericArray,
  [, stepY, stepZ]: Three<number>,
  [x, y, z]: Three<SplineAxis>,
  out: Float32Array,
  outSteps: Three<number>,
  { ranges, half }: Options,
): void {
  const [mx, my, mz] = [x, y, z].map(lengthOf);
  const width = roundUp(x.n);
  const rowBytes = 8 * width;
  const { withinFirst, planeBytes, atOnce } = planFor([x.n, y.n, z.n], [mx, my, mz]);
  const parts = Array.from({ length: Math.ceil(mz / atOnce) }, (_, b) => partOf(z, b * atOnce, Math.min(mz, (b + 1) * atOnce))); // prettier-ignore
  const deepest = Math.max(...parts.map(({ n }) => Math.min(n, z.n)));
  const size = data.BYTES_PER_ELEMENT;
  const rows = rowsOf(data, x.n, 1, stepY);
  const slot = alike(rows.room(1), stepZ, size);
  const group = withinFirst ? Math.min(my, Math.max(1, Math.floor(PIECE / mx))) : my;
  const together = roundUp(group * mx);
  const copied = rows.inPlace ? 0 : withinFirst ? rows.room(y.n) : slot * deepest;
  const { code, blocks } = simdCode({
    source: [data.constructor as Float32ArrayConstructor, copied + LEAD],
    addresses: [Uint32Array, Math.max(...parts.map(({ n }) => n), padded(y))],
    ...tablesFor('x', x, mx),
    ...tablesFor('y', y, my),
    ...tablesFor('z', z, atOnce),
    scratch: [Float64Array, (Math.max(padded(x), padded(y), padded(z)) + 4) * LINES],
    planes: [Float64Array, ((withinFirst ? deepest : atOnce) * planeBytes) / 8 + LINES],
    rows: [Float64Array, my * width],
    sums: [Float64Array, withinFirst ? atOnce * together : 0],
    out: [Float32Array, mx * group + LEAD],
  });
  const scratch = blocks.scratch.at;
  const addresses = blocks.addresses.array;
  const across = (part: Part) => placed(part, blocks.zFilters, blocks.zIndices, blocks.zWeights);
  const [alongX, alongY] = [placed(x, blocks.xFilters, blocks.xIndices, blocks.xWeights), placed(y, blocks.yFilters, blocks.yIndices, blocks.yWeights)]; // prettier-ignore
  const columns = (type: number, n: number, length: number, by: Placed, m: number, to: number, step: number) =>
    code.splineColumns(type, blocks.addresses.at, n, length, by.filters, by.taps, by.indices, by.weights, m, scratch, to, step); // prettier-ignore
  const clampTo = (n: number, index: number) => Math.min(Math.max(index, 0), n - 1);
  const rounding = ROUNDINGS.indexOf(half ? 'half' : 'float32');

  // The slot of a plane that was resampled within, and which plane a slot holds.
  const slotOf = (at: number) => at % deepest;
  const held = new Int32Array(deepest).fill(-1);

  for (const [b, part] of parts.entries()) {
    const from = b * atOnce;
    if (withinFirst) finishAcross(part, across(part), from);
    else finishWithin(part, across(part), from);
  }

  /** From rows of voxels at `begin` to rows of the result at `to`. */
  function withinPlane(type: number, begin: number, step: number, to: number, [low, high]: readonly [number, number], kind: number) {
    for (let i = 0; i < padded(y); i++) addresses[i] = begin + step * clampTo(y.n, i - y.before);
    columns(type, padded(y), x.n, alongY, my, blocks.rows.at, rowBytes);
    const bytes = kind === ROUNDINGS.indexOf('not at all') ? 8 : 4;
    for (let j = 0; j < my; j += LINES)
      code.splineRows(blocks.rows.at + j * rowBytes, rowBytes, Math.min(LINES, my - j), x.n, x.before, x.after, alongX.filters, alongX.taps, alongX.indices, alongX.weights, mx, low, high, kind, scratch, to + bytes * j * mx);
  } // prettier-ignore

  /** The planes of a part across them, each then resampled within. */
  function finishWithin(part: Part, by: Placed, from: number): void {
    const count = lengthOf(part);
    for (let row = 0; row < y.n; row++) {
      let [last, used, address] = [-1, 0, 0];
      for (let i = 0; i < part.n; i++) {
        const at = clampTo(z.n, part.first + i - z.before);
        if (at !== last) address = rows.place(at * stepZ + row * stepY, 1, blocks.source, slot * used++);
        addresses[i] = address;
        last = at;
      }
      columns(typeNumber(data), part.n, x.n, by, count, blocks.planes.at + row * rowBytes, planeBytes);
    }
    for (let k = 0; k < count; k++)
      makeRows(out, (from + k) * outSteps[2], [mx, my], outSteps, blocks.out, (to) =>
        withinPlane(F64, blocks.planes.at + k * planeBytes, rowBytes, to, ranges[from + k], rounding),
      );
  }
  /** Planes resampled within, as many as the part needs, and then across them. */
  function finishAcross(part: Part, by: Placed, from: number): void {
    const count = lengthOf(part);
    const planes = Array.from({ length: part.n }, (_, i) => clampTo(z.n, part.first + i - z.before));
    for (const at of planes) {
      if (held[slotOf(at)] === at) continue;
      const begin = rows.place(at * stepZ, y.n, blocks.source);
      withinPlane(typeNumber(data), begin, rows.step * size, blocks.planes.at + slotOf(at) * planeBytes, [-Infinity, Infinity], ROUNDINGS.indexOf('not at all')); // prettier-ignore
      held[slotOf(at)] = at;
    }
    for (let j = 0; j < my; j += group) {
      const lines = Math.min(group, my - j);
      planes.forEach((at, i) => (addresses[i] = blocks.planes.at + slotOf(at) * planeBytes + 8 * j * mx));
      columns(F64, part.n, lines * mx, by, count, blocks.sums.at, 8 * together);
      for (let k = 0; k < count; k++) {
        const [low, high] = ranges[from + k];
        const at = (from + k) * outSteps[2] + j * outSteps[1];
        makeRows(out, at, [mx, lines], outSteps, blocks.out, (to) =>
          code.roundRow(blocks.sums.at + 8 * together * k, lines * mx, low, high, rounding, to),
        );
      }
    }
  }
}

type Part = ReturnType<typeof partOf>;

/** An axis where the SIMD code reads it. */
interface Placed {
  filters: number;
  taps: number;
  indices: number;
  weights: number;
}

type Tables<N extends string> = Record<`${N}Filters` | `${N}Weights`, readonly [typeof Float64Array, number]> &
  Record<`${N}Indices`, readonly [typeof Int32Array, number]>;

function tablesFor<N extends string>(name: N, { taps }: SplineAxis, samples: number): Tables<N> {
  return {
    [`${name}Filters`]: [Float64Array, FILTER_TABLE],
    [`${name}Indices`]: [Int32Array, samples * taps],
    [`${name}Weights`]: [Float64Array, samples * taps],
  } as Tables<N>;
}

function placed(
  axis: SplineAxis,
  filters: Block<Float64Array>,
  indices: Block<Int32Array>,
  weights: Block<Float64Array>,
): Placed {
  filters.array.set(filterTable(axis));
  indices.array.set(axis.indices);
  weights.array.set(axis.weights);
  return { filters: filters.at, taps: axis.taps, indices: indices.at, weights: weights.at };
}
