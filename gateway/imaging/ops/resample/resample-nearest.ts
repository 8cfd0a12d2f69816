import { channelCount, sizeOf, spatialAxes, type NumericArray, type Volume } from '../../volume';
import { LEAD, makeRows, rowsOf } from '../../simd/rows';
import { allocateLike, packed } from '../copy/blocks';
import { simdCode } from '../../simd/simd-code';

import { least, most } from './axis-maps';
import { inMemoryOrder, madeByChannel, type Three } from './channels';

/**
 * Picks for every output voxel one input voxel: sample `j` of an axis is input sample `maps[axis][j]`. Axes without a map keep theirs.
 * Values, their type, affine, properties and order in memory stay; a result larger than the volume lies in file order, which is cheaper to make before.
 * @param maps one per spatial axis, order X, Y[, Z]
 */
export function resampleNearest<T extends NumericArray>(
  given: Volume<T>,
  maps: readonly (Int32Array | undefined)[],
): Volume<T> {
  const lengths = spatialAxes(given).map((d, n) => maps[n]?.length ?? given.shape[d]);
  const grows = sizeOf(lengths) * channelCount(given) > sizeOf(given.shape);
  const volume = grows ? packed(given) : given;
  const full = lengths.map((length, n) => maps[n] ?? Int32Array.from({ length }, (_, j) => j));
  const likeGiven = (size: number) => allocateLike(given.data, size);
  return madeByChannel(volume, lengths, 'as given', likeGiven, (from, to) => {
    const ordered = inMemoryOrder(to);
    pickVoxels(from.data, ordered(from.strides, 0), ordered(full, ONE), to.data, ordered(to.strides, 0));
  });
}

const ONE = new Int32Array(1);

/** Bytes of rows made at a time: those and the rows they come from stay in the cache. */
const BAND_BYTES = 1 << 18;

/** One channel; axis 0 is the fastest of the result. A plane that comes from the same input plane as the last one is not picked again. */
function pickVoxels(
  data: NumericArray,
  [stepX, stepY, stepZ]: Three<number>,
  [mx, my, mz]: Three<Int32Array>,
  out: NumericArray,
  [outX, outY, outZ]: Three<number>,
): void {
  const type = data.constructor as Uint8ArrayConstructor;
  const size = type.BYTES_PER_ELEMENT;
  const [nx, ny] = [mx.length, my.length];
  const rows = rowsOf(data, most(mx) + 1, stepX, stepY);
  const apart = Math.max(1, (most(my) + 1) / ny);
  const band = Math.min(ny, Math.ceil(BAND_BYTES / (size * Math.max(nx, rows.room(1) * apart))));
  const bands = Array.from({ length: Math.ceil(ny / band) }, (_, n) => my.subarray(n * band, (n + 1) * band)).map((used) => ({ used, first: least(used) })); // prettier-ignore
  const offsets = mx.map((i) => i * stepX * size);
  const picks = picksOf(offsets, size);
  const { code, blocks } = simdCode({
    source: [type, rows.room(bands.reduce((rest, { used, first }) => Math.max(rest, most(used) + 1 - first), 0))],
    rows: [Int32Array, band],
    picks: [Int32Array, picks?.length ?? nx],
    out: [type, nx * band + LEAD],
  });
  blocks.picks.array.set(picks ?? offsets);
  for (const [n, { used, first }] of bands.entries()) {
    blocks.rows.array.set(used.map((row) => row - first));
    const pick = (source: number, to: number) =>
      picks
        ? code.pickRows(source, rows.step * size, blocks.rows.at, used.length, blocks.picks.at, picks.length / PICK_WORDS, to, nx * size) // prettier-ignore
        : code.pickRowsApart(size, source, rows.step * size, blocks.rows.at, used.length, blocks.picks.at, nx, to);
    let made: number | undefined;
    for (let k = 0; k < mz.length; k++) {
      const at = n * band * outY + k * outZ;
      makeRows(out, at, [nx, used.length], [outX, outY], blocks.out, (to) => {
        if (made !== undefined && mz[k] === mz[k - 1]) code.copy(made, to, nx * used.length * size);
        else pick(rows.place(mz[k] * stepZ + first * stepY, most(used) + 1 - first, blocks.source), to);
        made = to;
      });
    }
  }
}

const GROUP_BYTES = 16;
/** Words of 32 bits for a group: where to look, and which bytes to take of the 32 there. */
const PICK_WORDS = 9;
/** Takes no byte. */
const NOTHING = 255;

/** Arguments for `pickRows` of the SIMD code to pick voxels at these offsets in bytes; undefined when a group's voxels lie too far apart. */
function picksOf(offsets: Int32Array, size: number): Int32Array | undefined {
  const perGroup = GROUP_BYTES / size;
  const groups = Math.ceil(offsets.length / perGroup);
  const picks = new Int32Array(groups * PICK_WORDS);
  const bytes = new Uint8Array(picks.buffer).fill(NOTHING);
  for (let group = 0; group < groups; group++) {
    const own = offsets.subarray(group * perGroup, (group + 1) * perGroup);
    const from = least(own);
    if (most(own) + size - from > 2 * GROUP_BYTES) return undefined;
    picks[group * PICK_WORDS] = from;
    own.forEach((offset, n) => {
      for (let byte = 0; byte < size; byte++) {
        const there = offset - from + byte;
        const half = there < GROUP_BYTES ? 0 : 1;
        bytes[group * PICK_WORDS * 4 + 4 + half * GROUP_BYTES + n * size + byte] = there - half * GROUP_BYTES;
      }
    });
  }
  return picks;
}
