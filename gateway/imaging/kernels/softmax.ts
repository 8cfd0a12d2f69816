import { allocate, type NumericArray } from '../volume';
import { exponentials } from './exponentials';
import { perType } from './per-type';

/** Voxels handled at a time: what is made of them in between stays in the first cache. */
const BLOCK = 2048;

/**
 * Softmax over the channels of a block of `channels` equal parts (channel slowest in memory). The largest value is subtracted first;
 * sums are float64.
 */
export function softmax(data: NumericArray, channels: number, out = allocate(Float32Array, data.length)): Float32Array {
  const size = data.length / channels;
  const [largest, sum, powers] = [new Float64Array(BLOCK), new Float64Array(BLOCK), new Float64Array(BLOCK)];
  const [raiseTo, distancesFrom] = [raise(data), distances(data)];
  for (let from = 0; from < size; from += BLOCK) {
    const length = Math.min(BLOCK, size - from);
    largest.fill(-Infinity);
    sum.fill(0);
    for (let c = 0; c < channels; c++) raiseTo(data, c * size + from, largest, length);
    for (let c = 0; c < channels; c++) {
      distancesFrom(data, c * size + from, largest, powers, length);
      exponentials(powers, length);
      addAndStore(powers, sum, out, c * size + from, length);
    }
    for (let c = 0; c < channels; c++) divide(out, c * size + from, sum, length);
  }
  return out;
}

const raise = perType((data: NumericArray, at: number, largest: Float64Array, length: number) => {
  for (let i = 0; i < length; i++) if (data[at + i] > largest[i]) largest[i] = data[at + i];
});

const distances = perType((data: NumericArray, at: number, largest: Float64Array, to: Float64Array, length: number) => {
  for (let i = 0; i < length; i++) to[i] = data[at + i] - largest[i];
});

function addAndStore(powers: Float64Array, sum: Float64Array, out: Float32Array, at: number, length: number): void {
  for (let i = 0; i < length; i++) {
    const e = powers[i];
    sum[i] += e;
    out[at + i] = e;
  }
}

function divide(out: Float32Array, at: number, sum: Float64Array, length: number): void {
  for (let i = 0; i < length; i++) out[at + i] /= sum[i];
}
