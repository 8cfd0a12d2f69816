import { channelAxis, channelView, spatialAxes, type NumericArray, type Volume } from '../../volume';
import { alike, LEAD, makeRows, rowsOf } from '../../simd/rows';
import { typeNumber, simdCode, type Block } from '../../simd/simd-code';
import { packed } from '../copy/blocks';
import { isDense } from '../copy/layout';
import { valueRange } from '../intensity/measures';
import { floatsOf, inMemoryOrder, madeByChannel, type Three } from './channels';
import { FILTER_TABLE, filterTable, partOf, sameAxis, type SplineAxis } from './spline-axis';

/** What the result is kept within: nothing, the range of its channel, or that of the plane (across the slowest axis in memory) it comes from. */
export type Clip = 'no' | 'channel' | 'plane';

/** Lines that are filtered together. */
const LINES = 16;
/** Planes of the source, resampled across, that lie in memory at a time; at least {@link FEWEST} of them. */
const BLOCK_BYTES = 1 << 25;
const FEWEST = 16;
/** Voxel type of the rows that a pass leaves for the next one. */
const F64 = 7;

/**
 * Bytes that resampling takes besides image and result. @param lengths of the source in the order of its memory, fastest first
 */
export function splineBytes([nx, ny]: readonly number[]): number {
  const plane = 8 * roundUp(nx) * ny;
  return Math.max(BLOCK_BYTES, FEWEST * plane) + 2 * plane;
}

const roundUp = (n: number) => Math.ceil(n / LINES) * LINES;

/**
 * Resamples along each spatial axis with its own operator, in float64: first across planes, some planes at a time, then within each. Axes without an
 * operator keep their samples. The order of the voxels in memory, the affine and the properties are kept.
 * @param axes one per spatial axis, in the order of the array
 * @param half rounds to half precision; the result is float32 all the same
 */
export function resampleSpline(
  given: Volume,
  axes: readonly (SplineAxis | undefined)[],
  { clip = 'no', half = false }: { clip?: Clip; half?: boolean } = {},
): Volume<Float32Array> {
  const volume = isDense(channelAxis(given) < 0 ? given : channelView(given, 0)) ? given : packed(given);
  const full = spatialAxes(volume).map((d, n) => axes[n] ?? sameAxis(volume.shape[d]));
  const lengths = full.map(newLength);
  return madeByChannel(volume, lengths, 'as given', floatsOf, (from, to) => {
    // An axis that becomes one voxel long would not be where it lies in the source.
    const ordered = inMemoryOrder(from);
    const size = from.shape.reduce((product, n) => product * n, 1);
    const range = clip === 'channel' ? valueRange(from.data.subarray(0, size)) : undefined;
    const options = { range, perPlane: clip === 'plane', half };
    resampleChannel(from.data, ordered(from.strides, 0), ordered(full, sameAxis(1)), to.data, ordered(to.strides, 0), options); // prettier-ignore
  });
}

const newLength = ({ weights, taps }: SplineAxis) => weights.length / taps;
const padded = ({ before, n, after }: SplineAxis) => before + n + after;

/** An axis where the SIMD code reads it. */
interface Placed {
  filters: number;
  taps: number;
  indices: number;
  weights: number;
}

function resampleChannel(
  data: NumericArray,
  [, stepY, stepZ]: Three<number>,
  [x, y, z]: Three<SplineAxis>,
  out: Float32Array,
  [outX, outY, outZ]: Three<number>,
  { range = [-Infinity, Infinity], perPlane, half }: { range?: [number, number]; perPlane: boolean; half: boolean },
): void {
  const [mx, my, mz] = [x, y, z].map(newLength);
  const width = roundUp(x.n);
  const rowBytes = 8 * width;
  const planeBytes = y.n * rowBytes;
  const atOnce = Math.min(mz, Math.max(FEWEST, Math.floor(BLOCK_BYTES / planeBytes)));
  const size = data.BYTES_PER_ELEMENT;
  const rows = rowsOf(data, x.n, 1, stepY);
  const slot = alike(rows.room(1), stepZ, size);
  const parts = Array.from({ length: Math.ceil(mz / atOnce) }, (_, b) => partOf(z, b * atOnce, Math.min(mz, (b + 1) * atOnce))); // prettier-ignore
  const deepest = Math.max(...parts.map(({ n }) => Math.min(n, z.n)));
  const { code, blocks } = simdCode({
    source: [data.constructor as Float32ArrayConstructor, rows.inPlace ? 0 : slot * deepest + LEAD],
    addresses: [Uint32Array, Math.max(padded(z), padded(y))],
    ...tablesFor('x', x, mx),
    ...tablesFor('y', y, my),
    ...tablesFor('z', z, atOnce),
    scratch: [Float64Array, (Math.max(padded(x), padded(y), padded(z)) + 4) * LINES],
    range: [Float64Array, 4],
    block: [Float64Array, (atOnce * planeBytes) / 8],
    plane: [Float64Array, my * width + 2],
    out: [Float32Array, mx * my + LEAD],
  });
  const alongX = placed(x, blocks.xFilters, blocks.xIndices, blocks.xWeights);
  const alongY = placed(y, blocks.yFilters, blocks.yIndices, blocks.yWeights);
  const addresses = blocks.addresses.array;
  for (const [b, part] of parts.entries()) {
    const from = b * atOnce;
    const count = newLength(part);
    const across = placed(part, blocks.zFilters, blocks.zIndices, blocks.zWeights);
    for (let row = 0; row < y.n; row++) {
      let [last, used, address] = [-1, 0, 0];
      for (let i = 0; i < part.n; i++) {
        const at = Math.min(Math.max(part.first + i - z.before, 0), z.n - 1);
        if (at !== last) address = rows.place(at * stepZ + row * stepY, 1, blocks.source, slot * used++);
        addresses[i] = address;
        last = at;
      }
      code.splineColumns(typeNumber(data), blocks.addresses.at, part.n, x.n, across.filters, across.taps, across.indices, across.weights, count, blocks.scratch.at, blocks.block.at + row * rowBytes, planeBytes); // prettier-ignore
    }
    for (let k = 0; k < count; k++) {
      const begin = blocks.block.at + k * planeBytes;
      for (let i = 0; i < padded(y); i++)
        addresses[i] = begin + rowBytes * Math.min(Math.max(i - y.before, 0), y.n - 1);
      const [low, high] = perPlane ? rangeOfPlane(begin) : range;
      code.splineColumns(F64, blocks.addresses.at, padded(y), x.n, alongY.filters, alongY.taps, alongY.indices, alongY.weights, my, blocks.scratch.at, blocks.plane.at, rowBytes); // prettier-ignore
      makeRows(out, (from + k) * outZ, [mx, my], [outX, outY], blocks.out, (to) => {
        for (let j = 0; j < my; j += LINES)
          code.splineRows(blocks.plane.at + j * rowBytes, rowBytes, Math.min(LINES, my - j), x.n, x.before, x.after, alongX.filters, alongX.taps, alongX.indices, alongX.weights, mx, low, high, half ? 1 : 0, blocks.scratch.at, to + 4 * j * mx); // prettier-ignore
      });
    }
  }

  function rangeOfPlane(at: number): [number, number] {
    const found = blocks.range.array;
    found.set([Infinity, Infinity, -Infinity, -Infinity]);
    for (let row = 0; row < y.n; row++) code.extendRange(F64, at + row * rowBytes, x.n, blocks.range.at);
    return [Math.min(found[0], found[1]), Math.max(found[2], found[3])];
  }
}

type Tables<N extends string> = Record<`${N}Filters` | `${N}Weights`, readonly [typeof Float64Array, number]> &
  Record<`${N}Indices`, readonly [typeof Int32Array, number]>;

function tablesFor<N extends string>(name: N, { taps }: SplineAxis, samples: number): Tables<N> {
  return {
    [`${name}Filters`]: [Float64Array, FILTER_TABLE],
    // The row kernel makes two samples at a time, the last of them for nothing.
    [`${name}Indices`]: [Int32Array, (samples + 1) * taps],
    [`${name}Weights`]: [Float64Array, (samples + 1) * taps],
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
