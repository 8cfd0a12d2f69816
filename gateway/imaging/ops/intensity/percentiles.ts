import type { NumericArray } from '../../volume';
import { finiteOnly } from './measures';
import { perType } from '../copy/per-type';

/** Values handled at a time: their float32 bits stay in the first cache. */
const BLOCK = 2048;
/** A bin per value of one half of the bits. */
const BINS = 1 << 16;

/**
 * Percentiles with linear interpolation between the two nearest values (numpy's `percentile`), by counting instead of sorting: values of more than 16 bits are
 * counted by the upper half of their float32 bits, then those of the bins asked for by the lower half. What float32 cannot tell apart is sorted.
 * NaN and infinities are left out; of nothing, percentiles are NaN.
 * @param ranks 0 to 100
 */
export function percentiles(data: NumericArray, ranks: readonly number[]): number[] {
  if (data.length === 0) return ranks.map(() => NaN);
  const coarse = data.BYTES_PER_ELEMENT < 4 ? undefined : upperHalves(data);
  if (coarse && holdsNonFinite(coarse)) return percentiles(finiteOnly(data), ranks);
  const positions = ranks.map((rank) => (rank / 100) * (data.length - 1));
  const places = positions.flatMap((position) => [Math.floor(position), Math.ceil(position)]);
  const values = coarse ? valuesAt(data, places, coarse) : smallValuesAt(data, places);
  return positions.map((position, n) => {
    const [low, high] = [values[2 * n], values[2 * n + 1]];
    return low === high ? low : low + (high - low) * (position - Math.floor(position));
  });
} // prettier-ignore

/** The values that stood at these places if the data were sorted. */
function valuesAt(data: NumericArray, places: readonly number[], coarse: Int32Array): number[] {
  const upper = places.map((place) => binAt(coarse, place));
  const bins = [...new Set(upper.map(({ bin }) => bin))];
  const slots = new Int32Array(BINS).fill(-1);
  bins.forEach((bin, slot) => (slots[bin] = slot * BINS));
  const fine = new Int32Array(bins.length * BINS);
  forEachBlock(data, (bits, length) => countLowerHalves(bits, length, slots, fine));
  return upper.map(({ bin, rest }) => {
    const lower = binAt(fine.subarray(slots[bin], slots[bin] + BINS), rest);
    const value = valueOf(bin, lower.bin);
    return data instanceof Float32Array ? value : roundedTo(data)(data, value, lower.count).sort()[lower.rest];
  });
}

function upperHalves(data: NumericArray): Int32Array {
  const counts = new Int32Array(BINS);
  forEachBlock(data, (bits, length) => countUpperHalves(bits, length, counts));
  return counts;
}

/** Bins of infinity and NaN are the last ones of either sign, 128 each. */
function holdsNonFinite(counts: Int32Array): boolean {
  const some = (count: number) => count > 0;
  return counts.subarray(0, 128).some(some) || counts.subarray(BINS - 128).some(some);
}

/** The same for whole numbers of 8 or 16 bits: there is a bin for each. */
function smallValuesAt(data: NumericArray, places: readonly number[]): number[] {
  const counts = new Int32Array(BINS);
  const least = data instanceof Int8Array || data instanceof Int16Array ? -BINS / 2 : 0;
  countEach(data)(data, least, counts);
  return places.map((place) => binAt(counts, place).bin + least);
}

const countEach = perType((data: NumericArray, least: number, counts: Int32Array) => {
  for (let i = 0; i < data.length; i++) counts[data[i] - least]++;
});

/** The bin that holds place `place`, how many values it has, and the place among them. */
function binAt(counts: Int32Array, place: number): { bin: number; count: number; rest: number } {
  let bin = 0;
  let rest = place;
  while (bin < counts.length - 1 && rest >= counts[bin]) rest -= counts[bin++];
  return { bin, count: counts[bin], rest };
}

/** Hands out the data as the bits of the nearest float32. */
function forEachBlock(data: NumericArray, visit: (bits: Int32Array, length: number) => void): void {
  const block = new Float32Array(BLOCK);
  const bits = new Int32Array(block.buffer);
  for (let from = 0; from < data.length; from += BLOCK) {
    const part = data.subarray(from, Math.min(from + BLOCK, data.length));
    block.set(part);
    visit(bits, part.length);
  }
}

// Bits of float32 are in the order of the values when the sign bit of positive ones and all bits of negative ones are turned; -0 counts as 0.
function countUpperHalves(bits: Int32Array, length: number, counts: Int32Array): void {
  for (let i = 0; i < length; i++) {
    const b = bits[i] === -0x80000000 ? 0 : bits[i];
    counts[(b ^ ((b >> 31) | -0x80000000)) >>> 16]++;
  }
}

function countLowerHalves(bits: Int32Array, length: number, slots: Int32Array, counts: Int32Array): void {
  for (let i = 0; i < length; i++) {
    const b = bits[i] === -0x80000000 ? 0 : bits[i];
    const key = b ^ ((b >> 31) | -0x80000000);
    const slot = slots[key >>> 16];
    if (slot >= 0) counts[slot + (key & 0xffff)]++;
  }
}

function valueOf(upper: number, lower: number): number {
  const key = (upper << 16) | lower;
  return new Float32Array(Int32Array.of(key < 0 ? key ^ -0x80000000 : ~key).buffer)[0];
}

/** The `count` values whose nearest float32 is `value`. */
const roundedTo = perType((data: NumericArray, value: number, count: number): Float64Array => {
  const found = new Float64Array(count);
  for (let i = 0, n = 0; i < data.length; i++) if (Math.fround(data[i]) === value) found[n++] = data[i];
  return found;
});
