import { spatialAxes, type Volume } from '../../volume';
import { LEAD, makeRows, rowsOf } from '../../simd/rows';
import { typeNumber, simdCode } from '../../simd/simd-code';
import { floatsOf, inMemoryOrder, madeByChannel } from './channels';

/** For each sample of a resized axis the input samples it is the mean of: from `start` to before `end`. */
export interface AreaMap {
  start: Int32Array;
  end: Int32Array;
}

/** `n` samples to `m`: sample j is the mean of `floor(j * n / m)` to before `ceil((j + 1) * n / m)` (adaptive average pooling). */
export function areaMap(n: number, m: number): AreaMap {
  const map: AreaMap = { start: new Int32Array(m), end: new Int32Array(m) };
  for (let j = 0; j < m; j++) {
    map.start[j] = Math.floor((j * n) / m);
    map.end[j] = Math.ceil(((j + 1) * n) / m);
  }
  return map;
}

/**
 * Each output voxel is the plain mean of a box of input voxels, summed in float64 along one axis after the other (torch's
 * `interpolate(mode='area')`). Memory order, affine and properties are kept.
 * @param maps one per spatial axis, in the order of the array; axes without a map keep their samples
 */
export function resampleArea(volume: Volume, maps: readonly (AreaMap | undefined)[]): Volume<Float32Array> {
  const full = spatialAxes(volume).map((d, n) => maps[n] ?? areaMap(volume.shape[d], volume.shape[d]));
  const lengths = full.map(({ start }) => start.length);
  return madeByChannel(volume, lengths, 'as given', floatsOf, (from, to) => averageChannel(from, to, full));
}

const ONE: AreaMap = { start: new Int32Array(1), end: Int32Array.of(1) };

/** Rows of the result made at a time: their sums stay in the cache. */
const BAND = 64;

/** One channel, the axis that lies densest in the output innermost. A plane that two boxes share is summed once. */
function averageChannel({ data, strides }: Volume, to: Volume<Float32Array>, maps: readonly AreaMap[]): void {
  const ordered = inMemoryOrder(to);
  const [mx, my, mz] = ordered(maps, ONE);
  const [sx, sy, sz] = ordered(strides, 0);
  const [tx, ty, tz] = ordered(to.strides, 0);
  const [nx, ny, nz] = [mx.start.length, my.start.length, mz.start.length];
  const band = Math.min(BAND, ny);
  const rows = rowsOf(data, mx.end[nx - 1], sx, sy);
  const usedBy = (from: number) => my.end[Math.min(from + band, ny) - 1] - my.start[from];
  const starts = Array.from({ length: Math.ceil(ny / band) }, (_, n) => n * band);
  const { code, blocks } = simdCode({
    source: [data.constructor as Float32ArrayConstructor, rows.room(Math.max(...starts.map(usedBy)))],
    xStarts: [Int32Array, nx],
    xEnds: [Int32Array, nx],
    xCounts: [Float64Array, nx],
    yStarts: [Int32Array, band],
    yEnds: [Int32Array, band],
    scratch: [Float64Array, nx],
    plane: [Float64Array, nx * band],
    sums: [Float64Array, nx * band],
    out: [Float32Array, nx * band + LEAD],
  });
  blocks.xStarts.array.set(mx.start);
  blocks.xEnds.array.set(mx.end);
  blocks.xCounts.array.set(mx.end.map((end, i) => end - mx.start[i]));
  for (const from of starts) {
    const count = Math.min(band, ny - from);
    const first = my.start[from];
    blocks.yStarts.array.set(my.start.subarray(from, from + count).map((row) => row - first));
    blocks.yEnds.array.set(my.end.subarray(from, from + count).map((row) => row - first));
    const { xStarts, xEnds, xCounts, yStarts, yEnds, scratch, plane, sums, out } = blocks;
    let made = -1;
    for (let k = 0; k < nz; k++) {
      sums.array.fill(0);
      for (let c = mz.start[k]; c < mz.end[k]; made = c++) {
        if (made !== c) {
          const source = rows.place(c * sz + first * sy, usedBy(from), blocks.source);
          code.sumPlane(typeNumber(data), source, rows.step, sx, yStarts.at, yEnds.at, count, xStarts.at, xEnds.at, nx, scratch.at, plane.at); // prettier-ignore
        }
        code.addInto(plane.at, sums.at, nx * count);
      }
      const at = k * tz + from * ty;
      const planes = mz.end[k] - mz.start[k];
      makeRows(to.data, at, [nx, count], [tx, ty], out, (means) =>
        code.meanRows(sums.at, planes, yStarts.at, yEnds.at, count, xCounts.at, nx, means),
      );
    }
  }
}
