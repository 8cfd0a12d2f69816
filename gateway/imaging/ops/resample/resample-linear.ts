import { spatialAxes, type NumericArray, type Volume } from '../../volume';
import { least, most, type LinearMap } from './axis-maps';
import { floatsOf, inMemoryOrder, madeByChannel, type Three } from './channels';
import { comingIn } from '../../formats/coming-voxels';
import { LEAD, makeRows, rowsOf } from '../../simd/rows';
import { typeNumber, simdCode, type Block } from '../../simd/simd-code';

/**
 * Linear interpolation along each spatial axis with its own map; axes without one keep their samples. Arithmetic is float64 and
 * rounded once, when the float32 result is stored. The order of the voxels in memory, the affine and the properties are kept.
 * @param maps one per spatial axis, order X, Y[, Z]
 */
export function resampleLinear(volume: Volume, maps: readonly (LinearMap | undefined)[]): Volume<Float32Array> {
  const full = spatialAxes(volume).map((d, n) => maps[n] ?? identityMap(volume.shape[d]));
  const lengths = full.map(({ below }) => below.length);
  return madeByChannel(volume, lengths, 'as given', floatsOf, (from, to) => {
    const ordered = inMemoryOrder(to);
    const [steps, outSteps] = [ordered(from.strides, 0), ordered(to.strides, 0)];
    resampleChannel(from.data, steps, ordered(full, identityMap(1)), to.data, outSteps);
  });
}

function identityMap(n: number): LinearMap {
  const indices = Int32Array.from({ length: n }, (_, j) => j);
  return { below: indices, above: indices, weight: new Float64Array(n) };
}

/** Planes of the result that are made while the voxels of later ones still come. */
const SLAB = 16;
/** Elements that are written beyond real values. */
const MORE = 3;
/** Rows of the result made at a time: two bands of planes stay in the cache. */
const BAND = 64;

/** One channel; axis 0 is the fastest of the result. Planes made for one output sample serve the next one too. */
function resampleChannel(
  data: NumericArray,
  step: Three<number>,
  [mx, my, mz]: Three<LinearMap>,
  out: Float32Array,
  outStep: Three<number>,
) {
  const [nx, ny, nz] = [mx.below.length, my.below.length, mz.below.length];
  const band = Math.min(BAND, ny);
  const bands = Array.from({ length: Math.ceil(ny / band) }, (_, n) =>
    usedRows(my, n * band, Math.min(band, ny - n * band)),
  );
  const rows = rowsOf(data, most(mx.above) + 1, step[0], step[1]);
  const type = data.constructor as Float32ArrayConstructor;
  const coming = comingIn(data);
  const scaling = coming?.scaling;
  const mostRows = Math.max(...bands.map(({ used }) => used));
  /** Elements between the first and the last of some rows. */
  const spanOf = (count: number) => most(mx.above) * Math.abs(step[0]) + (count - 1) * Math.abs(rows.step) + 1;
  const { code, blocks } = simdCode({
    source: [type, rows.room(mostRows)],
    real: [Float32Array, scaling ? spanOf(mostRows) + MORE : 0],
    offsets: [Int32Array, nx],
    xWeights: [Float64Array, nx],
    below: [Int32Array, band],
    above: [Int32Array, band],
    yWeights: [Float64Array, band],
    scratch: [Float64Array, 2 * nx],
    low: [Float64Array, nx * band],
    high: [Float64Array, nx * band],
    out: [Float32Array, nx * band + LEAD],
  });
  const toNext = fillNeighbours(mx, step[0], blocks.offsets.array, blocks.xWeights.array);

  for (let k = 0; k < nz; k += coming ? SLAB : nz) {
    const end = coming ? Math.min(nz, k + SLAB) : nz;
    coming?.waitFor(
      data,
      most(mx.above) * step[0] + most(my.above) * step[1] + most(mz.above.subarray(k, end)) * step[2] + 1,
    );
    makeSlab(k, end);
  }

  /** Rows whose first voxel lies at an address, as real values: where their first voxel lies then, and their type. */
  function realRows(source: number, used: number): [at: number, type: number] {
    if (!scaling) return [source, typeNumber(data)];
    const before = Math.min(0, most(mx.above) * step[0]) + Math.min(0, (used - 1) * rows.step);
    const from = source + before * data.BYTES_PER_ELEMENT;
    code.realValues(typeNumber(data), from, blocks.real.at, spanOf(used), scaling.slope, scaling.intercept);
    return [blocks.real.at - before * Float32Array.BYTES_PER_ELEMENT, typeNumber(blocks.real.array)];
  }

  function makeSlab(begin: number, end: number): void {
    for (const [n, { first, used }] of bands.entries()) {
      const from = n * band;
      const count = Math.min(band, ny - from);
      for (let j = 0; j < count; j++) {
        blocks.below.array[j] = my.below[from + j] - first;
        blocks.above.array[j] = my.above[from + j] - first;
        blocks.yWeights.array[j] = my.weight[from + j];
      }
      const planes = cached([blocks.low, blocks.high], (plane, z) => {
        const source = rows.place(z * step[2] + first * step[1], used, blocks.source);
        const [at, type] = realRows(source, used);
        const { below, above, yWeights, offsets, xWeights, scratch } = blocks;
        code.interpolatePlane(type, at, rows.step, toNext, below.at, above.at, yWeights.at, count, offsets.at, xWeights.at, nx, scratch.at, plane.at); // prettier-ignore
      });
      for (let k = begin; k < end; k++) {
        const weight = mz.weight[k];
        const low = planes(mz.below[k]);
        const high = weight === 0 ? low : planes(mz.above[k]);
        const at = k * outStep[2] + from * outStep[1];
        makeRows(out, at, [nx, count], outStep, blocks.out, (to) =>
          code.blendPlanes(low.at, high.at, weight, to, nx * count),
        );
      }
    }
  }
}

/** Keeps the two planes that `fill` made last. */
function cached(
  blocks: [Block<Float64Array>, Block<Float64Array>],
  fill: (block: Block<Float64Array>, z: number) => void,
) {
  const made = [-1, -1];
  let oldest = 0;
  return (z: number): Block<Float64Array> => {
    const there = made.indexOf(z);
    if (there >= 0) {
      oldest = 1 - there;
      return blocks[there];
    }
    const slot = oldest;
    fill(blocks[slot], z);
    made[slot] = z;
    oldest = 1 - slot;
    return blocks[slot];
  };
}

/** @returns elements from a lower to its upper neighbour, 0 when no upper one has a weight */
function fillNeighbours(
  { below, weight }: LinearMap,
  step: number,
  offsets: Int32Array,
  weights: Float64Array,
): number {
  if (weight.every((w) => w === 0)) {
    offsets.set(below.map((i) => i * step));
    weights.fill(0);
    return 0;
  }
  // The last voxel has no upper neighbour: it is the upper neighbour of the one before, with all the weight.
  const last = most(below);
  const isLast = (j: number) => below[j] === last && last > 0 && weight[j] === 0;
  offsets.set(below.map((i, j) => (isLast(j) ? i - 1 : i) * step));
  weights.set(weight.map((w, j) => (isLast(j) ? 1 : w)));
  return step;
}

/** Input rows that `count` result rows from `from` on lie between. */
function usedRows({ below, above }: LinearMap, from: number, count: number): { first: number; used: number } {
  const first = least(below.subarray(from, from + count));
  return { first, used: most(above.subarray(from, from + count)) + 1 - first };
}
